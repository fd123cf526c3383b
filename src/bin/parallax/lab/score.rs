//! `parallax lab score`: the explainer against scenarios whose causes are known.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use parallax::lab::run::{Doing, missing, run as made};
use parallax::lab::scenario::Scenario;
use parallax::lab::score::experiment::{Finding, agreeing, findings};
use parallax::lab::score::gate::{self, Suite, Target};
use parallax::lab::score::suite::{Cell, cells, cells_of, resets};
use parallax::lab::score::{Score, score, table};
use parallax::lab::truth::Truth;
use parallax::report::json;
use serde::Serialize;

use super::machine::{self, Machine};
use super::probe::probe;
use super::run::vantage;
use crate::exit::{Answer, Outcome, Problem};
use crate::interrupt;
use crate::output::{print, tell};
use crate::target_arguments::quantity;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// quick: one run of each of 20 scenarios, about eight minutes; full: five of each, other sizes, pairs, causes taken back, two longer, under three hours
    #[arg(long, value_name = "SUITE", value_enum, hide_possible_values = false, default_value = "quick")]
    suite: Kind,
    /// Only this scenario or variation, or these, if given more than once
    #[arg(long, value_name = "NAME")]
    scenario: Vec<String>,
    /// How often each side measures [default: as the suite says]
    #[arg(long, value_name = "NUMBER", value_parser = quantity::whole(2_u32..=100_000), allow_negative_numbers = true)]
    rounds: Option<u32>,
    /// The probe as a Lambda function, for scenarios that have one [default: the file `probe` beside this program]
    #[arg(long, value_name = "PROGRAM")]
    probe: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Kind {
    Quick,
    Full,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Findings {
    schema: u32,
    suite: Suite,
    machine: Machine,
    targets: Vec<Target>,
    scores: Vec<Score>,
    experiments: Experiments,
}

/// Truth by experiment.
#[derive(Serialize)]
struct Experiments {
    /// Rows that agree, of those with an interval.
    agree: usize,
    of: usize,
    findings: Vec<Finding>,
}

/// Runs the suite. Runs in which a vantage waits most of the time go side by side; those that are about the processor go
/// alone, for they would take it from each other.
pub(super) fn run(arguments: &Arguments) -> Outcome {
    let suite = match arguments.suite {
        Kind::Quick => Suite::Quick,
        Kind::Full => Suite::Full,
    };
    for name in &arguments.scenario {
        let scenario = Scenario::named(name).map_err(|error| Problem::input(format!("--scenario: {error}")))?;
        if scenario.is_of_monitors() {
            return Err(Problem::input(format!(
                "--scenario: in {name} another program measures, and what that does by itself is not known, so there is no \
                 score of it; `parallax lab run {name}` explains it"
            )));
        }
    }
    let mut cells = match &arguments.scenario[..] {
        [] => cells(suite),
        names => names.iter().flat_map(|name| cells_of(name, suite)).collect(),
    };
    if suite == Suite::Full {
        cells.extend(resets(&cells));
    }
    let known: Vec<Scenario> = cells.iter().filter_map(|cell| Scenario::named(&cell.scenario).ok()).collect();
    let missing = missing(&known);
    if !missing.is_empty() {
        return Err(Problem::input(format!("the lab cannot run here; it needs {}", missing.join("; and "))));
    }
    let probe = probe(arguments.probe.as_deref(), &known)?;
    interrupt::listen()?;
    let before = machine::load();
    let runs = Runs {
        cells: &cells,
        rounds: arguments.rounds,
        probe: probe.as_deref(),
        begun: AtomicUsize::new(0),
        ended: Mutex::default(),
    };
    runs.make();
    let (scores, failed) = runs.ended();
    let targets = gate::targets(&scores, suite);
    let findings = findings(&scores);
    let holds = gate::hold(&targets);
    let machine = Machine::since(before);
    if arguments.json {
        let (agree, of) = agreeing(&findings);
        let experiments = Experiments { agree, of, findings };
        print(&json::pretty(&Findings { schema: 1, suite, machine, targets, scores, experiments }))?;
    } else {
        let (all, held) = (table::scenarios(&scores), table::targets(&targets));
        let tried = table::experiments(&findings);
        let tried = if tried.is_empty() { tried } else { format!("{tried}\n") };
        print(&format!("{all}\n{tried}{held}\n{}", machine.line()))?;
    }
    if interrupt::came() {
        return Err(Problem::unfinished("interrupted: this is of the runs that were ended until then"));
    }
    if !failed.is_empty() {
        return Err(Problem::unfinished(format!("no score of {}; why stands above", failed.join(", "))));
    }
    Ok(if holds { Answer::Done } else { Answer::Negative })
}

/// The runs of a suite, and what became of them.
struct Runs<'a> {
    cells: &'a [Cell],
    rounds: Option<u32>,
    probe: Option<&'a Path>,
    begun: AtomicUsize,
    /// With their numbers, as they end.
    ended: Mutex<Vec<(usize, Result<Score, String>)>>,
}

