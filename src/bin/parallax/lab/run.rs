//! `parallax lab run`: one scenario, made, explained, and set beside the truth.

use std::env;
use std::path::{Path, PathBuf};

use parallax::archive::selection::Source;
use parallax::explain::bridge::BridgeError;
use parallax::explain::question::{Question, Statistic};
use parallax::explain::sides::SidesError;
use parallax::lab::run::{Doing, Run, RunError, missing, run as made};
use parallax::lab::scenario::Scenario;
use parallax::lab::scenario::side::{Tells, Way};
use parallax::lab::schedule::too_few;
use parallax::lab::score::{Injected, Score, bridge_of, measured, score, sources, table};
use parallax::lab::truth::Truth;
use parallax::lab::vantage::{Command, work};
use parallax::measurement::counted::counted;
use parallax::measurement::identity::{TargetId, Vantage};
use parallax::measurement::wire::Record;
use parallax::report::account::{AccountReport, Parties, Party};
use parallax::report::{html, json};
use serde::Serialize;

use super::machine::{self, Machine};
use super::outputs::{Outputs, REPORT, TRUTH};
use super::probe::probe;
use crate::exit::{Answer, Outcome, Problem};
use crate::explained::{Samples, Side, explained};
use crate::interrupt;
use crate::output::{print, tell};
use crate::progress::Progress;
use crate::target_arguments::quantity;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Its name, as `parallax lab list` has it; also NAME:small, NAME:large, NAME+NAME, NAME:without-KEY; or a file, FILE.toml
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

