//! The programs' own work where one side shows it and the other is a process around its number.
//!
//! A thread's processor time within the timed interval is known; of a process that starts and ends outside of its own
//! number only a lower bound is: outside it cannot have used the processor for longer than that lasted. A bound is no
//! point value, so it moves no row; it says how much of the gap is work at least, whatever rows hold it.

use serde::Serialize;

use super::ledger::{Row, Seen};
use super::sides::Sides;

/// Processor time within the numbers of both sides; means, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OwnWork {
    /// Within A's number and within B's; at `bound_at` it is at least this much.
    pub within_ms: [f64; 2],
    /// The side whose program is a process: 0 for A, 1 for B.
    pub bound_at: usize,
    /// Of that whole process, its start and end among it.
    pub process_ms: f64,
    /// How much more than the other side it used within its number, at least; absent where the bound does not say.
    pub more_ms: Option<f64>,
    /// The gap that this is a part of: that of all response times. Absent where the gap is another one.
    pub of_gap_ms: Option<f64>,
}

impl OwnWork {
    /// Of two sides that show phases, one of them processor time within them and the other that of a process; `gap_ms`
    /// where the gap of the means is what is explained.
    #[must_use]
    pub fn of(sides: &Sides, gap_ms: Option<f64>) -> Option<Self> {
        let bound_at = match sides.seen.map(|seen| seen.has(Seen::CPU)) {
            [true, false] => 1,
            [false, true] => 0,
            _ => return None,
        };
        if !sides.both().has(Seen::TIMELINE) {
            return None;
        }
        let [process, thread] = [&sides.rows[bound_at], &sides.rows[1 - bound_at]];
        // What is taken away must be known of each sample; what is bounded from below may be nothing where it is not.
        let exact = mean(thread, |row| row.raw.work.filter(|_| row.seen.has(Seen::CPU)), None)?;
        // A thread's work lies within its number whole; of a process some lies outside.
        let is_process = |row: &Row| row.raw.work_least.zip(row.raw.work).is_some_and(|(least, work)| least < work);
        process.iter().find(|row| is_process(row))?;
        let least = mean(process, |row| row.raw.work_least, Some(0.0))?;
        let process_ms = mean(process, |row| row.raw.work, Some(0.0))?;
        let mut within_ms = [exact; 2];
        within_ms[bound_at] = least;
        let more_ms = Some(least - exact).filter(|more| *more > 0.0);
        Some(Self { within_ms, bound_at, process_ms, more_ms, of_gap_ms: gap_ms })
    }
}

/// The mean over all rows, `absent` where a row does not tell; none where that is not said either.
fn mean(rows: &[Row], figure: impl Fn(&Row) -> Option<f64>, absent: Option<f64>) -> Option<f64> {
    let (mut sum, mut weight) = (0.0, 0.0);
    for row in rows {
        sum += row.weight * figure(row).or(absent)?;
        weight += row.weight;
    }
    (weight > 0.0).then(|| sum / weight)
}
