//! Quantiles of weighted values in linear time, many times over.

use super::level::Level;

/// Classes of the histogram that finds a quantile's neighbourhood.
const BINS: usize = 1_024;

/// Work space, kept between calls.
#[derive(Clone, Debug, Default)]
pub struct Bins {
    class: Vec<u16>,
    weight: Vec<f64>,
    near: Vec<(f64, f64)>,
}

/// For each level τ the value at which the cumulative weight reaches τ; where it does so exactly, the mean of that value
/// and the next (definition 2 of Hyndman and Fan, with weights).
///
/// Values must be finite and weights not negative; without any weight the quantile is NaN.
#[must_use]
pub fn quantiles(values: &[f64], weights: &[f64], levels: &[Level], bins: &mut Bins) -> Vec<f64> {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values {
        low = low.min(*value);
        high = high.max(*value);
    }
    let scale = if high > low { (BINS - 1) as f64 / (high - low) } else { 0.0 };
    bins.weight.clear();
    bins.weight.resize(BINS, 0.0);
    bins.class.clear();
    bins.class.extend(values.iter().zip(weights).map(|(value, weight)| {
        let class = ((value - low) * scale) as usize;
        bins.weight[class.min(BINS - 1)] += weight;
        class.min(BINS - 1) as u16
    }));
    let sum: f64 = bins.weight.iter().sum();
    levels.iter().map(|level| one(values, weights, level.share() * sum, sum * 1e-11, bins)).collect()
}

fn one(values: &[f64], weights: &[f64], target: f64, fuzz: f64, bins: &mut Bins) -> f64 {
    let mut before = 0.0;
    let mut class = 0;
    while class < BINS && before + bins.weight[class] < target - fuzz {
        before += bins.weight[class];
        class += 1;
    }
    let mut reached: Option<f64> = None;
    for class in class..BINS {
        if bins.weight[class] <= 0.0 {
            continue;
        }
        bins.near.clear();
        let members = bins.class.iter().zip(values.iter().zip(weights)).filter(|(at, _)| usize::from(**at) == class);
        bins.near.extend(members.map(|(_, (value, weight))| (*value, *weight)));
        bins.near.sort_unstable_by(|x, y| x.0.total_cmp(&y.0));
        for (value, weight) in &bins.near {
            before += weight;
            if let Some(reached) = reached {
                if *weight > 0.0 {
                    return f64::midpoint(reached, *value);
                }
            } else if before >= target - fuzz {
                if before > target + fuzz {
                    return *value;
                }
                reached = Some(*value);
            }
        }
    }
    reached.or_else(|| values.iter().copied().reduce(f64::max)).unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::keyed::{join, uniform};
    use crate::statistics::observations::Observations;
    use crate::statistics::quantile::{Definition, quantile};

    #[test]
    fn equal_weights_give_the_second_definition() {
        for n in [1, 2, 7, 100, 1_000] {
            let values: Vec<f64> = (0..n).map(|k| (uniform(join(3, k)) * 50.0).powi(3).round()).collect();
            let sorted = Observations::new(values.clone()).unwrap();
            let found = quantiles(&values, &vec![0.3; n as usize], &Level::REPORTED, &mut Bins::default());
            for (found, level) in found.into_iter().zip(Level::REPORTED) {
                assert_eq!(found, quantile(&sorted, level, Definition::InverseAveraged), "{n} {level:?}");
            }
        }
    }

    #[test]
    fn a_weight_counts_as_copies() {
        let (values, weights) = ([5.0, 1.0, 9.0], [3.0, 2.0, 5.0]);
        let copies = [5.0, 5.0, 5.0, 1.0, 1.0, 9.0, 9.0, 9.0, 9.0, 9.0];
        let bins = &mut Bins::default();
        assert_eq!(
            quantiles(&values, &weights, &Level::REPORTED, bins),
            quantiles(&copies, &[1.0; 10], &Level::REPORTED, bins)
        );
        assert!(quantiles(&[], &[], &[Level::P50], bins)[0].is_nan());
        assert_eq!(quantiles(&[4.0; 3], &[1.0, 0.0, 2.0], &[Level::P99], bins), [4.0]);
    }
}
