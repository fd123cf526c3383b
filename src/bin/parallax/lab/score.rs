//! `parallax lab score`: the explainer against scenarios whose causes are known.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use parallax::lab::run::{Doing, missing, run as made};
use parallax::lab::scenario::Scenario;
use parallax::lab::schedule::too_few;
use parallax::lab::score::experiment::{Finding, agreeing, findings};
use parallax::lab::score::gate::{self, Suite, Target};
use parallax::lab::score::suite::{Cell, cells, cells_of, resets};
use parallax::lab::score::{Injected, Score, measured, score, table};
use parallax::lab::truth::Truth;
use parallax::report::json;
use serde::Serialize;

use super::machine::{self, Machine};
use super::probe::probe;
use super::run::vantage;
use super::shelf::Shelf;
use crate::exit::{Answer, Outcome, Problem};
use crate::interrupt;
use crate::output::{print, tell};
use crate::target_arguments::quantity;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// quick: one run of each of 20 scenarios, about eight minutes; full: five of each and of pairs of them, other sizes and causes taken back once, five longer, under three hours
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
    /// Keep each run in this folder, as `lab run` leaves it; a run that is there already is scored again and not made again, so a suite that was stopped goes on
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
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
    /// Those that the runs were made on, one of each kind.
    machines: Vec<Machine>,
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

/// How many runs in which vantages wait most of the time go side by side, for each processor: one of them takes a fifth of it.
const AT_ONCE: usize = 2;

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
    cells.iter_mut().for_each(|cell| cell.rounds = arguments.rounds.unwrap_or(cell.rounds));
    for cell in &cells {
        let scenario = Scenario::named(&cell.scenario).map_err(Problem::input)?;
        if let Some(why) = too_few(&scenario.sides, cell.rounds) {
            return Err(Problem::input(format!("--rounds {}: in scenario {}, {why}", cell.rounds, cell.scenario)));
        }
    }
    let shelf = arguments.keep.as_deref().map(Shelf);
    let to_make = cells.iter().filter(|cell| !shelf.as_ref().is_some_and(|shelf| shelf.has(cell)));
    let known: Vec<Scenario> = to_make.filter_map(|cell| Scenario::named(&cell.scenario).ok()).collect();
    let missing = missing(&known);
    if !known.is_empty() && !missing.is_empty() {
        return Err(Problem::input(format!("the lab cannot run here; it needs {}", missing.join("; and "))));
    }
    let probe = probe(arguments.probe.as_deref(), &known)?;
    interrupt::listen()?;
    let runs = Runs {
        cells: &cells,
        shelf,
        probe: probe.as_deref(),
        // Few runs are held to what is pooled only.
        times: if suite == Suite::Full { TIMES } else { 1 },
        begun: AtomicUsize::new(0),
        ended: Mutex::default(),
    };
    runs.make();
    let Ended { scores, machines, failed } = runs.ended();
    let (findings, whole) = (findings(&scores), arguments.scenario.is_empty());
    let mut targets = gate::targets(&scores, suite, whole);
    targets.push(gate::tried(&findings, suite, whole));
    let holds = gate::hold(&targets);
    let machines = Machine::kinds(machines);
    if arguments.json {
        let (agree, of) = agreeing(&findings);
        let experiments = Experiments { agree, of, findings };
        print(&json::pretty(&Findings { schema: 1, suite, machines, targets, scores, experiments }))?;
    } else {
        let (all, held) = (table::scenarios(&scores), table::targets(&targets));
        let tried = table::experiments(&findings);
        let tried = if tried.is_empty() { tried } else { format!("{tried}\n") };
        let machines: String = machines.iter().map(Machine::line).collect();
        print(&format!("{all}\n{tried}{held}\n{machines}"))?;
    }
    if interrupt::came() {
        return Err(Problem::unfinished("interrupted: this is of the runs that were ended until then"));
    }
    if !failed.is_empty() {
        return Err(Problem::unfinished(format!("no score of {}; why stands above", failed.join(", "))));
    }
    Ok(if holds { Answer::Done } else { Answer::Negative })
}