impl Runs<'_> {
    fn make(&self) {
        let busy = |cell: &Cell| Scenario::named(&cell.scenario).is_ok_and(|scenario| scenario.is_busy());
        let (busy, quiet): (Vec<usize>, Vec<usize>) = (0..self.cells.len()).partition(|at| busy(&self.cells[*at]));
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        for (numbers, at_once) in [(quiet, processors), (busy, 1)] {
            let next = AtomicUsize::new(0);
            std::thread::scope(|scope| {
                for _ in 0..at_once {
                    scope.spawn(|| {
                        while let Some(number) = numbers.get(next.fetch_add(1, Ordering::Relaxed)) {
                            self.one(*number);
                        }
                    });
                }
            });
        }
    }

    /// Nothing where Ctrl-C came.
    fn one(&self, number: usize) {
        if interrupt::came() {
            return;
        }
        let cell = &self.cells[number];
        let begun = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
        tell(format_args!("{begun:>3} of {}  {}, seed {}", self.cells.len(), cell.scenario, cell.seed));
        if let Some(ended) = once(cell, self.rounds.unwrap_or(cell.rounds), self.probe).transpose() {
            self.ended.lock().unwrap_or_else(PoisonError::into_inner).push((number, ended));
        }
    }

    /// Scores in the order of the suite, and the scenarios that have none.
    fn ended(self) -> (Vec<Score>, Vec<String>) {
        let mut ended = self.ended.into_inner().unwrap_or_else(PoisonError::into_inner);
        ended.sort_by_key(|(number, _)| *number);
        let (mut scores, mut failed) = (Vec::new(), Vec::new());
        for (number, ended) in ended {
            match ended {
                Ok(score) => scores.push(score),
                Err(why) => {
                    tell(format_args!("{}, seed {}: {why}", self.cells[number].scenario, self.cells[number].seed));
                    failed.push(self.cells[number].scenario.clone());
                }
            }
        }
        (scores, failed)
    }
}

/// One run, scored; nothing where Ctrl-C came.
fn once(cell: &Cell, rounds: u32, probe: Option<&Path>) -> Result<Option<Score>, String> {
    let scenario = Scenario::named(&cell.scenario).map_err(|error| error.to_string())?;
    let vantage = vantage().map_err(|problem| format!("{problem:?}"))?;
    let run = made(
        &scenario,
        &mut Doing { rounds, seed: cell.seed, vantage: &vantage, probe, hear: &mut |_| Ok(()), stop: &interrupt::came },
    );
    if interrupt::came() {
        return Ok(None);
    }
    let run = run.map_err(|error| error.to_string())?;
    let truth = Truth::of(&scenario, cell.seed, &run);
    score(&scenario, &truth, &run, rounds).map(Some).map_err(|error| error.to_string())
}
