//! How far apart two groups are, with an interval.

use rand::{Rng, RngExt};
use serde::Serialize;

use super::interval::{Interval, interval};
use super::level::Level;
use super::moments::Moments;
use super::observations::Observations;
use super::proportion::NORMAL_975;

/// Resamples drawn for an interval.
pub const RESAMPLES: usize = 2_000;

/// Above this many values in a group, closed forms replace resampling: they agree there, and cost no time.
pub const RESAMPLED_MAX: usize = 2_000;

/// The second group's figure minus the first's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// In the unit of the values.
    pub estimate: f64,
    /// 95 %; absent where a group has too few values.
    pub interval: Interval,
    /// How the interval was found.
    pub how: How,
}

/// How an interval was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Percentile bootstrap, each group resampled by itself.
    Bootstrap,
    /// Welch's interval with normal quantiles.
    Normal,
    /// The groups' order-statistic intervals, combined (MOVER; Zou and Donner, Statistics in Medicine 27, 2008).
    OrderStatistics,
    /// A group of fewer than two values has no interval.
    None,
}

/// The difference of the means.
pub fn of_means(first: &Observations, second: &Observations, random: &mut impl Rng) -> Difference {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let estimate = mean(second.sorted()) - mean(first.sorted());
    if first.count().max(second.count()) <= RESAMPLED_MAX {
        return resampled(estimate, first, second, random, |ranks, values| {
            ranks.iter().map(|rank| values[*rank]).sum::<f64>() / ranks.len() as f64
        });
    }
    let variance = |values: &Observations| {
        let spread = Moments::of(values.sorted()).and_then(|moments| moments.deviation);
        spread.map(|deviation| deviation * deviation / values.count() as f64)
    };
    match variance(first).zip(variance(second)) {
        None => Difference { estimate, interval: Interval::default(), how: How::None },
        Some((a, b)) => {
            let half = NORMAL_975 * (a + b).sqrt();
            Difference { estimate, interval: Interval::closed(estimate - half, estimate + half), how: How::Normal }
        }
    }
}

/// The difference of the medians (order statistics ⌈n/2⌉ in each resample; the estimate is of the plain medians).
pub fn of_medians(first: &Observations, second: &Observations, random: &mut impl Rng) -> Difference {
    let estimate = median(second.sorted()) - median(first.sorted());
    if first.count().max(second.count()) <= RESAMPLED_MAX {
        return resampled(estimate, first, second, random, |ranks, values| {
            // Values are sorted, so the median of a resample is the value at the median of its ranks.
            let middle = (ranks.len() - 1) / 2;
            let even = ranks.len().is_multiple_of(2);
            let (_, low, above) = ranks.select_nth_unstable(middle);
            let low = values[*low];
            if even { above.iter().min().map_or(low, |high| f64::midpoint(low, values[*high])) } else { low }
        });
    }
    let (a, b) = (interval(first, Level::P50), interval(second, Level::P50));
    let (Some(al), Some(au), Some(bl), Some(bu)) = (a.lower, a.upper, b.lower, b.upper) else {
        return Difference { estimate, interval: Interval::default(), how: How::None };
    };
    let (am, bm) = (median(first.sorted()), median(second.sorted()));
    let (below, above) = ((bm - bl).hypot(au - am), (bu - bm).hypot(am - al));
    Difference { estimate, interval: Interval::closed(estimate - below, estimate + above), how: How::OrderStatistics }
}

/// The middle value, or the mean of the two.
fn median(sorted: &[f64]) -> f64 {
    let n = sorted.len();
    f64::midpoint(sorted[(n - 1) / 2], sorted[n / 2])
}

fn resampled(
    estimate: f64,
    first: &Observations,
    second: &Observations,
    random: &mut impl Rng,
    figure: impl Fn(&mut [usize], &[f64]) -> f64,
) -> Difference {
    if first.count().min(second.count()) < 2 {
        return Difference { estimate, interval: Interval::default(), how: How::None };
    }
    let mut draw = |values: &Observations, ranks: &mut Vec<usize>| {
        ranks.clear();
        ranks.extend((0..values.count()).map(|_| random.random_range(0..values.count())));
        figure(ranks, values.sorted())
    };
    let mut ranks = Vec::new();
    let mut drawn: Vec<f64> = (0..RESAMPLES).map(|_| -draw(first, &mut ranks) + draw(second, &mut ranks)).collect();
    drawn.sort_unstable_by(f64::total_cmp);
    let end = |share: f64| drawn[(share * (RESAMPLES - 1) as f64).round() as usize];
    Difference { estimate, interval: Interval::closed(end(0.025), end(0.975)), how: How::Bootstrap }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn spread(n: usize, about: f64) -> Observations {
        Observations::new((0..n).map(|i| about + ((i * 7_919) % 1_009) as f64 / 100.0).collect()).unwrap()
    }

    #[test]
    fn the_same_seed_gives_the_same_interval_and_another_seed_another() {
        let (a, b) = (spread(50, 1.0), spread(60, 4.0));
        let [one, again, other] = [7, 7, 8].map(|seed| of_means(&a, &b, &mut ChaCha8Rng::seed_from_u64(seed)));
        assert_eq!(one, again);
        assert_ne!(one.interval, other.interval);
        assert_eq!(one.how, How::Bootstrap);
    }

    #[test]
    fn resampling_and_closed_forms_agree_where_they_meet() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let (small, large) = (spread(RESAMPLED_MAX, 0.0), spread(RESAMPLED_MAX + 1, 0.0));
        let near = |x: Difference, y: Difference, room: f64| {
            let ends = |d: Difference| (d.interval.lower.unwrap(), d.interval.upper.unwrap());
            let ((xl, xu), (yl, yu)) = (ends(x), ends(y));
            assert!((xl - yl).abs() < room && (xu - yu).abs() < room, "{x:?} {y:?}");
        };
        near(of_means(&small, &small, &mut random), of_means(&large, &large, &mut random), 0.05);
        near(of_medians(&small, &small, &mut random), of_medians(&large, &large, &mut random), 0.2);
        assert_eq!(of_means(&large, &small, &mut random).how, How::Normal);
        assert_eq!(of_medians(&large, &small, &mut random).how, How::OrderStatistics);
    }

    #[test]
    fn a_single_value_has_no_interval() {
        let (one, many) = (Observations::new(vec![2.0]).unwrap(), spread(30, 0.0));
        let mut random = ChaCha8Rng::seed_from_u64(1);
        for difference in [of_means(&one, &many, &mut random), of_medians(&many, &one, &mut random)] {
            assert_eq!((difference.how, difference.interval), (How::None, Interval::default()));
        }
    }
}
