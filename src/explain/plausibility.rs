//! What looks wrong with the data themselves.

use serde::Serialize;

use super::bounds::contradiction;
use super::ledger::{Row, Seen};
use super::question::Question;
use super::sides::Sides;

/// What looks wrong with the data themselves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Warning {
    /// A side that shows its total only is so far from what was measured in phases of the same page that its unit may
    /// have been said wrongly at import.
    Unit {
        /// 0 for A, 1 for B.
        side: usize,
        /// Its median, milliseconds.
        median_ms: f64,
        /// The median of the other side, or of our own samples.
        measured_ms: f64,
        /// Measured by neither side: our own samples of the same page.
        ours: bool,
    },
    /// Both sides show their totals only, nothing of ours measured the page, and they are so far apart that one of the two
    /// units may have been said wrongly.
    Units {
        /// Of A and of B, milliseconds.
        medians_ms: [f64; 2],
    },
    /// `Server-Timing` of a side is not believed, on any answer.
    ServerTiming {
        /// 0 for A, 1 for B.
        side: usize,
        /// Answers on which it says more than the wait allows.
        boasted: usize,
        /// Answers that have it.
        said: usize,
    },
    /// What is known of a side that shows its total only is more than that total.
    Known {
        /// 0 for A, 1 for B.
        side: usize,
        /// Its mean, milliseconds.
        mean_ms: f64,
        /// What its known parts come to at least.
        known_ms: f64,
    },
}

/// How far apart two medians of one page are before a unit is doubted: seconds for milliseconds would be a thousand.
const UNIT_RATIO: f64 = 100.0;

/// What looks wrong with two sources.
pub(super) fn warnings(sides: &Sides, question: &Question) -> Vec<Warning> {
    let shown = sides.seen.map(|seen| seen.has(Seen::TIMELINE));
    let medians = [0, 1].map(|g| of_totals(&sides.rows[g]));
    let unit = |side: usize| {
        let (measured_ms, ours) = if shown[1 - side] { (medians[1 - side], false) } else { (question.ours_ms?, true) };
        let median_ms = medians[side];
        (apart(median_ms, measured_ms) && !shown[side]).then_some(Warning::Unit { side, median_ms, measured_ms, ours })
    };
    let unmeasured = shown == [false, false] && question.ours_ms.is_none();
    let units = (unmeasured && apart(medians[0], medians[1])).then_some(Warning::Units { medians_ms: medians });
    let beyond = contradiction(sides, &question.known).map(|(side, mean_ms, known_ms)| Warning::Known {
        side,
        mean_ms,
        known_ms,
    });
    let unbelieved = [0, 1].map(|side| unbelieved(sides, side));
    [unit(0), unit(1), units, beyond].into_iter().chain(unbelieved).flatten().collect()
}

/// A monitor's totals at A, beside those of a probe of ours that bridges to it.
pub(super) fn beside(totals: &[Row], bridge: &[Row]) -> Option<Warning> {
    let (median_ms, measured_ms) = (of_totals(totals), of_totals(bridge));
    apart(median_ms, measured_ms).then_some(Warning::Unit { side: 0, median_ms, measured_ms, ours: true })
}

fn of_totals(rows: &[Row]) -> f64 {
    median(rows.iter().map(|row| row.total).collect())
}

fn apart(one: f64, other: f64) -> bool {
    one > other * UNIT_RATIO || other > one * UNIT_RATIO
}

/// `Server-Timing` was there, and says too often more than the wait allows.
fn unbelieved(sides: &Sides, side: usize) -> Option<Warning> {
    let rows = &sides.rows[side];
    let boasted = rows.iter().filter(|row| row.boasted).count();
    let said = boasted + rows.iter().filter(|row| row.server_said.is_some()).count();
    let too_often = boasted > 0 && !sides.seen[side].has(Seen::SERVER);
    too_often.then_some(Warning::ServerTiming { side, boasted, said })
}

/// The upper one of two in the middle; 0 of nothing.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
