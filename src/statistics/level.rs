//! The level of a quantile.

/// A number from 0 to 1: the share of values at or below the quantile.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Level(f64);

impl Level {
    /// The median.
    pub const P50: Self = Self(0.50);
    /// Nine of ten.
    pub const P90: Self = Self(0.90);
    /// Nineteen of twenty.
    pub const P95: Self = Self(0.95);
    /// Ninety-nine of a hundred.
    pub const P99: Self = Self(0.99);
    /// The four on every page.
    pub const REPORTED: [Self; 4] = [Self::P50, Self::P90, Self::P95, Self::P99];

    /// `None` outside 0 to 1.
    #[must_use]
    pub fn new(share: f64) -> Option<Self> {
        (0.0..=1.0).contains(&share).then_some(Self(share))
    }

    /// As a number from 0 to 1.
    #[must_use]
    pub fn share(self) -> f64 {
        self.0
    }

    /// Rank of the order statistic ⌈τn⌉, counted from 1, for `n` of at least 1.
    ///
    /// A product that misses a whole number by rounding alone counts as that number, as in R.
    #[must_use]
    pub fn rank(self, n: usize) -> usize {
        let exact = self.0 * n as f64;
        let fuzz = 4.0 * f64::EPSILON * exact.max(1.0);
        ((exact - fuzz).ceil().max(1.0) as usize).min(n.max(1))
    }

    /// The fewest independent values at which a percentile is worth reporting: ten on its thinner side, and four from
    /// p99 outwards, where the two-sided 95 % interval just exists (p99: from 368 values on).
    #[must_use]
    pub fn values_needed(self) -> usize {
        let thinner = self.0.min(1.0 - self.0);
        let beyond = if thinner > 0.02 { 10.0 } else { 4.0 };
        // 4 / (1 − 0.99) is 400.00000000000034 in binary.
        (beyond / thinner - 1e-6).ceil() as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rank_is_not_moved_by_rounding() {
        assert_eq!(Level::new(0.07).unwrap().rank(100), 7, "0.07 · 100 is 7.000000000000001 in binary");
        assert_eq!(Level::P95.rank(20), 19);
        assert_eq!(Level::P99.rank(1_000), 990);
        assert_eq!(Level::P99.rank(1_001), 991);
        assert_eq!(Level::P50.rank(1), 1);
        assert_eq!(Level::new(0.0).unwrap().rank(9), 1);
        assert_eq!(Level::new(1.0).unwrap().rank(9), 9);
    }

    #[test]
    fn the_fewest_values_are_those_of_the_method() {
        let needed: Vec<usize> = Level::REPORTED.into_iter().map(Level::values_needed).collect();
        assert_eq!(needed, [20, 100, 200, 400]);
    }

    #[test]
    fn no_level_lies_outside_zero_to_one() {
        for share in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert_eq!(Level::new(share), None);
        }
    }
}
