//! `parallax lab run`: one scenario, made, explained, and set beside the truth.

use std::env;
use std::path::PathBuf;

use parallax::archive::selection::Source;
use parallax::explain::question::{Question, Statistic};
use parallax::lab::run::{Asked, Doing, RunError, missing, run as made};
use parallax::lab::scenario::Scenario;
use parallax::lab::score::{score, sources, table};
use parallax::lab::truth::Truth;
use parallax::lab::vantage::{Command, work};
use parallax::measurement::counted::counted;
use parallax::measurement::identity::{TargetId, Vantage};
use parallax::report::account::{AccountReport, Parties, Party};
use parallax::report::{html, json};

use super::outputs::Outputs;
use super::probe::probe;
use crate::exit::{Answer, Outcome, Problem};
use crate::explained::{Samples, Side, explained};
use crate::interrupt;
use crate::output::{print, tell};
use crate::progress::Progress;
use crate::target_arguments::quantity;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Its name, as `parallax lab list` has it; also NAME:small, NAME:large, NAME+NAME, NAME:without-KEY
    scenario: String,
    /// How often each side measures [default: as the scenario says]
    #[arg(long, value_name = "NUMBER", value_parser = quantity::whole(2_u32..=100_000), allow_negative_numbers = true)]
    rounds: Option<u32>,
    /// Other conditions of the same kinds [default: as the scenario says]
    #[arg(long, value_name = "NUMBER", value_parser = quantity::whole(0..=u32::MAX), allow_negative_numbers = true)]
    seed: Option<u32>,
    /// The folder for archive, truth file and report, which must not hold another run's [default: parallax-lab/SCENARIO-SEED]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The probe as a Lambda function, for scenarios that have one [default: the file `probe` beside this program]
    #[arg(long, value_name = "PROGRAM")]
    probe: Option<PathBuf>,
    /// Print the score as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let scenario = Scenario::named(&arguments.scenario).map_err(Problem::input)?;
    let missing = missing();
    if !missing.is_empty() {
        return Err(Problem::input(format!("the lab cannot run here; it needs {}", missing.join("; and "))));
    }
    let probe = probe(arguments.probe.as_deref(), [&scenario])?;
    let rounds = arguments.rounds.unwrap_or(scenario.rounds);
    let seed = arguments.seed.map_or(scenario.seed, u64::from);
    let folder = arguments.out.clone().unwrap_or_else(|| format!("parallax-lab/{}-{seed}", scenario.name).into());
    let mut outputs = Outputs::prepare(&folder)?;
    interrupt::listen()?;
    let length = counted(rounds, "round");
    tell(format_args!("{}: {} {length}, seed {seed}", scenario.name, scenario.about));
    let bar = Progress::counting(u64::from(rounds) * 2, "request");
    let mut done = 0;
    let mut kept = Ok(());
    let run = made(
        &scenario,
        &mut Doing {
            rounds,
            seed,
            vantage: &vantage()?,
            probe: probe.as_deref(),
            hear: &mut |asked: &Asked| {
                kept = outputs.keep(&asked.record);
                done += 1;
                bar.at(done, String::new());
                match &kept {
                    Ok(()) => Ok(()),
                    Err(_) => {
                        Err(RunError::Io { what: "keep a sample".to_owned(), reason: std::io::ErrorKind::Other.into() })
                    }
                }
            },
            stop: &interrupt::came,
        },
    );
    drop(bar);
    kept?;
    let run = run.map_err(|error| match error {
        RunError::Vantage(parallax::lab::vantage::VantageError::Stopped) => Problem::unfinished("interrupted"),
        error => Problem::unfinished(error),
    })?;
    let truth = Truth::of(&scenario, seed, &run);
    outputs.write(&json::pretty(&truth), report(&run.asked, seed)?.as_deref())?;
    let score = score(&scenario, &truth, &run.asked, rounds).map_err(Problem::unfinished)?;
    print(&if arguments.json { json::pretty(&score) } else { table::rows(&score) })?;
    tell(format_args!("archive, truth file and report are in {}", outputs.folder().display()));
    if run.stopped {
        return Err(Problem::unfinished("interrupted: this is of what was measured until then"));
    }
    Ok(Answer::Done)
}

/// This program, as a vantage.
pub(super) fn vantage() -> Result<Command, Problem> {
    let program = env::current_exe().map_err(|error| Problem::unfinished(format!("cannot find itself: {error}")))?;
    Ok(Command { program, arguments: vec!["lab".to_owned(), "vantage".to_owned()] })
}

/// The account of the means as a page; nothing where there is none.
fn report(asked: &[Asked], seed: u64) -> Result<Option<String>, Problem> {
    if asked.is_empty() {
        return Ok(None);
    }
    let target = TargetId::new(work::TARGET).map_err(Problem::unfinished)?;
    let named = |name: &str| -> Result<Source, Problem> {
        let vantage = Some(Vantage::new(&format!("lab/{name}")).map_err(Problem::unfinished)?);
        Ok(Source { vantage, method: None, target: Some(target.clone()), cold: None })
    };
    let [a, b] = sources(asked);
    let (name_a, name_b) = (named("a")?, named("b")?);
    let parties = Parties {
        target: target.to_string(),
        since: None,
        until: None,
        a: Party::new(name_a.to_string(), Vec::new(), &a),
        b: Party::new(name_b.to_string(), Vec::new(), &b),
        bridge: None,
    };
    let question = Question::new(Statistic::Mean, seed);
    let (a, b) = (Side { named: name_a, read: a, contrast: None }, Side { named: name_b, read: b, contrast: None });
    let explained = explained(a, None, b, &question, &Samples::default(), None)?;
    Ok(Some(html::page(&AccountReport::new(parties, explained).document())))
}
