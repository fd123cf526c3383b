//! Requests that are made to fail: none of them vanishes, and the row that they have where they count.
//!
//! Nobody waits for an answer that never comes, so what a failure takes is what the reader says. Here it is the limit of a request.

use serde::Serialize;

use super::RowScore;
use crate::explain::account::{Account, Case};
use crate::explain::cause::Cause;
use crate::explain::question::Question;
use crate::lab::scenario::Scenario;
use crate::lab::schedule::Turn;
use crate::measurement::units::Micros;
use crate::measurement::wire::Record;

/// The row of failures against its truth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FailureScore {
    /// What a failure counts as, milliseconds: `--failures-as`.
    pub counts_as_ms: f64,
    /// The row.
    pub row: RowScore,
}

/// What failures make of the gap, by the draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Failing {
    pub(super) counts_as_ms: f64,
    injected_ms: f64,
}

impl Failing {
    /// Absent where the sides do not differ in what they are not answered.
    pub(super) fn of(scenario: &Scenario, measured: &[(Turn, &Record)]) -> Option<Self> {
        let [a, b] = &scenario.sides;
        if (a.site.silent, a.site.dropped) == (b.site.silent, b.site.dropped) {
            return None;
        }
        let counts_as_ms = b.limit_ms();
        let of = |side: usize| {
            let own =
                || measured.iter().filter(move |(turn, record)| turn.side == side && !record.sample.clock_suspect);
            let share = own().filter(|(turn, _)| is_unanswered(turn)).count() as f64 / own().count().max(1) as f64;
            let times: Vec<f64> =
                own().filter_map(|(_, record)| record.sample.latency()).map(Micros::as_millis).collect();
            (share, times.iter().sum::<f64>() / times.len().max(1) as f64)
        };
        Some(Self { counts_as_ms, injected_ms: injected(counts_as_ms, of(0), of(1)) })
    }

    /// The same question once more, with failures in the mean.
    pub(super) fn score(self, case: &Case, question: &Question) -> FailureScore {
        let account = case.account(&Question { failures_as_ms: Some(self.counts_as_ms), ..*question });
        let truth = [self.injected_ms; 2];
        let row = RowScore::of(&account, Cause::Failure, vec![Cause::Failure], true, truth);
        FailureScore { counts_as_ms: self.counts_as_ms, row }
    }
}

/// Shares that are not answered, and means of the others: each side has (1 - share) * mean + share * counted. Of both orders in
/// which share and mean may change, the mean.
fn injected(counts_as_ms: f64, a: (f64, f64), b: (f64, f64)) -> f64 {
    let after = |mean: f64| (b.0 - a.0) * (counts_as_ms - mean);
    f64::midpoint(after(a.1), after(b.1))
}

pub(super) fn is_unanswered(turn: &Turn) -> bool {
    turn.silent || turn.dropped
}

/// Failures never vanish: each request is in one of the two counts, and what nobody answered is in that of failures.
pub(super) fn vanished(measured: &[(Turn, &Record)], account: &Account) -> u64 {
    let of = |side: usize| {
        let own = || measured.iter().filter(move |(turn, record)| turn.side == side && !record.sample.clock_suspect);
        let unanswered = own().filter(|(turn, _)| is_unanswered(turn)).count() as u64;
        let (all, failed) = (own().count() as u64, account.failures.failed[side]);
        all.abs_diff(account.samples[side] as u64 + failed) + unanswered.saturating_sub(failed)
    };
    of(0) + of(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_nobody_is_left_unanswered_there_is_no_row_of_failures() {
        for (name, counts) in [("null", None), ("timeouts", Some(1_000.0)), ("closed:large", Some(10_000.0))] {
            let scenario = Scenario::named(name).unwrap();
            assert_eq!(Failing::of(&scenario, &[]).map(|failing| failing.counts_as_ms), counts, "{name}");
        }
    }

    #[test]
    fn a_failure_takes_what_it_counts_as_instead_of_an_answer() {
        assert!((injected(1_000.0, (0.0, 40.0), (0.05, 40.0)) - 0.05 * 960.0).abs() < 1e-9);
        let (a, b) = ((0.1, 40.0), (0.02, 100.0));
        let whole = |(share, mean): (f64, f64)| (1.0 - share) * mean + share * 1_000.0;
        let answered = 0.94 * (b.1 - a.1);
        assert!((injected(1_000.0, a, b) + answered - (whole(b) - whole(a))).abs() < 1e-9);
    }
}
