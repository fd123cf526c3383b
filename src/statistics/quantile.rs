//! The nine sample quantiles of Hyndman and Fan (The American Statistician 50, 1996), numbered as there and in R.
//!
//! Tools differ in which one they print: a gap of one rank between two of them is a matter of definition.

use super::level::Level;
use super::observations::Observations;

/// Which of the nine definitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Definition {
    /// 1: the order statistic ⌈τn⌉, the inverse of the empirical distribution.
    Inverse,
    /// 2: as 1, with the mean of both where τn is whole.
    InverseAveraged,
    /// 3: the order statistic nearest to τn, the even one of two (SAS).
    NearestEven,
    /// 4: linear through k/n.
    LinearInverse,
    /// 5: linear through (k − ½)/n (Hazen).
    Hazen,
    /// 6: linear through k/(n + 1) (Weibull; Minitab, SPSS).
    Weibull,
    /// 7: linear through (k − 1)/(n − 1) (S, R's and NumPy's default, Excel).
    Linear,
    /// 8: linear through (k − ⅓)/(n + ⅓), unbiased in the median.
    MedianUnbiased,
    /// 9: linear through (k − ⅜)/(n + ¼), unbiased where values are normal.
    NormalUnbiased,
}

impl Definition {
    /// All nine, in order.
    pub const ALL: [Self; 9] = [
        Self::Inverse,
        Self::InverseAveraged,
        Self::NearestEven,
        Self::LinearInverse,
        Self::Hazen,
        Self::Weibull,
        Self::Linear,
        Self::MedianUnbiased,
        Self::NormalUnbiased,
    ];

    /// The shift m of the position τn + m.
    fn shift(self, tau: f64) -> f64 {
        match self {
            Self::Inverse | Self::InverseAveraged | Self::LinearInverse => 0.0,
            Self::NearestEven => -0.5,
            Self::Hazen => 0.5,
            Self::Weibull => tau,
            Self::Linear => 1.0 - tau,
            Self::MedianUnbiased => (tau + 1.0) / 3.0,
            Self::NormalUnbiased => tau / 4.0 + 3.0 / 8.0,
        }
    }

    /// The weight of the upper of two neighbours, from the fraction of the position and the lower one's rank.
    fn weight(self, fraction: f64, rank: f64) -> f64 {
        let past = f64::from(fraction > 0.0);
        match self {
            Self::Inverse => past,
            Self::InverseAveraged => f64::midpoint(past, 1.0),
            Self::NearestEven => f64::from(fraction > 0.0 || rank % 2.0 != 0.0),
            _ => fraction,
        }
    }
}

/// The quantile of `level` by one definition.
#[must_use]
pub fn quantile(values: &Observations, level: Level, definition: Definition) -> f64 {
    let (n, tau) = (values.count() as f64, level.share());
    let position = n * tau + definition.shift(tau);
    // A position that misses a whole number by rounding alone counts as that number, as in R.
    let fuzz = 4.0 * f64::EPSILON * position.abs().max(1.0);
    let rank = (position + fuzz).floor();
    let fraction = if position - rank <= fuzz { 0.0 } else { position - rank };
    let at = |rank: f64| values.ranked(rank.clamp(1.0, n) as usize);
    let (below, above) = (at(rank), at(rank + 1.0));
    below + definition.weight(fraction, rank) * (above - below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_definition_ends_at_the_extremes_and_agrees_on_one_value() {
        let (ends, one) = (Observations::new(vec![1.0, 4.0, 9.0]).unwrap(), Observations::new(vec![5.0]).unwrap());
        for definition in Definition::ALL {
            let [lowest, highest] = [0.0, 1.0].map(|t| quantile(&ends, Level::new(t).unwrap(), definition));
            assert_eq!((lowest, highest), (1.0, 9.0), "{definition:?}");
            assert_eq!(quantile(&one, Level::P90, definition), 5.0, "{definition:?}");
        }
    }

    #[test]
    fn the_first_definition_is_the_order_statistic() {
        let values = Observations::new((1..=997).map(f64::from).collect()).unwrap();
        for level in Level::REPORTED {
            assert_eq!(quantile(&values, level, Definition::Inverse), values.ranked(level.rank(997)));
        }
    }
}
