//! One row of an account against its truth.

use serde::Serialize;

use crate::explain::account::Account;
use crate::explain::cause::Cause;
use crate::explain::claim::Claim;

/// Below this a cause counts as absent: an interval never says more than 0.1 ms.
const NOTHING_MS: f64 = 0.1;
/// A cause of so many milliseconds, and of this share of the gap, may not be missed.
pub(super) const MISSED: (f64, f64) = (5.0, 0.05);

/// One row against its truth; milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RowScore {
    /// The row.
    pub cause: Cause,
    /// The rows whose sum this is: what the account, or the scenario, cannot tell apart.
    pub holds: Vec<Cause>,
    /// The truth is known: what another program does by itself is not.
    pub known: bool,
    /// What was injected.
    pub injected_ms: f64,
    /// That; and in the rest what of the gap nobody injected, so that truth adds up to the gap as the account does.
    pub truth_ms: f64,
    /// What the account says.
    pub found_ms: f64,
    /// Its 95 % interval.
    pub interval_ms: Option<[f64; 2]>,
    /// The truth lies within; absent without an interval of its own.
    pub covered: Option<bool>,
    /// The row is claimed.
    pub claimed: bool,
    /// There is nothing, and it is claimed; absent where there is something.
    pub falsely: Option<bool>,
    /// There is much, and it is not claimed; absent where there is not.
    pub missed: Option<bool>,
}

impl RowScore {
    /// The row of this cause, which holds those, beside what was injected and the truth.
    pub(super) fn of(
        account: &Account,
        cause: Cause,
        holds: Vec<Cause>,
        known: bool,
        [injected_ms, truth_ms]: [f64; 2],
    ) -> Self {
        let found_ms: f64 = account.rows.iter().filter(|row| holds.contains(&row.cause)).map(|row| row.ms).sum();
        let row = account.rows.iter().find(|row| row.cause == cause);
        let interval = row.and_then(|row| row.interval_ms).and_then(|ends| ends.lower.zip(ends.upper));
        // A sum of rows has no interval of its own, unless the others are empty; an empty row's is the point.
        let own = row.is_some_and(|row| (row.ms - found_ms).abs() < 1e-9);
        let interval_ms = interval.filter(|_| own).map(|(lower, upper)| [lower, upper]);
        let covered = match (row, interval_ms) {
            _ if !known => None,
            (_, Some([lower, upper])) => Some(lower <= truth_ms && truth_ms <= upper),
            (None, None) if account.no_interval.is_none() => Some(truth_ms.abs() <= NOTHING_MS),
            _ => None,
        };
        let claimed = row.is_some_and(|row| row.claim == Claim::Supported);
        Self {
            cause,
            covered,
            claimed,
            falsely: (known && injected_ms.abs() < NOTHING_MS).then_some(claimed),
            missed: (known && injected_ms.abs() >= MISSED.0.max(MISSED.1 * account.gap_ms.abs())).then_some(!claimed),
            holds,
            known,
            injected_ms,
            truth_ms,
            found_ms,
            interval_ms,
        }
    }

    /// How wide the interval is, and forty times what the truth lies outside it: a wide interval does not win
    /// (Gneiting and Raftery, JASA 102, 2007).
    #[must_use]
    pub fn interval_score_ms(&self) -> Option<f64> {
        let [lower, upper] = self.interval_ms.filter(|_| self.known)?;
        let outside = (lower - self.truth_ms).max(0.0) + (self.truth_ms - upper).max(0.0);
        Some(upper - lower + 2.0 / 0.05 * outside)
    }
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;

    #[test]
    fn an_interval_costs_its_width_and_forty_times_what_it_misses() {
        let of = |truth_ms| RowScore { truth_ms, ..example::row() }.interval_score_ms().unwrap();
        assert_eq!([of(0.0), of(1.5), of(2.5), of(-1.0)], [2.0, 2.0, 2.0 + 20.0, 2.0 + 40.0]);
        assert_eq!(RowScore { interval_ms: None, ..example::row() }.interval_score_ms(), None);
    }
}
