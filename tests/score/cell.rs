//! One world, run many times over.

use std::collections::BTreeMap;

use parallax::explain::cause::Cause;
use parallax::explain::claim::{Bar, Claim, materiality};
use parallax::explain::interval::{Intervals, of_mean};
use parallax::explain::ledger::Row;
use parallax::explain::mean::{MeanGap, explain};
use parallax::explain::sides::Sides;

use super::super::simulator::{Seen, Side, sample, shocks, truth};
use super::tally::Tally;
use super::worlds::{Kind, World};

/// The rows of an account's ledger; a sample without a response time has none.
pub fn rows(seen: &[Seen]) -> Vec<Row> {
    seen.iter().filter_map(|one| Row::of(&one.sample, &one.environment, Some(one.reported_ms))).collect()
}

/// Both sides once, and what the moments of their samples made of the server's time.
pub fn once(a: &Side, b: &Side, slots: u32, daily: bool, seed: u64) -> ([Vec<Seen>; 2], f64) {
    let shocks = shocks(seed, slots);
    let a = sample(a, seed.wrapping_add(1), slots, &shocks, daily);
    let b = sample(b, seed.wrapping_add(2), slots, &shocks, daily);
    let moment = |side: &[Seen]| side.iter().map(|one| one.moment).sum::<f64>() / side.len() as f64;
    let moments = moment(&b) - moment(&a);
    ([a, b], moments)
}

/// Below this a cause counts as absent: an interval never says more than 0.1 ms.
const NOTHING_MS: f64 = 0.05;

/// From here on a cause may not be missed.
const LARGE_MS: f64 = 5.0;

pub fn run(world: &World, runs: u64, replicates: usize) -> Tally {
    let mut tally = Tally { runs, ..Tally::default() };
    for run in 0..runs {
        let seed = world.seed().wrapping_add(1_000 * run);
        let ([a, b], moments) = once(&world.a, &world.b, world.slots, world.daily, seed);
        let asked = (a.len() + b.len()) as f64;
        let befell = truth(&world.a.as_it_befell(&a), &world.b.as_it_befell(&b), moments);
        let truth = truth(&world.a, &world.b, moments);
        let sides = Sides::new(rows(&a), rows(&b)).unwrap();
        tally.failed.add(1.0 - sides.rows.iter().map(Vec::len).sum::<usize>() as f64 / asked);
        let point = explain(&sides);
        // Rounding goes to the residual: before that, no part may have been forgotten.
        let left = (point.shares.sum() - point.gap).abs().max(point.rounding.abs());
        tally.sum_error = tally.sum_error.max(left);
        let intervals = of_mean(&sides, &point, seed, replicates).ok();
        tally.without_interval += u64::from(intervals.is_none());
        count(&mut tally, world, &truth, &point, intervals.as_ref());
        rank(&mut tally, world, &truth, &befell, &point);
        if world.kind == Kind::Single && world.b.hidden > 0.0 {
            let open = World { b: Side { hidden: 0.0, ..world.b.clone() }, ..world.clone() };
            let ([a, b], _) = once(&open.a, &open.b, open.slots, open.daily, seed);
            let before = explain(&Sides::new(rows(&a), rows(&b)).unwrap());
            tally.honest.count(is_honest(world.b.hidden, &before, &point, intervals.as_ref()));
        }
    }
    tally
}

fn is_honest(hidden: f64, before: &MeanGap, after: &MeanGap, intervals: Option<&Intervals>) -> bool {
    let residual = intervals.map(|found| found.rows[Cause::Residual as usize]);
    let holds = residual.and_then(|ends| ends.lower.zip(ends.upper)).is_some_and(|(l, u)| l <= hidden && hidden <= u);
    let others = Cause::ALL.into_iter().filter(|cause| *cause != Cause::Residual);
    let moved = others.map(|cause| (after.shares.get(cause) - before.shares.get(cause)).abs()).fold(0.0, f64::max);
    holds && moved <= 0.5_f64.max(0.1 * hidden)
}

