//! How long the memory of a series is: the block length for a bootstrap that keeps it.

/// The mean block length of the stationary bootstrap by Politis and White (Econometric Reviews 23, 2004; corrected by
/// Patton, Politis and White 2009): `(2G²/D)^{1/3} n^{1/3}`, flat-top window. At least 1; 1 below eight values.
#[must_use]
pub fn block_length(series: &[f64]) -> f64 {
    let n = series.len();
    if n < 8 {
        return 1.0;
    }
    let size = n as f64;
    let mean = series.iter().sum::<f64>() / size;
    let longest = ((size.sqrt().ceil() as usize) + 5.max(size.log10().sqrt() as usize)).min(n - 1);
    let covariance =
        |lag: usize| series.windows(lag + 1).map(|run| (run[0] - mean) * (run[lag] - mean)).sum::<f64>() / size;
    let memory: Vec<f64> = (0..=longest).map(covariance).collect();
    if memory[0].is_nan() || memory[0] <= 0.0 {
        return 1.0;
    }
    // The lag after which five correlations in a row stay within chance.
    let chance = 2.0 * (size.log10() / size).sqrt();
    let quiet = |lag: usize| (lag..(lag + 5).min(longest + 1)).all(|k| (memory[k] / memory[0]).abs() < chance);
    let last = (1..=longest).find(|lag| quiet(*lag)).map_or(longest, |lag| lag - 1);
    let bandwidth = (2 * last.max(1)).min(longest);
    let taper = |k: usize| (2.0 * (1.0 - k as f64 / bandwidth as f64)).clamp(0.0, 1.0);
    let both =
        |weigh: &dyn Fn(usize) -> f64| 2.0 * (1..=bandwidth).map(|k| taper(k) * weigh(k) * memory[k]).sum::<f64>();
    let (g, spectrum) = (both(&|k| k as f64), memory[0] + both(&|_| 1.0));
    let d = 2.0 * spectrum * spectrum;
    if d <= 0.0 {
        return 1.0;
    }
    let length = (2.0 * g * g / d).cbrt() * size.cbrt();
    length.clamp(1.0, (3.0 * size.sqrt()).min(size / 3.0).ceil())
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
    fn short_and_still_series_have_blocks_of_one() {
        assert_eq!(block_length(&[1.0, 2.0]), 1.0);
        assert_eq!(block_length(&[3.0; 100]), 1.0);
    }
}
