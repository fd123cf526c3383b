//! A share of events, such as failures among attempts.

use serde::Serialize;

/// The 97.5 % quantile of the normal distribution.
pub const NORMAL_975: f64 = 1.959_963_984_540_054;

/// A share with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Proportion {
    /// Events over attempts.
    pub share: f64,
    /// Wilson's score interval.
    pub lower: f64,
    /// Wilson's score interval.
    pub upper: f64,
}

impl Proportion {
    /// Wilson's score interval (JASA 22, 1927): it never leaves 0 to 1, and no event in ten attempts is not certainty.
    ///
    /// `None` for no attempt, or more events than attempts.
    #[must_use]
    pub fn of(events: u64, attempts: u64) -> Option<Self> {
        if attempts == 0 || events > attempts {
            return None;
        }
        let (n, share) = (attempts as f64, events as f64 / attempts as f64);
        let square = NORMAL_975 * NORMAL_975;
        let centre = (share + square / (2.0 * n)) / (1.0 + square / n);
        let half = NORMAL_975 / (1.0 + square / n) * (share * (1.0 - share) / n + square / (4.0 * n * n)).sqrt();
        Some(Self {
            share,
            lower: if events == 0 { 0.0 } else { (centre - half).max(0.0) },
            upper: if events == attempts { 1.0 } else { (centre + half).min(1.0) },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_nothing_is_none() {
        assert_eq!(Proportion::of(0, 0), None);
        assert_eq!(Proportion::of(3, 2), None);
    }

    #[test]
    fn an_interval_holds_its_share_and_stays_within_zero_and_one() {
        for attempts in [1, 2, 7, 1_440, 10_000_000_000] {
            for events in [0, 1, attempts / 2, attempts] {
                let p = Proportion::of(events, attempts).unwrap();
                assert!(0.0 <= p.lower && p.lower <= p.share && p.share <= p.upper && p.upper <= 1.0, "{p:?}");
            }
        }
    }
}
