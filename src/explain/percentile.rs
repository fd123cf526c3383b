//! The gap of a percentile, divided among its causes.
//!
//! What if one mechanism behaved at B as it does at A? Its values are replaced through their ranks, so that the slowest
//! stays the slowest and what occurs together still does; the value of Shapley over all such replacements, in both
//! directions, is each mechanism's share. Equal distributions get nothing. What no single replacement explains is that
//! the mechanisms occur together more on one side: the row `dependence`.

use crate::statistics::level::Level;

use super::board::Board;
use super::cause::{Cause, Shares};
use super::interval::{Intervals, NoInterval, enough, finish};
use super::overshoot;
use super::replicate::Design;
use super::sides::Sides;
use super::spread::{Tally, combined, followed};
use super::swap::{Direction, Memory, Weighted, order};

/// Replicates a scheme: enough for a standard error.
pub const REPLICATES: usize = 60;

/// Rows a side beyond which intervals (not estimates) come from a part of them, chosen by the seed.
pub const ROWS_MAX: usize = 10_000;

/// Small causes are divided together: what each row of a percentile's account holds.
pub const MERGED: [(Cause, &[Cause]); 10] = [
    (Cause::Definition, &[Cause::Definition]),
    (Cause::Dns, &[Cause::Dns, Cause::Fallback]),
    (Cause::Redirect, &[Cause::Redirect]),
    (Cause::Distance, &[Cause::Distance, Cause::Reuse, Cause::TlsVersion]),
    (Cause::Queueing, &[Cause::Queueing, Cause::Loss]),
    (Cause::Cpu, &[Cause::Cpu]),
    (Cause::Scheduling, &[Cause::Scheduling]),
    (Cause::Cdn, &[Cause::Cdn]),
    (Cause::Server, &[Cause::Server]),
    (Cause::Residual, &[Cause::Transfer, Cause::Residual]),
];

/// The gap of one percentile and its division; milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PercentileGap {
    /// Which percentile.
    pub level: Level,
    /// Of A and of B, over all their response times: the value where the cumulative weight reaches the level, the mean
    /// of both where it does so exactly.
    pub values: [f64; 2],
    /// B less A; the shares add up to it.
    pub gap: f64,
    /// See [`MERGED`], [`Cause::Timing`] and [`Cause::Dependence`].
    pub shares: Shares,
    /// What rounding had left over before the residual took it, milliseconds.
    pub rounding: f64,
}

/// Divides the gap of each percentile; all coalitions are tried.
#[must_use]
pub fn explain(sides: &Sides, levels: &[Level], seed: u64) -> Vec<PercentileGap> {
    let boards = [0, 1].map(|g| Board::compared(sides, g, seed));
    let weights = [0, 1].map(|g| vec![1.0; sides.rows[g].len()]);
    divide(&boards, &weights, levels, None, &mut Default::default())
}

/// Intervals for each percentile's account, in the order of `levels`.
///
/// # Errors
/// Too few samples, slots or sandboxes: which, and how many more are needed. A percentile that has too few values
/// behind it has no interval of its own.
pub fn intervals(
    sides: &Sides,
    points: &[PercentileGap],
    seed: u64,
    replicates: usize,
) -> Vec<Result<Intervals, NoInterval>> {
    let whole = Design::of(sides, seed);
    if let Err(why) = enough(sides, &whole) {
        return points.iter().map(|_| Err(why)).collect();
    }
    let part = sides.sampled(ROWS_MAX, seed);
    let (sides, design) = (&part, Design::of(&part, seed));
    let boards = [0, 1].map(|g| Board::compared(sides, g, seed));
    let order = order(boards[0].active(&boards[1]).len(), seed);
    let mut memory = Default::default();
    let levels: Vec<Level> = points.iter().map(|point| point.level).collect();
    let spread = combined(&design, sides, levels.len(), |scheme| {
        let rows = [0, 1].map(|g| design.rows(scheme, g));
        let mut tallies = vec![Tally::default(); levels.len()];
        for replicate in 0..replicates as u64 {
            let weights = [0, 1].map(|g| design.weights(scheme, replicate, g, &rows[g]));
            let found = divide(&boards, &weights, &levels, Some(&order), &mut memory);
            for (tally, found) in tallies.iter_mut().zip(found) {
                tally.add(followed(found.gap, &found.shares));
            }
        }
        tallies.iter().map(Tally::variances).collect()
    });
    let least = sides.rows.iter().map(Vec::len).min().unwrap_or(0);
    let finished = points.iter().zip(&spread).map(|(point, spread)| {
        let needed = point.level.values_needed();
        if least < needed {
            return Err(NoInterval::Level { more: needed - least });
        }
        let mut intervals = finish(&design, spread, point.gap, &point.shares);
        overshoot::widen(sides, &mut intervals);
        Ok(intervals)
    });
    finished.collect()
}

/// One division under one set of weights. `order` absent: every coalition; present: those on the way along its turns and
/// their mirrors, which is enough to see how shares move.
fn divide(
    boards: &[Board; 2],
    weights: &[Vec<f64>; 2],
    levels: &[Level],
    order: Option<&[usize]>,
    memory: &mut [Memory; 2],
) -> Vec<PercentileGap> {
    let whole = [0, 1].map(|g| boards[g].all(&weights[g], levels));
    let timed = [0, 1].map(|g| boards[g].matched_all(&weights[g], levels));
    let active = boards[0].active(&boards[1]);
    let sides = [0, 1].map(|g| Weighted::of(&boards[g], boards[g].matched(&weights[g]), &active));
    let [first, second] = memory;
    // From B's samples towards A's marginals, and the other way round: neither side is the measure.
    let directions = [(1, 0, first), (0, 1, second)]
        .map(|(from, to, memory)| Direction::of(&sides[from], &sides[to], &active).shares(levels, order, memory));
    let mut gaps = Vec::with_capacity(levels.len());
    for (at, level) in levels.iter().enumerate() {
        let values = [whole[0][at], whole[1][at]];
        let gap = values[1] - values[0];
        let between = directions[0].0[at] - directions[1].0[at];
        let mut shares = Shares::default();
        for (place, column) in active.iter().enumerate() {
            let share = f64::midpoint(-directions[0].1[at][place], directions[1].1[at][place]);
            shares.add(MERGED[*column].0, share);
        }
        let explained = shares.sum();
        // A column that is alone depends on no other: what ranks among unequal numbers of samples leave over is its own.
        let left_to = if let [column] = active[..] { MERGED[column].0 } else { Cause::Dependence };
        shares.add(left_to, between - explained);
        // Times that do not match, and rows without a full ledger: see `Board::all`.
        let timing = timed[1][at] - timed[0][at];
        shares.add(Cause::Timing, gap - timing);
        shares.add(Cause::Residual, timing - between);
        let (shares, rounding) = shares.closed_at(gap);
        debug_assert!(shares.leave_only(rounding, gap), "{rounding} ms went to no cause");
        gaps.push(PercentileGap { level: *level, values, gap, shares, rounding });
    }
    gaps
}