/// How often a run of the full suite is made at most.
const TIMES: u32 = 3;

/// A score and what it was made on, or why there is none.
type One = Result<(Score, Machine), String>;

/// The runs of a suite, and what became of them.
struct Runs<'a> {
    cells: &'a [Cell],
    shelf: Option<Shelf<'a>>,
    probe: Option<&'a Path>,
    /// A run that its host disturbed is made again; the last of so many counts as it is.
    times: u32,
    begun: AtomicUsize,
    /// With their numbers, as they end.
    ended: Mutex<Vec<(usize, One)>>,
}

impl Runs<'_> {
    fn make(&self) {
        let busy = |cell: &Cell| Scenario::named(&cell.scenario).is_ok_and(|scenario| scenario.is_busy());
        let (busy, quiet): (Vec<usize>, Vec<usize>) = (0..self.cells.len()).partition(|at| busy(&self.cells[*at]));
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        for (numbers, at_once) in [(quiet, AT_ONCE * processors), (busy, 1)] {
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
        let ended = match &self.shelf {
            Some(shelf) if shelf.has(cell) => Some(shelf.find(cell)),
            shelf => {
                let disturbed = |ended: &One| ended.as_ref().is_ok_and(|(score, _)| score.is_disturbed());
                let mut made = (0..self.times).map_while(|_| once(cell, self.probe, shelf.as_ref()).transpose());
                let mut ended = made.next();
                while ended.as_ref().is_some_and(disturbed) {
                    // One that failed is no better than one that was disturbed.
                    let Some(Ok(again)) = made.next() else { break };
                    ended = Some(Ok(again));
                }
                ended
            }
        };
        if let Some(Ok((score, _))) = &ended
            && score.is_disturbed()
        {
            tell(format_args!(
                "{}, seed {}: the host of this machine took {:.0} % of its processors meanwhile",
                cell.scenario,
                cell.seed,
                100.0 * score.host_took.unwrap_or_default()
            ));
        }
        if let Some(ended) = ended {
            self.ended.lock().unwrap_or_else(PoisonError::into_inner).push((number, ended));
        }
    }

    /// In the order of the suite.
    fn ended(self) -> Ended {
        let mut ended = self.ended.into_inner().unwrap_or_else(PoisonError::into_inner);
        ended.sort_by_key(|(number, _)| *number);
        let mut all = Ended::default();
        for (number, ended) in ended {
            match ended {
                Ok((score, machine)) => {
                    all.scores.push(score);
                    all.machines.push(machine);
                }
                Err(why) => {
                    tell(format_args!("{}, seed {}: {why}", self.cells[number].scenario, self.cells[number].seed));
                    all.failed.push(self.cells[number].scenario.clone());
                }
            }
        }
        all
    }
}

#[derive(Default)]
struct Ended {
    scores: Vec<Score>,
    machines: Vec<Machine>,
    /// The scenarios that have no score.
    failed: Vec<String>,
}

/// One run, scored; nothing where Ctrl-C came.
fn once(cell: &Cell, probe: Option<&Path>, shelf: Option<&Shelf<'_>>) -> Result<Option<(Score, Machine)>, String> {
    let before = machine::load();
    let scenario = Scenario::named(&cell.scenario).map_err(|error| error.to_string())?;
    let vantage = vantage().map_err(|problem| problem.words())?;
    let run = made(
        &scenario,
        &mut Doing {
            rounds: cell.rounds,
            seed: cell.seed,
            vantage: &vantage,
            probe,
            hear: &mut |_| Ok(()),
            stop: &interrupt::came,
        },
    );
    if interrupt::came() {
        return Ok(None);
    }
    let run = run.map_err(|error| error.to_string())?;
    let truth = Truth::of(&scenario, cell.seed, &run);
    let machine = Machine::since(before);
    if let Some(shelf) = shelf {
        shelf.keep(cell, &run, &truth, &machine)?;
    }
    let score = score(&scenario, &Injected::from(&truth), &measured(&run), None, cell.rounds);
    score.map(|score| Some((score, machine))).map_err(|error| error.to_string())
}
