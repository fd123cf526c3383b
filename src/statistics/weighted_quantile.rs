//! Quantiles of weighted values in linear time, many times over.

use super::level::Level;

/// Classes of the histogram that finds a quantile's neighbourhood.
const CLASSES: usize = 512;

/// So few values are sorted.
const FEW: usize = 48;

/// Sums of weights that differ by less than this, relative to the sum of all, are equal.
const FUZZ: f64 = 1e-11;

/// Looks for quantiles of sets of values that are like each other: told where one may lie, it reads the values once.
///
/// What it finds does not depend on what it is told, only how fast.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// By level: how far from where it may lie a quantile is looked for.
    reach: Vec<f64>,
    /// How many values lay there.
    gathered: usize,
    near: Vec<(f64, f64)>,
    next: Vec<(f64, f64)>,
}

/// For each level τ the value at which the cumulative weight reaches τ; where it does so exactly, the mean of that value
/// and the next (definition 2 of Hyndman and Fan, with weights).
///
/// Values must be finite and weights not negative; without any weight the quantile is NaN.
#[must_use]
pub fn quantiles(values: &[f64], weights: &[f64], levels: &[Level]) -> Vec<f64> {
    let mut found = vec![f64::NAN; levels.len()];
    Search::default().quantiles(values, (weights, weights.iter().sum()), levels, &mut found);
    found
}

impl Search {
    /// As [`quantiles`], with the weights and their sum. `found` holds where each quantile may lie, or NaN, and then
    /// where it does.
    pub fn quantiles(&mut self, values: &[f64], (weights, sum): (&[f64], f64), levels: &[Level], found: &mut [f64]) {
        self.reach.resize(levels.len(), 0.0);
        for (at, level) in levels.iter().enumerate() {
            let target = Target { weight: level.share() * sum, fuzz: sum * FUZZ };
            let guess = found[at];
            let hit = self.around(values, weights, target, (guess, self.reach[at]));
            found[at] = hit.unwrap_or_else(|| self.anywhere(values, weights, target));
            // Wide enough to be right the next time, narrow enough for a small part of the values.
            let reach = &mut self.reach[at];
            if hit.is_none() {
                let missed = 2.0 * (found[at] - guess).abs();
                *reach = if missed.is_nan() { *reach } else { missed.max(1.5 * *reach).max(guess.abs() * 1e-6) };
            } else if self.gathered > values.len() / 16 {
                *reach *= 0.8;
            }
        }
    }

    /// Nothing where the quantile lies elsewhere.
    fn around(&mut self, values: &[f64], weights: &[f64], target: Target, (guess, reach): (f64, f64)) -> Option<f64> {
        let (low, high) = (guess - reach, guess + reach);
        if low.is_nan() || reach <= 0.0 {
            return None;
        }
        self.near.clear();
        let mut below = [0.0; LANES];
        let ((parts, end), (weighed, last)) = (values.as_chunks::<LANES>(), weights.as_chunks::<LANES>());
        for (values, weights) in parts.iter().zip(weighed) {
            let mut inside = 0;
            // Masks and no branches: four lanes at a time, or two, as the processor has.
            for lane in 0..LANES {
                let less = mask(values[lane] < low);
                below[lane] += f64::from_bits(weights[lane].to_bits() & less);
                inside |= mask(values[lane] <= high) & !less;
            }
            if inside != 0 {
                for lane in 0..LANES {
                    if values[lane] >= low && values[lane] <= high {
                        self.near.push((values[lane], weights[lane]));
                    }
                }
            }
        }
        for (value, weight) in end.iter().zip(last) {
            if *value < low {
                below[0] += weight;
            } else if *value <= high {
                self.near.push((*value, *weight));
            }
        }
        self.gathered = self.near.len();
        let below: f64 = below.iter().sum();
        if target.reached(below) { None } else { select(&mut self.near, &mut self.next, below, target) }
    }

    fn anywhere(&mut self, values: &[f64], weights: &[f64], target: Target) -> f64 {
        self.near.clear();
        self.near.extend(values.iter().copied().zip(weights.iter().copied()).filter(|(_, weight)| *weight > 0.0));
        let greatest = self.near.iter().map(|(value, _)| *value).reduce(f64::max);
        select(&mut self.near, &mut self.next, 0.0, target).or(greatest).unwrap_or(f64::NAN)
    }
}

/// Values that are looked at together, so that the processor may.
const LANES: usize = 8;

/// All bits or none.
fn mask(is: bool) -> u64 {
    0_u64.wrapping_sub(u64::from(is))
}

#[derive(Clone, Copy)]
struct Target {
    weight: f64,
    fuzz: f64,
}

impl Target {
    fn reached(self, weight: f64) -> bool {
        weight >= self.weight - self.fuzz
    }

    fn exactly(self, weight: f64) -> bool {
        weight <= self.weight + self.fuzz
    }
}