/// Adds one run.
fn count(
    tally: &mut Tally,
    world: &World,
    truth: &BTreeMap<&'static str, f64>,
    point: &MeanGap,
    intervals: Option<&Intervals>,
) {
    let gap: f64 = truth.values().sum();
    tally.gap.add(gap);
    let ranked = rows_of(world, truth, point);
    for &(cause, true_ms, found) in &ranked {
        let row = tally.rows.entry(cause).or_default();
        row.truth.add(true_ms);
        row.error.add((found - true_ms).abs());
        row.bias.add(found - true_ms);
        // A sum of rows has no interval of its own, unless the others are empty.
        let alone = !world.together.contains(&cause.as_str()) || found == point.shares.get(cause);
        let Some(all) = intervals.filter(|_| alone) else { continue };
        let interval = all.rows[cause as usize];
        let (lower, upper) = (interval.lower.unwrap(), interval.upper.unwrap());
        let covered = lower <= true_ms && true_ms <= upper;
        row.covered.count(covered);
        if found.abs() > 1e-9 || true_ms.abs() > 1e-9 {
            row.at_work.count(covered);
        }
        row.half.add((upper - lower) / 2.0);
        let outside = (lower - true_ms).max(0.0) + (true_ms - upper).max(0.0);
        row.interval_score.add((upper - lower) + 40.0 * outside);
        let claimed = all.claim(&Bar::of(point.gap, all.degrees), cause, found) == Claim::Supported;
        if true_ms.abs() < NOTHING_MS {
            row.falsely.count(claimed);
        } else if true_ms.abs() >= LARGE_MS.max(0.05 * gap.abs()) {
            row.missed.count(!claimed);
        }
    }
    let wrong = ranked.iter().map(|(_, true_ms, found)| (found - true_ms).abs()).sum::<f64>() / 2.0;
    tally.moved.push(wrong);
    if world.kind != Kind::Null || gap.abs() > 20.0 {
        tally.misattributed.push(wrong / gap.abs());
    }
}

/// True and found, row by row; rows that are one are one.
fn rows_of(world: &World, truth: &BTreeMap<&'static str, f64>, point: &MeanGap) -> Vec<(Cause, f64, f64)> {
    let known = |cause: Cause| truth.get(cause.as_str()).copied().unwrap_or(0.0);
    let merged = |cause: Cause| world.together.contains(&cause.as_str());
    let pooled = |of: &dyn Fn(Cause) -> f64| Cause::ALL.into_iter().filter(|cause| merged(*cause)).map(of).sum::<f64>();
    let row = |cause: Cause| match merged(cause) {
        false => Some((cause, known(cause), point.shares.get(cause))),
        true if cause == Cause::Residual => Some((cause, pooled(&known), pooled(&|cause| point.shares.get(cause)))),
        true => None,
    };
    let causes = Cause::ALL.into_iter().filter(|cause| !matches!(cause, Cause::Dependence | Cause::Failure));
    causes.filter_map(row).collect()
}

/// The order of the causes, once as they befell these very samples, and once as they are in the long run.
fn rank(
    tally: &mut Tally,
    world: &World,
    truth: &BTreeMap<&'static str, f64>,
    befell: &BTreeMap<&'static str, f64>,
    point: &MeanGap,
) {
    let gap: f64 = truth.values().sum();
    if world.kind == Kind::Null && gap.abs() <= 20.0 {
        return;
    }
    let size = |truth| {
        let rows = rows_of(world, truth, point).into_iter();
        rows.map(|(_, true_ms, found)| (true_ms, found)).collect::<Vec<_>>()
    };
    let (long, here) = (size(truth), size(befell));
    tally.top_in_the_long_run.count(is_among(&long, 1, materiality(gap)));
    tally.top_three.count(is_among(&long, 3, materiality(gap)));
    // Where nothing large befell, there is no largest cause.
    if here.iter().any(|(true_ms, _)| true_ms.abs() >= LARGE_MS) {
        tally.top.count(is_largest(&here, materiality(befell.values().sum())));
    }
}

/// One of the largest by the account is one of the largest in truth: neither ranks causes that differ immaterially.
fn is_largest(ranked: &[(f64, f64)], material: f64) -> bool {
    let largest = |of: fn(&(f64, f64)) -> f64| ranked.iter().map(|one| of(one).abs()).fold(0.0, f64::max) - material;
    let (true_ms, found) = (largest(|one| one.0), largest(|one| one.1));
    ranked.iter().any(|one| one.0.abs() >= true_ms && one.1.abs() >= found)
}

/// The `most` largest by the account are the largest in truth; those that differ immaterially may change places.
fn is_among(ranked: &[(f64, f64)], most: usize, material: f64) -> bool {
    let mut by_truth: Vec<f64> = ranked.iter().map(|(true_ms, _)| true_ms.abs()).collect();
    by_truth.sort_by(|x, y| y.total_cmp(x));
    let least = by_truth.get(most - 1).copied().unwrap_or(0.0) - material;
    let mut by_found = ranked.to_vec();
    by_found.sort_by(|x, y| y.1.abs().total_cmp(&x.1.abs()));
    by_found.iter().take(most).all(|(true_ms, _)| true_ms.abs() >= least)
}