impl Arguments {
    pub(super) fn of(scenario: &str, rounds: u32, seed: u32, out: PathBuf) -> Self {
        let (rounds, seed, out) = (Some(rounds), Some(seed), Some(out));
        Self { scenario: scenario.to_owned(), rounds, seed, out, probe: None, json: false }
    }
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let (scenario, _) = super::scenario(&arguments.scenario)?;
    let missing = missing(std::slice::from_ref(&scenario));
    if !missing.is_empty() {
        return Err(Problem::input(format!("the lab cannot run here; it needs {}", missing.join("; and "))));
    }
    let probe = probe(arguments.probe.as_deref(), [&scenario])?;
    let rounds = arguments.rounds.unwrap_or(scenario.rounds);
    let seed = arguments.seed.map_or(scenario.seed, u64::from);
    let folder = arguments.out.clone().unwrap_or_else(|| format!("parallax-lab/{}-{seed}", scenario.name).into());
    if let Some(why) = too_few(&scenario.sides, rounds) {
        return Err(Problem::input(format!("--rounds {rounds}: in scenario {}, {why}", scenario.name)));
    }
    let mut outputs = Outputs::prepare(&folder)?;
    interrupt::listen()?;
    let before = machine::load();
    let length = counted(rounds, "round");
    tell(format_args!("{}: {} {length}, seed {seed}", scenario.name, scenario.about));
    let a_round: usize = scenario.sides.iter().map(|side| 1 + usize::from(side.beside.is_some())).sum();
    let bar = Progress::counting(u64::from(rounds) * a_round as u64, "request");
    let mut done = 0;
    let mut kept = Ok(());
    let run = made(
        &scenario,
        &mut Doing {
            rounds,
            seed,
            vantage: &vantage()?,
            probe: probe.as_deref(),
            hear: &mut |record: &Record| {
                kept = outputs.keep(std::slice::from_ref(record));
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
    let machine = Machine::since(before);
    if run.accounts.iter().any(|account| !account.path.realtime) {
        tell(
            "no real-time priority is to be had here, so what else runs on this machine slows the path and the site, too; \
             the truth has what they really did",
        );
    }
    let truth = Truth::of(&scenario, seed, &run);
    let report = report(&scenario, &run, seed);
    let page = report.as_ref().ok().and_then(Option::as_deref);
    let known = json::pretty(&truth);
    let texts: Vec<(&str, &str)> =
        [(TRUTH, known.as_str())].into_iter().chain(page.map(|page| (REPORT, page))).collect();
    let folder = outputs.write(&texts)?;
    let left = format!(
        "archive{} are in {}",
        if page.is_some() { ", truth file and report" } else { " and truth file" },
        folder.display()
    );
    report?;
    let score = match score(&scenario, &Injected::from(&truth), &measured(&run), bridge_of(&scenario, &run), rounds) {
        Ok(score) => score,
        Err(_) if run.stopped => {
            return Err(Problem::unfinished(format!("interrupted, and what was measured has no account; {left}")));
        }
        Err(error) => return Err(Problem::unfinished(format!("no account: {}; {left}", unexplained(&error)))),
    };
    if arguments.json {
        print(&json::pretty(&Scored { schema: 1, score: &score, machine: &machine }))?;
    } else {
        print(&format!("{}\n{}{}", table::rows(&score), programs(&truth), machine.line()))?;
    }
    tell(&left);
    if let Some(words) = again(&scenario, &folder) {
        tell(format_args!("with intervals and suspicions: {words}"));
    }
    if run.stopped {
        return Err(Problem::unfinished("interrupted: this is of what was measured until then"));
    }
    Ok(Answer::Done)
}

/// What `--json` prints.
#[derive(Serialize)]
struct Scored<'a> {
    schema: u32,
    #[serde(flatten)]
    score: &'a Score,
    machine: &'a Machine,
}

/// Why a run has no account, to whom chose its rounds.
fn unexplained(error: &BridgeError) -> String {
    match error {
        BridgeError::Sides(SidesError::Empty(side)) => {
            format!("none of {side}'s requests was answered; give more by --rounds")
        }
        BridgeError::Sides(SidesError::NoCommonTime | SidesError::LittleCommonTime { .. }) => {
            "the two sides measured at times that have too little in common; give more by --rounds".to_owned()
        }
        BridgeError::NoPairs => {
            "no measurement of the probe beside A is close in time to one of A's; give more by --rounds".to_owned()
        }
        BridgeError::NotTheMean => error.to_string(),
    }
}

/// This program, as a vantage.
pub(super) fn vantage() -> Result<Command, Problem> {
    let program = env::current_exe().map_err(|error| Problem::unfinished(format!("cannot find itself: {error}")))?;
    Ok(Command { program, arguments: vec!["lab".to_owned(), "vantage".to_owned()] })
}

/// Other people's programs that measured, a line for each that says which it is.
fn programs(truth: &Truth) -> String {
    let [a, b] = &truth.sides;
    let of_b = b.programs.iter().filter(|program| !a.programs.contains(program));
    a.programs.iter().chain(of_b).map(|program| format!("measured by {program}\n")).collect()
}

/// The command that explains a run of other programs.
fn again(scenario: &Scenario, folder: &Path) -> Option<String> {
    if !scenario.is_of_monitors() {
        return None;
    }
    let [a, b] = ["a", "b"].map(|name| format!("vantage=lab/{name}"));
    let [of_a, of_b] = &scenario.sides;
    let bridge = of_a.beside.filter(|_| of_a.method.tells() == Tells::Total);
    let bridge = bridge.map_or_else(String::new, |way| format!(" --bridge {a},method={}", way.method()));
    Some(format!(
        "parallax explain --archive sqlite:{}/samples.db --a {a},method={}{bridge} --b {b},method={} --statistic mean",
        folder.display(),
        of_a.method.method(),
        of_b.method.method()
    ))
}

/// The account of the means as a page; nothing where there is none.
fn report(scenario: &Scenario, run: &Run, seed: u64) -> Result<Option<String>, Problem> {
    if run.asked.is_empty() {
        return Ok(None);
    }
    let target = TargetId::new(work::TARGET).map_err(Problem::unfinished)?;
    let named = |at: usize, way: Way| -> Result<Source, Problem> {
        let vantage = Some(Vantage::new(["lab/a", "lab/b"][at]).map_err(Problem::unfinished)?);
        // Beside a probe of ours, the vantage alone is two sources.
        let method = scenario.sides[at].beside.map(|_| way.method());
        Ok(Source { vantage, method, target: Some(target.clone()), cold: None })
    };
    let [a, b] = sources(&measured(run));
    let [way_a, way_b] = [0, 1].map(|at| scenario.sides[at].method);
    let (name_a, name_b) = (named(0, way_a)?, named(1, way_b)?);
    let bridge = match (bridge_of(scenario, run), scenario.sides[0].beside) {
        (Some(read), Some(way)) => Some((named(0, way)?, read)),
        _ => None,
    };
    let parties = Parties {
        target: target.to_string(),
        since: None,
        until: None,
        a: Party::new(name_a.to_string(), Vec::new(), &a),
        b: Party::new(name_b.to_string(), Vec::new(), &b),
        bridge: bridge.as_ref().map(|(named, read)| Party::new(named.to_string(), Vec::new(), read)),
    };
    let question = Question::new(Statistic::Mean, seed);
    let side = |named, read| Side { named, read, contrast: None };
    let bridge = bridge.map(|(named, read)| side(named, read));
    let explained = explained(side(name_a, a), bridge, side(name_b, b), &question, &Samples::default(), None)?;
    Ok(Some(html::page(&AccountReport::new(parties, explained).document())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_account_is_said_without_flags_of_other_commands() {
        let few = SidesError::LittleCommonTime { percent: 3 };
        for error in [
            BridgeError::NoPairs,
            BridgeError::Sides(SidesError::Empty("B")),
            BridgeError::Sides(SidesError::NoCommonTime),
            BridgeError::Sides(few),
        ] {
            let said = unexplained(&error);
            assert!(said.contains("--rounds") && !said.contains("--since") && !said.contains("bridge"), "{said}");
        }
    }
}
