//! What the probe costs as a function: `cargo bench --profile dev --features aws,lambda --bench coldstart`, as root, after
//! `tests/set_up`. What is measured is built with the profile `lambda`, whatever this program is built with. What is
//! compared, and what came out, is in `docs/coldstart.md`.
#![expect(unreachable_pub, reason = "a program of its own has no outside: `pub` says what a module offers the others")]

#[path = "../bound.rs"]
mod bound;
mod bounds;
mod built;
mod cloud;
mod compare;
#[path = "../../tests/support/fake_lambda.rs"]
mod fake_lambda;
#[path = "../../tests/support/relay.rs"]
mod relay;
mod shell;
#[path = "../spread.rs"]
mod spread;
mod steps;
mod turn;

use std::process::ExitCode;

use bounds::{Found, Room};

/// Of each kind, by turns.
const RUNS: usize = 20;

fn main() -> ExitCode {
    let built = built::build();
    println!("{}: {:.2} MB", built.probe.display(), built.megabytes());
    let cloud = cloud::Cloud::start();
    let steps = steps::run(&built, &cloud);
    let seen = compare::run(&built, &cloud, RUNS);

    println!("\n== bounds, of medians");
    let median = |values: &[f64]| spread::Spread::of(values.to_vec()).map(|spread| spread.at(50));
    let difference = |a: &[f64], b: &[f64]| Some(median(a)? - median(b)?);
    let share = |ours: &[f64], more: f64| Some((median(ours)? + more) / median(&seen.shell_cpu)?);
    let found = Found {
        init: difference(&seen.init, &seen.minimal),
        warm: share(&seen.warm_cpu, steps.table_again),
        cold: share(&seen.cold_cpu, 0.0),
    };
    if found.keeps(Room::NONE) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
