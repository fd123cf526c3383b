//! What may be claimed of a cause.

use serde::Serialize;

use crate::statistics::interval::Interval;
use crate::statistics::student::{t_975, t_beyond};

/// A judgement that an interval allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// The interval excludes zero even at 99 %, and the estimate is large enough to matter.
    Supported,
    /// The interval lies within what does not matter.
    Refuted,
    /// Neither.
    Undecided,
}

/// The size from which a cause matters: 1 ms, or 1 % of the gap.
#[must_use]
pub fn materiality(gap_ms: f64) -> f64 {
    (gap_ms.abs() / 100.0).max(1.0)
}

/// How often a claim may be false.
const BY_LUCK_MAX: f64 = 0.01;

/// What a cause must clear.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    materiality_ms: f64,
    stretch: f64,
}

impl Bar {
    /// For an account of a gap, whose intervals have so many degrees of freedom.
    ///
    /// All rows of an account are judged at once, so what is shown for each at 95 % does not do for a claim: of eighteen
    /// causes that are not there, one would be found on most pages. A claim may be false once in a hundred, so a cause
    /// must hold at 99 %.
    #[must_use]
    pub fn of(gap_ms: f64, degrees: f64) -> Self {
        Self { materiality_ms: materiality(gap_ms), stretch: t_beyond(degrees, BY_LUCK_MAX / 2.0) / t_975(degrees) }
    }

    /// Judges one cause by its 95 % interval; without one nothing is decided.
    #[must_use]
    pub fn claim(&self, estimate_ms: f64, interval: Option<Interval>) -> Claim {
        self.claim_beside(estimate_ms, interval, None)
    }

    /// The same of rare events, `by_luck` being how likely so different counts are where the rates are one: an exact
    /// test needs no stretched interval, nor the degrees of freedom of clusters.
    #[must_use]
    pub fn claim_beside(&self, estimate_ms: f64, interval: Option<Interval>, by_luck: Option<f64>) -> Claim {
        let Some((lower, upper)) = interval.and_then(|ends| ends.lower.zip(ends.upper)) else {
            return Claim::Undecided;
        };
        let stretch = if by_luck.is_some() { 1.0 } else { self.stretch };
        let wide = |end: f64| estimate_ms + (end - estimate_ms) * stretch;
        let excludes_zero = wide(lower) > 0.0 || wide(upper) < 0.0;
        let no_luck = by_luck.is_none_or(|by_luck| by_luck <= BY_LUCK_MAX);
        if excludes_zero && no_luck && estimate_ms.abs() >= self.materiality_ms {
            Claim::Supported
        } else if lower > -self.materiality_ms && upper < self.materiality_ms {
            Claim::Refuted
        } else {
            Claim::Undecided
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_needs_an_interval_and_a_size() {
        let bar = Bar::of(0.0, 1e6);
        let is = |estimate: f64, lower: f64, upper: f64| bar.claim(estimate, Some(Interval::closed(lower, upper)));
        assert_eq!(is(5.0, 2.1, 7.9), Claim::Supported);
        assert_eq!(is(-5.0, -7.9, -2.1), Claim::Supported);
        assert_eq!(is(0.5, 0.4, 0.6), Claim::Refuted, "sure, and too small to matter");
        assert_eq!(is(0.0, -0.9, 0.9), Claim::Refuted);
        assert_eq!(is(3.0, -1.0, 7.0), Claim::Undecided);
        assert_eq!(bar.claim(100.0, None), Claim::Undecided);
        assert_eq!(bar.claim(100.0, Some(Interval::default())), Claim::Undecided);
    }

    #[test]
    fn what_holds_just_at_95_percent_is_not_claimed() {
        let just = Some(Interval::closed(1.0, 9.0));
        assert_eq!(Bar::of(0.0, 20.0).claim(5.0, just), Claim::Undecided);
        assert_eq!(Bar::of(0.0, 20.0).claim(5.0, Some(Interval::closed(2.5, 7.5))), Claim::Supported);
        assert_eq!(Bar::of(0.0, 2.0).claim(5.0, Some(Interval::closed(2.5, 7.5))), Claim::Undecided, "two sandboxes");
    }

    #[test]
    fn rare_events_are_judged_by_their_own_test() {
        let (bar, wide) = (Bar::of(0.0, 2.0), Some(Interval::closed(1.0, 40.0)));
        assert_eq!(bar.claim_beside(15.0, wide, Some(0.009)), Claim::Supported);
        assert_eq!(bar.claim_beside(15.0, wide, Some(0.011)), Claim::Undecided);
        assert_eq!(bar.claim_beside(15.0, Some(Interval::closed(-1.0, 40.0)), Some(0.001)), Claim::Undecided);
        assert_eq!(bar.claim_beside(0.0, Some(Interval::closed(-0.5, 0.5)), Some(1.0)), Claim::Refuted);
    }

    #[test]
    fn one_percent_of_the_gap_or_a_millisecond_matters() {
        assert_eq!([materiality(-300.0), materiality(5.0)], [3.0, 1.0]);
    }
}