/// The value at which `below` and the weights of all smaller values of `near` reach the target; nothing where they do not,
/// or where the next value would be needed and is not there.
fn select(near: &mut Vec<(f64, f64)>, next: &mut Vec<(f64, f64)>, below: f64, target: Target) -> Option<f64> {
    let mut below = below;
    // The smallest value above those that are left.
    let mut above: Option<f64> = None;
    while near.len() > FEW {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for (value, _) in &*near {
            low = if *value < low { *value } else { low };
            high = if *value > high { *value } else { high };
        }
        let scale = (CLASSES - 1) as f64 / (high - low);
        if low == high || scale <= 0.0 {
            break;
        }
        // Below 512 a signed number converts in one instruction, an unsigned one in five.
        let class = |value: f64| (((value - low) * scale) as i32 as usize).min(CLASSES - 1);
        let mut sums = [0.0; CLASSES];
        for (value, weight) in &*near {
            sums[class(*value)] += weight;
        }
        let mut chosen = 0;
        while chosen < CLASSES - 1 && !target.reached(below + sums[chosen]) {
            below += sums[chosen];
            chosen += 1;
        }
        next.clear();
        for (value, weight) in &*near {
            let class = class(*value);
            if class == chosen {
                next.push((*value, *weight));
            } else if class > chosen && above.is_none_or(|above| *value < above) && *weight > 0.0 {
                above = Some(*value);
            }
        }
        std::mem::swap(near, next);
    }
    near.sort_unstable_by(|x, y| x.0.total_cmp(&y.0));
    let mut reached: Option<f64> = None;
    for (value, weight) in near.iter().filter(|(_, weight)| *weight > 0.0) {
        if let Some(reached) = reached {
            return Some(f64::midpoint(reached, *value));
        }
        below += weight;
        if target.reached(below) {
            if !target.exactly(below) {
                return Some(*value);
            }
            reached = Some(*value);
        }
    }
    reached.zip(above).map(|(reached, above)| f64::midpoint(reached, above))
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
            let found = quantiles(&values, &vec![0.3; n as usize], &Level::REPORTED);
            for (found, level) in found.into_iter().zip(Level::REPORTED) {
                assert_eq!(found, quantile(&sorted, level, Definition::InverseAveraged), "{n} {level:?}");
            }
        }
    }

    #[test]
    fn a_weight_counts_as_copies() {
        let (values, weights) = ([5.0, 1.0, 9.0], [3.0, 2.0, 5.0]);
        let copies = [5.0, 5.0, 5.0, 1.0, 1.0, 9.0, 9.0, 9.0, 9.0, 9.0];
        assert_eq!(quantiles(&values, &weights, &Level::REPORTED), quantiles(&copies, &[1.0; 10], &Level::REPORTED));
        assert!(quantiles(&[], &[], &[Level::P50])[0].is_nan());
        assert_eq!(quantiles(&[4.0; 3], &[1.0, 0.0, 2.0], &[Level::P99]), [4.0]);
    }

    #[test]
    fn where_a_quantile_may_lie_changes_only_how_fast_it_is_found() {
        let levels = [Level::P50, Level::P90, Level::P99];
        let mut search = Search::default();
        let mut found = [f64::NAN; 3];
        for round in 0..60_u64 {
            // Steps, ties and a tail; weights of zero; now and then far from where it was.
            let moved = if round.is_multiple_of(7) { 40.0 } else { uniform(round) };
            let draw = |k: u64| uniform(join(round % 5, k));
            let values: Vec<f64> = (0..700).map(|k| (moved + 9.0 / draw(k)).round() / 4.0).collect();
            let weights: Vec<f64> = (0..700).map(|k| (draw(k + 900) * 3.0).floor()).collect();
            let sum = weights.iter().sum();
            search.quantiles(&values, (&weights, sum), &levels, &mut found);
            assert_eq!(found.to_vec(), quantiles(&values, &weights, &levels), "{round}");
            let mut pairs: Vec<(f64, f64)> = values.iter().copied().zip(weights.iter().copied()).collect();
            pairs.sort_by(|x, y| x.0.total_cmp(&y.0));
            let copies: Vec<f64> = pairs.iter().flat_map(|(v, w)| std::iter::repeat_n(*v, *w as usize)).collect();
            let sorted = Observations::new(copies).unwrap();
            for (found, level) in found.iter().zip(levels) {
                assert_eq!(*found, quantile(&sorted, level, Definition::InverseAveraged), "{round} {level:?}");
            }
        }
    }

    #[test]
    fn values_of_any_spread_are_told_apart() {
        let values: Vec<f64> = (0..400).map(|k| 2.0_f64.powi(5 * (k % 120) - 300)).collect();
        let sorted = Observations::new(values.clone()).unwrap();
        let found = quantiles(&values, &[1.0; 400], &Level::REPORTED);
        for (found, level) in found.into_iter().zip(Level::REPORTED) {
            assert_eq!(found, quantile(&sorted, level, Definition::InverseAveraged));
        }
        assert_eq!(quantiles(&[7.0; 400], &[0.1; 400], &[Level::P50]), [7.0]);
    }
}
