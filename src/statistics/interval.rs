//! Distribution-free intervals for quantiles, from order statistics.

use serde::Serialize;

use super::level::Level;
use super::observations::Observations;

/// The confidence of every interval in this program.
pub const CONFIDENCE: f64 = 0.95;

/// A two-sided 95 % interval; an end that the values cannot give is absent, not infinite and not the extreme value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Interval {
    /// Absent: no value is low enough to be sure.
    pub lower: Option<f64>,
    /// Absent: no value is high enough to be sure; the quantile is at least `lower`.
    pub upper: Option<f64>,
}

impl Interval {
    /// An interval with both ends.
    #[must_use]
    pub fn closed(lower: f64, upper: f64) -> Self {
        Self { lower: Some(lower), upper: Some(upper) }
    }

    /// The interval in another unit.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        Self { lower: self.lower.map(|end| end * factor), upper: self.upper.map(|end| end * factor) }
    }
}

/// Ranks, counted from 1, between whose values the quantile lies with a confidence of at least 95 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ranks {
    /// The largest l with `P(Bin(n, τ) < l) ≤ 2.5 %`.
    pub lower: Option<usize>,
    /// The smallest u with `P(Bin(n, τ) ≥ u) ≤ 2.5 %`.
    pub upper: Option<usize>,
}

/// The ranks for `n` independent values.
///
/// The binomial is summed term by term outwards from its mode by the ratio of neighbours: no special function takes
/// part, so there is none to lose digits at large n.
#[must_use]
pub fn ranks(n: usize, level: Level) -> Ranks {
    let tau = level.share();
    if n == 0 || tau <= 0.0 || tau >= 1.0 {
        return Ranks { lower: None, upper: None };
    }
    let (first, terms) = binomial(n, tau);
    let total: f64 = terms.iter().sum();
    let tail = total * (1.0 - CONFIDENCE) / 2.0 * (1.0 + 1e-12);
    // Each scan adds up a tail from its thin end: terms that fit into 2.5 % lie outside the interval.
    let below = fitting(terms.iter(), tail);
    let above = fitting(terms.iter().rev(), tail);
    let (lower, upper) = (first + below, first + terms.len() - above);
    Ranks { lower: (lower >= 1).then_some(lower), upper: (upper <= n).then_some(upper) }
}

fn fitting<'a>(terms: impl Iterator<Item = &'a f64>, room: f64) -> usize {
    let mut sum = 0.0;
    terms
        .take_while(|term| {
            sum += **term;
            sum <= room
        })
        .count()
}

/// The probabilities of `Bin(n, τ)` up to a common factor, from the first that matters, and that first count.
fn binomial(n: usize, tau: f64) -> (usize, Vec<f64>) {
    const NEGLIGIBLE: f64 = 1e-18;
    let odds = tau / (1.0 - tau);
    let mode = (((n + 1) as f64 * tau) as usize).min(n);
    let mut down = Vec::new();
    let mut term = 1.0;
    for k in (1..=mode).rev() {
        term *= k as f64 / ((n - k + 1) as f64 * odds);
        if term < NEGLIGIBLE {
            break;
        }
        down.push(term);
    }
    let first = mode - down.len();
    let mut terms: Vec<f64> = down.into_iter().rev().collect();
    term = 1.0;
    terms.push(term);
    for k in mode..n {
        term *= (n - k) as f64 * odds / (k + 1) as f64;
        if term < NEGLIGIBLE {
            break;
        }
        terms.push(term);
    }
    (first, terms)
}

/// The interval for a quantile.
#[must_use]
pub fn interval(values: &Observations, level: Level) -> Interval {
    let ranks = ranks(values.count(), level);
    Interval { lower: ranks.lower.map(|rank| values.ranked(rank)), upper: ranks.upper.map(|rank| values.ranked(rank)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_upper_end_of_p99_exists_from_368_values_on() {
        // ln 0.025 / ln 0.99 is 367.04: of 367 values the largest is still below p99 in 2.501 % of cases.
        assert_eq!(ranks(367, Level::P99).upper, None);
        assert_eq!(ranks(368, Level::P99).upper, Some(368));
    }

    #[test]
    fn too_few_values_give_no_end_at_all() {
        for n in 0..=5 {
            assert_eq!(ranks(n, Level::P50), Ranks { lower: None, upper: None }, "{n}");
        }
        assert_eq!(ranks(6, Level::P50), Ranks { lower: Some(1), upper: Some(6) });
    }

    #[test]
    fn mirrored_levels_have_mirrored_ranks() {
        for n in [7, 40, 367, 5_000] {
            let (low, high) = (ranks(n, Level::new(0.1).unwrap()), ranks(n, Level::P90));
            assert_eq!(low.lower.map(|rank| n + 1 - rank), high.upper, "{n}");
            assert_eq!(low.upper.map(|rank| n + 1 - rank), high.lower, "{n}");
        }
    }
}
