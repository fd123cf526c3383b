//! How long an account takes: 10 000 samples a side, point values and intervals; a million for the mean.
//!
//! `cargo bench --no-default-features --bench explain`, on a quiet machine; ends with exit code 1 where a bound is not kept.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![expect(unreachable_pub, reason = "what both benchmarks of accounts share")]

mod bound;
mod samples;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use bound::{MILLION, POINTS, QUIET, WHOLE};
use parallax::explain::interval::of_mean;
use parallax::explain::ledger::Row;
use parallax::explain::sides::Sides;
use parallax::explain::{interval, mean, percentile};
use parallax::measurement::wire::Record;
use parallax::statistics::level::Level;

const LEVELS: [Level; 3] = [Level::P50, Level::P90, Level::P99];

/// Of so many runs the median is taken.
const ROUNDS: usize = 5;

fn main() -> ExitCode {
    if std::env::args().any(|word| word == "--help" || word == "-h") {
        println!("How long accounts take in memory, one thread, median of {ROUNDS} runs each.\n{QUIET}");
        return ExitCode::SUCCESS;
    }
    let small = sides(10_000);
    let point = mean::explain(&small);
    let points = percentile::explain(&small, &LEVELS, 1);
    let of_points = timed(ROUNDS, || (mean::explain(&small), percentile::explain(&small, &LEVELS, 1)));
    let of_mean_ends = timed(ROUNDS, || of_mean(&small, &point, 1, interval::REPLICATES));
    let of_ends = timed(ROUNDS, || percentile::intervals(&small, &points, 1, percentile::REPLICATES));
    println!("10 000 samples a side");
    println!("{of_points:>8.3} s  points of the mean and of three percentiles");
    println!("{of_mean_ends:>8.3} s  intervals of the mean, {} replicates a scheme", interval::REPLICATES);
    println!("{of_ends:>8.3} s  intervals of three percentiles, {} replicates a scheme", percentile::REPLICATES);
    let large = sides(500_000);
    let million = timed(1, || of_mean(&large, &mean::explain(&large), 1, interval::REPLICATES));
    println!("500 000 samples a side\n{million:>8.3} s  the mean with its intervals\n");
    let judged = [
        POINTS.judge(of_points, None),
        WHOLE.judge(of_points + of_mean_ends + of_ends, None),
        // Memory is that of the whole command, in `cargo bench --bench million`.
        bound::Bound { mib: None, ..MILLION }.judge(million, None),
    ];
    judged.iter().for_each(|(line, _)| println!("{line}"));
    if judged.iter().all(|(_, kept)| *kept) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn sides(count: u64) -> Sides {
    let row = |record: Record| Row::of(&record.sample, &record.environment, None).unwrap();
    let of = |side| (0..count).map(|n| row(samples::record(side, n))).collect();
    Sides::new(of(samples::A), of(samples::B)).unwrap()
}

/// Seconds, the median of so many.
fn timed<T>(rounds: usize, run: impl Fn() -> T) -> f64 {
    let mut took: Vec<f64> = (0..rounds)
        .map(|_| {
            let began = Instant::now();
            black_box(run());
            began.elapsed().as_secs_f64()
        })
        .collect();
    took.sort_by(f64::total_cmp);
    took[rounds / 2]
}
