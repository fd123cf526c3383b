//! What may be claimed of a cause.

use serde::Serialize;

use crate::statistics::interval::Interval;

/// A judgement that an interval allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// The interval excludes zero, and the estimate is large enough to matter.
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

/// Judges one cause; without an interval nothing is decided.
#[must_use]
pub fn claim(estimate_ms: f64, interval: Option<Interval>, materiality_ms: f64) -> Claim {
    let Some((lower, upper)) = interval.and_then(|ends| ends.lower.zip(ends.upper)) else { return Claim::Undecided };
    if (lower > 0.0 || upper < 0.0) && estimate_ms.abs() >= materiality_ms {
        Claim::Supported
    } else if lower > -materiality_ms && upper < materiality_ms {
        Claim::Refuted
    } else {
        Claim::Undecided
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_needs_an_interval_and_a_size() {
        let is = |estimate: f64, lower: f64, upper: f64| claim(estimate, Some(Interval::closed(lower, upper)), 1.0);
        assert_eq!(is(5.0, 2.0, 8.0), Claim::Supported);
        assert_eq!(is(-5.0, -8.0, -2.0), Claim::Supported);
        assert_eq!(is(0.5, 0.4, 0.6), Claim::Refuted, "sure, and too small to matter");
        assert_eq!(is(0.0, -0.9, 0.9), Claim::Refuted);
        assert_eq!(is(3.0, -1.0, 7.0), Claim::Undecided);
        assert_eq!(claim(100.0, None, 1.0), Claim::Undecided);
        assert_eq!(claim(100.0, Some(Interval::default()), 1.0), Claim::Undecided);
    }

    #[test]
    fn one_percent_of_the_gap_or_a_millisecond_matters() {
        assert_eq!([materiality(-300.0), materiality(5.0)], [3.0, 1.0]);
    }
}
