//! What looks wrong with the data themselves.

use serde::Serialize;

use super::ledger::Seen;
use super::sides::Sides;

/// What looks wrong with the data themselves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Warning {
    /// A side that shows its total only is so far from the side that was measured in phases that its unit may have been
    /// said wrongly at import.
    Unit {
        /// 0 for A, 1 for B.
        side: usize,
        /// Its median, milliseconds.
        median_ms: f64,
        /// The median of the side that shows phases.
        measured_ms: f64,
    },
}

/// How far apart two medians of one page are before a unit is doubted: seconds for milliseconds would be a thousand.
const UNIT_RATIO: f64 = 100.0;

/// What looks wrong with two sources.
pub(super) fn warnings(sides: &Sides) -> Vec<Warning> {
    let median = |g: usize| {
        let mut totals: Vec<f64> = sides.rows[g].iter().map(|row| row.total).collect();
        totals.sort_unstable_by(f64::total_cmp);
        totals.get(totals.len() / 2).copied().unwrap_or(0.0)
    };
    let measured = sides.seen.map(|seen| seen.has(Seen::TIMELINE));
    let side = match measured {
        [true, false] => 1,
        [false, true] => 0,
        _ => return Vec::new(),
    };
    let (median_ms, measured_ms) = (median(side), median(1 - side));
    let far = median_ms > measured_ms * UNIT_RATIO || measured_ms > median_ms * UNIT_RATIO;
    if far { vec![Warning::Unit { side, median_ms, measured_ms }] } else { Vec::new() }
}
