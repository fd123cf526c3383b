//! How much of the time until the deadline is for measuring.

use std::time::Duration;

use crate::measurement::outcome::{Cause, Outcome};
use crate::measurement::units::UnixMillis;
use crate::probe::target::Timeouts;

/// Sending may take as long as this: to the queue, and where that does not take it, to the spool.
const SENDING: Duration = Duration::from_secs(9);
/// With less time than this, no exchange is begun, unless its own limit is shorter.
const SHORTEST: Duration = Duration::from_secs(1);

/// The time of one invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// What is measured has ended by then.
    pub measure_until: UnixMillis,
    /// The sandbox is killed then.
    pub deadline: UnixMillis,
}

/// The time that one exchange may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Its limits.
    pub timeouts: Timeouts,
    /// They are shorter than the target's own.
    pub is_cut: bool,
}

impl Budget {
    /// Splits what is left: the last nine seconds are for sending, or half where there is less than twice as much.
    #[must_use]
    pub fn new(now: UnixMillis, deadline: UnixMillis) -> Self {
        let left = deadline.since(now);
        Self { measure_until: now.plus(left - SENDING.min(left / 2)), deadline }
    }

    /// How long an exchange may take that would begin now; nothing where it should not begin.
    #[must_use]
    pub fn allow(self, wanted: Timeouts, now: UnixMillis) -> Option<Allowance> {
        let left = self.measure_until.since(now);
        if left >= wanted.total {
            return Some(Allowance { timeouts: wanted, is_cut: false });
        }
        (left >= SHORTEST).then(|| Allowance { timeouts: cut(wanted, left), is_cut: true })
    }
}

fn cut(wanted: Timeouts, left: Duration) -> Timeouts {
    Timeouts {
        total: left,
        resolve: wanted.resolve.min(left),
        connect: wanted.connect.min(left),
        tls: wanted.tls.min(left),
        wait: wanted.wait.min(left),
        receive: wanted.receive.min(left),
    }
}

impl Allowance {
    /// Whether an exchange that ended so was stopped by us, not by the page: nothing was observed then.
    #[must_use]
    pub fn stopped(self, outcome: &Outcome) -> bool {
        self.is_cut && matches!(outcome, Outcome::Failed(failure) if failure.cause == Cause::Timeout)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::measurement::outcome::{Answer, Failure};
    use crate::measurement::phase::Phase;

    fn seconds(seconds: u64) -> Timeouts {
        Timeouts::total(Duration::from_secs(seconds))
    }

    #[test]
    fn time_is_kept_for_sending() {
        assert_eq!(Budget::new(UnixMillis(0), UnixMillis(60_000)).measure_until, UnixMillis(51_000));
        assert_eq!(Budget::new(UnixMillis(0), UnixMillis(10_000)).measure_until, UnixMillis(5_000));
        let late = Budget::new(UnixMillis(10_000), UnixMillis(9_000));
        assert_eq!(late.allow(seconds(1), UnixMillis(10_000)), None);
    }

    #[test]
    fn an_exchange_is_cut_to_what_is_left_or_not_begun() {
        let budget = Budget::new(UnixMillis(0), UnixMillis(60_000));
        assert_eq!(
            budget.allow(seconds(10), UnixMillis(41_000)),
            Some(Allowance { timeouts: seconds(10), is_cut: false })
        );
        let limits = Timeouts { connect: Duration::from_secs(3), ..seconds(10) };
        let allowed = budget.allow(limits, UnixMillis(46_000)).unwrap();
        assert!(allowed.is_cut);
        assert_eq!(allowed.timeouts, Timeouts { connect: Duration::from_secs(3), ..seconds(5) });
        assert_eq!(budget.allow(limits, UnixMillis(50_001)), None);
        let short = Timeouts::total(Duration::from_millis(300));
        assert!(budget.allow(short, UnixMillis(50_500)).is_some_and(|allowed| !allowed.is_cut));
    }

    #[test]
    fn only_our_own_stop_is_no_observation() {
        let timeout = |cause| Outcome::Failed(Failure { phase: Phase::Wait, cause, detail: String::new() });
        let allowance = |is_cut| Allowance { timeouts: seconds(1), is_cut };
        assert!(allowance(true).stopped(&timeout(Cause::Timeout)));
        assert!(!allowance(false).stopped(&timeout(Cause::Timeout)), "the target's own limit");
        assert!(!allowance(true).stopped(&timeout(Cause::ConnectionReset)));
        assert!(!allowance(true).stopped(&Outcome::Answered(Answer::default())));
    }

    proptest! {
        #[test]
        fn whatever_begins_ends_before_the_time_for_sending(
            left in 0_i64..900_000, wanted in 1_u64..60, begins in 0_i64..900_000
        ) {
            let budget = Budget::new(UnixMillis(0), UnixMillis(left));
            prop_assert!(budget.measure_until <= budget.deadline.max(UnixMillis(0)));
            if let Some(allowed) = budget.allow(seconds(wanted), UnixMillis(begins)) {
                prop_assert!(UnixMillis(begins).plus(allowed.timeouts.total) <= budget.measure_until);
                prop_assert!(allowed.timeouts.total <= Duration::from_secs(wanted));
            }
        }
    }
}
