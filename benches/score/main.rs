//! The explainer's score: every world, many times over, on all processors; the tables of docs/score.md.
//!
//! `cargo bench --no-default-features --bench score -- [--runs N] [--only TEXT] [--rows] [--write FILE]`
#![expect(clippy::unwrap_used, reason = "a harness ends with what went wrong")]
#![expect(unreachable_pub, reason = "a program of its own has no outside: `pub` says what a module offers the others")]

#[path = "../../tests/score/mod.rs"]
mod score;
#[path = "../../tests/simulator/mod.rs"]
mod simulator;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use score::gate::Against;
use score::percentiles::{Cell, ENUMERATED, Score, both_truths};
use score::table::Scores;
use score::worlds::{Kind, World};
use score::{cell, gate, memory, table, worlds};

/// Replicates a scheme, of the mean and of percentiles: as many as the product takes.
const REPLICATES: (usize, usize) = (parallax::explain::interval::REPLICATES, parallax::explain::percentile::REPLICATES);

/// Data sets behind the truth of a percentile.
const POOLED: u64 = 40;

/// Slots that tell what a quota takes in the long run.
const LONG: u32 = 200_000;

struct Asked {
    runs: u64,
    only: Option<String>,
    rows: bool,
    write: Option<String>,
}

fn asked() -> Asked {
    let mut asked = Asked { runs: 200, only: None, rows: false, write: None };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--runs" => asked.runs = words.next().and_then(|runs| runs.parse().ok()).unwrap_or(asked.runs),
            "--only" => asked.only = words.next(),
            "--rows" => asked.rows = true,
            "--write" => asked.write = words.next(),
            _ => {}
        }
    }
    asked
}

/// Runs `one` on every item, each thread taking the next.
fn spread<I: Sync, O: Send>(items: &[I], one: impl Fn(&I) -> O + Sync) -> Vec<O> {
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((at, item)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    items.get(at).map(|item| (at, item))
                } {
                    let out = one(item);
                    found.lock().unwrap().push((at, out));
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap();
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, out)| out).collect()
}

fn main() -> ExitCode {
    let asked = asked();
    let wanted = |name: &str| asked.only.as_deref().is_none_or(|only| name.contains(only));
    let worlds: Vec<World> =
        worlds::all().into_iter().chain(worlds::successions()).filter(|world| wanted(&world.name)).collect();
    let tallies = spread(&worlds, |world| {
        let tally = cell::run(world, asked.runs, REPLICATES.0);
        eprintln!("{}", world.name);
        tally
    });
    let (follow, scored): (Vec<_>, Vec<_>) =
        worlds.into_iter().zip(tallies).partition(|(world, _)| world.kind == Kind::Succession);
    let sizes: Vec<memory::World> = memory::World::all().into_iter().filter(|world| wanted(world.name)).collect();
    let sized = spread(&sizes, |world| {
        let score = memory::run(world, asked.runs, REPLICATES.0, LONG);
        eprintln!("{}", world.name);
        (world.name, score)
    });
    let cells: Vec<Cell> =
        Cell::all().into_iter().filter(|cell| wanted(&format!("percentiles, {}", cell.name()))).collect();
    let percentiles = spread(&cells, |cell| {
        let scores = cell.run(asked.runs, POOLED, REPLICATES.1);
        eprintln!("percentiles, {}", cell.name());
        (cell.name(), scores)
    });
    let truths = if wanted("percentiles, S0") { both_truths(POOLED).to_vec() } else { Vec::new() };
    let named = |name: &str| percentiles.iter().find(|one| one.0 == name).map_or(&[] as &[Score], |one| &one.1);
    let runs = scored.iter().chain(&follow).map(|one| one.1.runs).chain(sized.iter().map(|one| one.1.runs));
    let runs = runs.chain(percentiles.iter().flat_map(|one| &one.1).map(|score| score.runs));
    let targets: Vec<_> = std::iter::once(gate::of_runs(runs))
        .chain(gate::of_mean(&scored))
        .chain(gate::of_successions(&follow))
        .chain(gate::of_memory(&sized))
        .chain(gate::of_percentiles(named("S0"), Against::Division))
        .chain(gate::of_percentiles(named(ENUMERATED), Against::Enumeration))
        .collect();
    let text = format!(
        "{} runs of each world, {} replicates a scheme (percentiles: {}).\n\n{}",
        asked.runs,
        REPLICATES.0,
        REPLICATES.1,
        table::page(
            &Scores { mean: &scored, successions: &follow, memory: &sized, percentiles: &percentiles, truths: &truths },
            &targets
        )
    );
    print!("{text}");
    if asked.rows {
        for (world, _) in scored.iter().chain(&follow) {
            let of = if world.kind == Kind::Succession { &follow } else { &scored };
            println!("\n{}\n{}", world.name, table::rows(of, &world.name));
        }
        for (name, scores) in &percentiles {
            for (score, level) in scores.iter().zip(["p50", "p90", "p99"]) {
                println!("{name} {level}");
                for (cause, error, bias, covered) in &score.rows {
                    println!("  {cause:<12} error {:7.3}  bias {:+7.3}  {covered:?}", error.value(), bias.value());
                }
            }
        }
    }
    if let Some(file) = &asked.write {
        write(file, &text);
    }
    if asked.only.is_some() || targets.iter().all(|target| target.holds) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

const MARK: &str = "<!-- what follows is written by make score -->\n";

/// Puts the tables behind the mark.
fn write(file: &str, text: &str) {
    let old = std::fs::read_to_string(file).unwrap();
    let (head, _) = old.split_once(MARK).unwrap();
    std::fs::write(file, format!("{head}{MARK}\n{text}")).unwrap();
}
