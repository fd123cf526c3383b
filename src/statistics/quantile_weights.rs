//! A quantile as a weighted mean of all values: which values it consists of.

use statrs::function::beta::checked_beta_reg;

use super::level::Level;

/// Above this effective number of values the weights are those of this number: narrow already, and the incomplete beta
/// function of statrs loses digits at larger shapes.
const VALUES_MAX: f64 = 10_000.0;

/// The weights of Harrell and Davis for weighted values in ascending order: `I_{c_i} − I_{c_{i−1}}` with the cumulative
/// shares c and the effective number of values `(Σw)² / Σw²` (Kish; Akinshin, arXiv 2304.07265). They add up to 1.
///
/// No value, or no weight, gives no weights.
#[must_use]
pub fn quantile_weights(weights: &[f64], level: Level) -> Vec<f64> {
    let sum: f64 = weights.iter().sum();
    let squares: f64 = weights.iter().map(|weight| weight * weight).sum();
    if sum.is_nan() || sum <= 0.0 || squares <= 0.0 {
        return Vec::new();
    }
    let size = (sum * sum / squares).min(VALUES_MAX);
    let tau = level.share().clamp(1e-9, 1.0 - 1e-9);
    let (a, b) = ((size + 1.0) * tau, (size + 1.0) * (1.0 - tau));
    let upto = |share: f64| match share {
        share if share <= 0.0 => 0.0,
        share if share >= 1.0 => 1.0,
        share => checked_beta_reg(a, b, share).unwrap_or(f64::from(u8::from(share >= tau))),
    };
    let (mut cumulated, mut before) = (0.0, 0.0);
    let mut found: Vec<f64> = weights
        .iter()
        .map(|weight| {
            cumulated += weight;
            let after = upto(cumulated / sum).max(before);
            let step = after - before;
            before = after;
            step
        })
        .collect();
    if let Some(last) = found.last_mut() {
        *last += 1.0 - before;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::harrell_davis::harrell_davis;
    use crate::statistics::observations::Observations;

    #[test]
    fn equal_weights_give_the_estimate_of_harrell_and_davis() {
        let values: Vec<f64> = (0..500).map(|k| f64::from(k * k % 977)).collect();
        let sorted = Observations::new(values).unwrap();
        for level in Level::REPORTED {
            let weights = quantile_weights(&[0.2; 500], level);
            let found: f64 = weights.iter().zip(sorted.sorted()).map(|(weight, value)| weight * value).sum();
            assert!((found - harrell_davis(&sorted, level)).abs() < 1e-9, "{found}");
            assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn nothing_has_no_weights() {
        assert_eq!(quantile_weights(&[], Level::P50), Vec::<f64>::new());
        assert_eq!(quantile_weights(&[0.0, 0.0], Level::P50), Vec::<f64>::new());
        assert_eq!(quantile_weights(&[3.0], Level::P99), [1.0]);
    }
}
