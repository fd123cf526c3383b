//! How long the memory of a series is: the block length for a bootstrap that keeps it.

/// How far a series remembers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Memory {
    /// See [`block_length`].
    pub length: f64,
    /// Neighbours are more alike than chance makes them, so that a mean is less sure than its values are many.
    pub certain: bool,
}

impl Memory {
    /// What is not remembered, or cannot be told.
    const NONE: Self = Self { length: 1.0, certain: false };

    /// How many values a mean needs before an interval of it holds: twenty of these lengths. `None` where `count` values
    /// are enough, or do not show that they depend on each other.
    #[must_use]
    pub fn values_missing(self, count: usize) -> Option<usize> {
        let needed = (LENGTHS_MIN * self.length).ceil() as usize;
        (self.certain && needed > count).then(|| needed - count)
    }
}

/// With fewer lengths of its memory in a series, intervals of its mean are too narrow, whatever the method.
const LENGTHS_MIN: f64 = 20.0;

/// A series that varies by less, as a share of its mean, is constant.
const ROUNDING: f64 = 1e-9;

/// The mean block length of the stationary bootstrap by Politis and White (Econometric Reviews 23, 2004; corrected by
/// Patton, Politis and White 2009): `(2G²/D)^{1/3} n^{1/3}`, flat-top window. At least 1; 1 below eight values.
#[must_use]
pub fn block_length(series: &[f64]) -> f64 {
    memory(series).length
}

/// The same, and whether it is more than chance.
#[must_use]
pub fn memory(series: &[f64]) -> Memory {
    let n = series.len();
    if n < 8 {
        return Memory::NONE;
    }
    let size = n as f64;
    let mean = series.iter().sum::<f64>() / size;
    let longest = ((size.sqrt().ceil() as usize) + 5.max(size.log10().sqrt() as usize)).min(n - 1);
    let covariance =
        |lag: usize| series.windows(lag + 1).map(|run| (run[0] - mean) * (run[lag] - mean)).sum::<f64>() / size;
    let alike: Vec<f64> = (0..=longest).map(covariance).collect();
    // What a difference of equal values leaves is rounding, and remembers nothing.
    let rounding = (ROUNDING * mean).powi(2).max(0.0);
    if alike[0].is_nan() || alike[0] <= rounding {
        return Memory::NONE;
    }
    // The lag after which five correlations in a row stay within chance.
    let chance = 2.0 * (size.log10() / size).sqrt();
    let quiet = |lag: usize| (lag..(lag + 5).min(longest + 1)).all(|k| (alike[k] / alike[0]).abs() < chance);
    let last = (1..=longest).find(|lag| quiet(*lag)).map_or(longest, |lag| lag - 1);
    let bandwidth = (2 * last.max(1)).min(longest);
    let taper = |k: usize| (2.0 * (1.0 - k as f64 / bandwidth as f64)).clamp(0.0, 1.0);
    let both =
        |weigh: &dyn Fn(usize) -> f64| 2.0 * (1..=bandwidth).map(|k| taper(k) * weigh(k) * alike[k]).sum::<f64>();
    let (g, spectrum) = (both(&|k| k as f64), alike[0] + both(&|_| 1.0));
    let d = 2.0 * spectrum * spectrum;
    if d <= 0.0 {
        return Memory::NONE;
    }
    let length = ((2.0 * g * g / d).cbrt() * size.cbrt()).clamp(1.0, (3.0 * size.sqrt()).min(size / 3.0).ceil());
    Memory { length, certain: alike[1] / alike[0] > chance }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::keyed::{join, uniform};

    #[test]
    fn memory_makes_longer_blocks() {
        let noise = |k: u64| (0..12).map(|i| uniform(join(k, i))).sum::<f64>() - 6.0;
        let free: Vec<f64> = (0..400).map(noise).collect();
        let mut at = 0.0;
        let bound: Vec<f64> = free
            .iter()
            .map(|e| {
                at = 0.9 * at + e;
                at
            })
            .collect();
        assert!(block_length(&free) < 6.0, "{}", block_length(&free));
        assert!(block_length(&bound) > 15.0, "{}", block_length(&bound));
    }

    #[test]
    fn a_long_memory_needs_twenty_of_its_lengths() {
        let certain = |length| Memory { length, certain: true };
        assert_eq!(certain(4.0).values_missing(80), None);
        assert_eq!(certain(4.1).values_missing(80), Some(2));
        assert_eq!(Memory { length: 9.0, certain: false }.values_missing(20), None);
        let drifting: Vec<f64> = (0..120).map(|k| f64::from(k / 30)).collect();
        assert!(memory(&drifting).values_missing(120).is_some_and(|more| more > 100));
        let turns: Vec<f64> = (0..120).map(|k| f64::from(k % 2)).collect();
        assert_eq!(memory(&turns).values_missing(120), None, "what alternates makes a mean surer");
    }

    #[test]
    fn short_and_still_series_have_blocks_of_one() {
        assert_eq!(block_length(&[1.0, 2.0]), 1.0);
        assert_eq!(block_length(&[3.0; 100]), 1.0);
    }
}
