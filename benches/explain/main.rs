//! How long an account takes: 10 000 samples a side, point values and intervals; a million for the mean.

use std::hint::black_box;

use parallax::explain::interval::of_mean;
use parallax::explain::ledger::Row;
use parallax::explain::percentile;
use parallax::explain::sides::Sides;
use parallax::explain::{interval, mean};
use parallax::measurement::wire::Record;
use parallax::statistics::level::Level;

mod samples;

const LEVELS: [Level; 3] = [Level::P50, Level::P90, Level::P99];

fn main() {
    divan::main();
}

fn sides(count: u64) -> Sides {
    let row = |record: Record| Row::of(&record.sample, &record.environment, None).expect("answered");
    let of = |side| (0..count).map(|n| row(samples::record(side, n))).collect();
    Sides::new(of(samples::A), of(samples::B)).expect("one grid")
}

#[divan::bench(sample_count = 5)]
fn points_of_the_mean_and_three_percentiles(bencher: divan::Bencher) {
    let sides = sides(10_000);
    bencher.bench_local(|| (black_box(mean::explain(&sides)), black_box(percentile::explain(&sides, &LEVELS, 1))));
}

#[divan::bench(sample_count = 3)]
fn intervals_of_the_mean(bencher: divan::Bencher) {
    let sides = sides(10_000);
    let point = mean::explain(&sides);
    bencher.bench_local(|| black_box(of_mean(&sides, &point, 1, interval::REPLICATES)));
}

#[divan::bench(sample_count = 3)]
fn intervals_of_three_percentiles(bencher: divan::Bencher) {
    let sides = sides(10_000);
    let points = percentile::explain(&sides, &LEVELS, 1);
    bencher.bench_local(|| black_box(percentile::intervals(&sides, &points, 1, percentile::REPLICATES)));
}

#[divan::bench(sample_count = 1)]
fn a_million_samples_the_mean_with_intervals(bencher: divan::Bencher) {
    let sides = sides(500_000);
    bencher.bench_local(|| {
        let point = mean::explain(&sides);
        black_box(of_mean(&sides, &point, 1, interval::REPLICATES))
    });
}
