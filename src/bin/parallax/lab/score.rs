//! `parallax lab score`: the explainer against scenarios whose causes are known.

use parallax::lab::run::{Doing, missing, run as made};
use parallax::lab::scenario::Scenario;
use parallax::lab::score::gate::{self, Suite, Target};
use parallax::lab::score::suite::{Cell, cells, cells_of};
use parallax::lab::score::{Score, score, table};
use parallax::lab::truth::Truth;
use parallax::measurement::counted::counted;
use parallax::report::json;
use serde::Serialize;

use super::run::vantage;
use crate::exit::{Answer, Outcome, Problem};
use crate::interrupt;
use crate::output::{print, tell};
use crate::progress::Progress;
use crate::target_arguments::quantity;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// quick: one run of each of 20 scenarios, about ten minutes; full: five of each, other sizes, pairs, causes taken back, two longer, under three hours
    #[arg(long, value_name = "SUITE", value_enum, hide_possible_values = false, default_value = "quick")]
    suite: Kind,
    /// Only this scenario or variation, or these, if given more than once
    #[arg(long, value_name = "NAME")]
    scenario: Vec<String>,
    /// How often each side measures [default: as the suite says]
    #[arg(long, value_name = "NUMBER", value_parser = quantity::whole(2_u32..=100_000), allow_negative_numbers = true)]
    rounds: Option<u32>,
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
}

/// What the numbers come from: a busy machine makes them worse.
#[derive(Serialize)]
struct Machine {
    kernel: String,
    processors: usize,
    /// How many threads wanted to run, over five minutes, before and after.
    load: [Option<f64>; 2],
    /// Built for speed; else the probe's own work takes several times as long.
    optimized: bool,
}

/// Runs the suite, one run after another: side by side they would take the processor from each other.
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
    let cells = match &arguments.scenario[..] {
        [] => cells(suite),
        names => names.iter().flat_map(|name| cells_of(name, suite)).collect(),
    };
    let missing = missing(&[]);
    if !missing.is_empty() {
        return Err(Problem::input(format!("the lab cannot run here; it needs {}", missing.join("; and "))));
    }
    interrupt::listen()?;
    let before = load();
    let mut scores = Vec::new();
    let mut failed = Vec::new();
    for (number, cell) in cells.iter().enumerate() {
        tell(format_args!("{:>3} of {}  {}, seed {}", number + 1, cells.len(), cell.scenario, cell.seed));
        match once(cell, arguments.rounds.unwrap_or(cell.rounds)) {
            Ok(Some(found)) => scores.push(found),
            Ok(None) => break,
            Err(why) => {
                tell(format_args!("      {why}"));
                failed.push(cell.scenario.clone());
            }
        }
    }
    let targets = gate::targets(&scores, suite);
    let holds = gate::hold(&targets);
    let machine = Machine {
        kernel: std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
        processors: std::thread::available_parallelism().map_or(1, usize::from),
        load: [before, load()],
        optimized: !cfg!(debug_assertions),
    };
    if arguments.json {
        print(&json::pretty(&Findings { schema: 1, suite, machine, targets, scores }))?;
    } else {
        print(&format!("{}\n{}\n{}", table::scenarios(&scores), table::targets(&targets), machine.line()))?;
    }
    if interrupt::came() {
        return Err(Problem::unfinished("interrupted: this is of the runs that were ended until then"));
    }
    if !failed.is_empty() {
        return Err(Problem::unfinished(format!("no score of {}; why stands above", failed.join(", "))));
    }
    Ok(if holds { Answer::Done } else { Answer::Negative })
}

/// One run, scored; nothing where Ctrl-C came.
fn once(cell: &Cell, rounds: u32) -> Result<Option<Score>, String> {
    let scenario = Scenario::named(&cell.scenario).map_err(|error| error.to_string())?;
    let vantage = vantage().map_err(|problem| format!("{problem:?}"))?;
    let bar = Progress::counting(u64::from(rounds) * 2, "requests");
    let mut done = 0;
    let run = made(
        &scenario,
        &mut Doing {
            rounds,
            seed: cell.seed,
            vantage: &vantage,
            hear: &mut |_| {
                done += 1;
                bar.at(done, String::new());
                Ok(())
            },
            stop: &interrupt::came,
        },
    );
    if interrupt::came() {
        return Ok(None);
    }
    let run = run.map_err(|error| error.to_string())?;
    let truth = Truth::of(&scenario, cell.seed, &run);
    score(&scenario, &truth, &run, rounds).map(Some).map_err(|error| error.to_string())
}

fn load() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().nth(1)?.parse().ok()
}

impl Machine {
    fn line(&self) -> String {
        let load = |load: Option<f64>| load.map_or("unknown".to_owned(), |load| format!("{load:.1}"));
        let [before, after] = self.load.map(load);
        let built = if self.optimized { "" } else { "; a debug build, whose own work takes several times as long" };
        let busy = self.load.iter().flatten().any(|load| *load > self.processors as f64 * 0.75);
        let busy = if busy { "; others were at work on it, which makes these numbers worse" } else { "" };
        format!(
            "Linux {}, {}, load {before} before and {after} after{built}{busy}\n",
            self.kernel,
            counted(self.processors, "processor")
        )
    }
}
