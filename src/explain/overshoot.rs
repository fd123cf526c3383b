//! What the floor adds to the uncertainty of the rows that stand on it.
//!
//! The shortest of few round trips lies above what the path allows, and every repetition of the experiment from the same
//! samples has the same shortest one: a bootstrap does not see it. What is too much in `distance` is missing in
//! `queueing`, by an amount that the spread of the shortest round trips tells.

use crate::statistics::interval::Interval;

use super::cause::Cause;
use super::interval::Intervals;
use super::ledger::{Row, Seen};
use super::sides::Sides;
use super::verdict::Hypothesis;

/// How many times the expected overshoot is allowed for: the real one is as often above as below it.
const ALLOWED: f64 = 2.0;

/// Widens the intervals of `distance`, `queueing` and the suspicion that stands on distance.
pub(super) fn widen(sides: &Sides, intervals: &mut Intervals) {
    if !sides.both().has(Seen::ROUND_TRIPS) {
        return;
    }
    let [a, b] = [0, 1].map(|g| ALLOWED * mean(&sides.rows[g], &sides.overlap.factor[g]));
    let wider = |ends: &mut Interval, down: f64, up: f64| {
        (ends.lower, ends.upper) = (ends.lower.map(|end| end - down), ends.upper.map(|end| end + up));
    };
    wider(&mut intervals.rows[Cause::Distance as usize], b, a);
    wider(&mut intervals.rows[Cause::Queueing as usize], a, b);
    wider(&mut intervals.hiding, a, b);
    if let Some(at) = Hypothesis::ALL.iter().position(|one| *one == Hypothesis::Distance) {
        wider(&mut intervals.verdicts[at], b, a);
    }
}

/// All round trips of a request, each too long by as much.
fn mean(rows: &[Row], factors: &[f64]) -> f64 {
    let (mut sum, mut weights) = (0.0, 0.0);
    for (row, factor) in rows.iter().zip(factors) {
        let weight = row.weight * factor;
        sum += weight * (row.setup_trips + row.base_trips) * row.overshoot;
        weights += weight;
    }
    if weights > 0.0 { sum / weights } else { 0.0 }
}
