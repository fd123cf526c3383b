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

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use parallax::lab::scenario::Scenario;

use crate::exit::{Outcome, Problem};
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
    /// Make one scenario, and explain it beside what it really was (Linux; root or a user namespace)
    Run(run::Arguments),
    /// How well `explain` does on scenarios whose causes are known (Linux; root or a user namespace); 1 where a gate does not hold
    Score(score::Arguments),
    /// What a run starts at each of its two sides
    #[cfg(target_os = "linux")]
    #[command(hide = true)]
    Vantage(vantage::Arguments),
}

/// The scenario of the case that all this began with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FoundingCase(());

/// It, as a demo runs it.
#[derive(Clone, Debug)]
pub(crate) struct FoundingRun {
    rounds: u32,
    seed: u32,
    /// Where it is left.
    pub(crate) folder: PathBuf,
}

impl FoundingCase {
    const NAME: &str = "founding-case";
    /// As one types it.
    pub(crate) const COMMAND: &str = "parallax lab run founding-case";

    /// It can be made here; or what is missing for it.
    #[cfg(target_os = "linux")]
    pub(crate) fn possible() -> Result<Self, String> {
        let known = parallax::lab::scenario::Scenario::named(Self::NAME).map_err(|error| error.to_string())?;
        let mut missing = parallax::lab::run::missing(std::slice::from_ref(&known));
        if probe::probe(None, [&known]).is_err() {
            missing.push(
                "the probe beside this program (`cargo build --features lambda --bin probe`, with --release beside a \
                 release build)"
                    .to_owned(),
            );
        }
        if missing.is_empty() { Ok(Self(())) } else { Err(format!("it needs {}", missing.join("; and "))) }
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn possible() -> Result<Self, String> {
        Err("it needs Linux".to_owned())
    }

    pub(crate) fn of(self, rounds: u32, seed: u32) -> FoundingRun {
        FoundingRun { rounds, seed, folder: format!("parallax-lab/{}-{seed}", Self::NAME).into() }
    }
}

impl FoundingRun {
    #[cfg(target_os = "linux")]
    pub(crate) fn run(&self) -> Outcome {
        run::run(&run::Arguments::of(FoundingCase::NAME, self.rounds, self.seed, self.folder.clone()))
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn run(&self) -> Outcome {
        Ok(crate::exit::Answer::Done)
    }
}

/// One that comes with the program, a file of one's own (`.toml`), which is called what the file is, or a variation of either; and its
/// text.
fn scenario(asked: &str) -> Result<(Scenario, String), Problem> {
    let mut own = BTreeMap::new();
    let mut names = Vec::new();
    for part in asked.split('+') {
        let (file, variation) = part.split_at(part.find(':').unwrap_or(part.len()));
        let path = Path::new(file);
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text = fs::read_to_string(path);
            let text = text.map_err(|error| Problem::input(format!("cannot read {file}: {error}")))?;
            own.insert(file.to_owned(), text);
        }
        names.push(path.file_name().unwrap_or_default().to_string_lossy().into_owned() + variation);
    }
    let text = Scenario::source_of(asked, &own).map_err(Problem::input)?;
    let scenario = Scenario::parse(&names.join("+"), &text).map_err(Problem::input)?;
    Ok((scenario, text))
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
