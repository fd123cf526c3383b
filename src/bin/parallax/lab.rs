//! Disagreements whose causes are known: made on this machine, explained, and scored.

#[cfg(any(test, not(target_os = "linux")))]
mod elsewhere;
mod list;
#[cfg(target_os = "linux")]
mod machine;
#[cfg(target_os = "linux")]
mod outputs;
#[cfg(target_os = "linux")]
mod probe;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod score;
#[cfg(target_os = "linux")]
mod shelf;
mod show;
#[cfg(target_os = "linux")]
mod vantage;

use crate::exit::Outcome;
#[cfg(not(target_os = "linux"))]
use {elsewhere as run, elsewhere as score};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Which scenarios there are
    List(list::Arguments),
    /// One scenario: its file, or all of it as JSON
    Show(show::Arguments),
    /// Make one scenario, and explain it beside what it really was (Linux, root)
    Run(run::Arguments),
    /// How well `explain` does on scenarios whose causes are known (Linux, root); 1 where a gate does not hold
    Score(score::Arguments),
    /// What a run starts at each of its two sides
    #[cfg(target_os = "linux")]
    #[command(hide = true)]
    Vantage(vantage::Arguments),
}

/// The command that makes a scenario here, where nothing is missing for it.
pub(crate) fn possible(scenario: &str) -> Option<String> {
    is_possible(scenario).then(|| format!("parallax lab run {scenario}"))
}

#[cfg(target_os = "linux")]
fn is_possible(scenario: &str) -> bool {
    let known = parallax::lab::scenario::Scenario::named(scenario);
    known.is_ok_and(|known| {
        parallax::lab::run::missing(std::slice::from_ref(&known)).is_empty() && probe::probe(None, [&known]).is_ok()
    })
}

#[cfg(not(target_os = "linux"))]
fn is_possible(_: &str) -> bool {
    false
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    match &arguments.what {
        What::List(arguments) => list::run(arguments),
        What::Show(arguments) => show::run(arguments),
        What::Run(arguments) => run::run(arguments),
        What::Score(arguments) => score::run(arguments),
        #[cfg(target_os = "linux")]
        What::Vantage(arguments) => vantage::run(arguments),
    }
}
