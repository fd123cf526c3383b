//! Mean, spread and memory of a series, accurate where the mean is huge beside the spread.

/// Moments of a series in the order in which it was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// How many values.
    pub count: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Standard deviation with the divisor n − 1; absent for one value.
    pub deviation: Option<f64>,
    /// Lag-1 autocorrelation, `Σ (x_i − m)(x_{i+1} − m) / Σ (x_i − m)²`; absent where the values do not differ.
    pub autocorrelation: Option<f64>,
}

impl Moments {
    /// Two passes: a compensated mean, then corrected sums of the deviations from it (Chan, Golub, LeVeque 1983).
    ///
    /// `None` for no value; values are expected to be finite.
    #[must_use]
    pub fn of(series: &[f64]) -> Option<Self> {
        let count = series.len();
        let first = *series.first()?;
        // Shifting by a value of the series itself takes the common size away before anything is rounded.
        let shift = sum(series.iter().map(|x| x - first)) / count as f64;
        let about = |x: f64| (x - first) - shift;
        let rest = sum(series.iter().map(|x| about(*x)));
        let squares = sum(series.iter().map(|x| about(*x).powi(2))) - rest * rest / count as f64;
        let products = sum(series.windows(2).map(|pair| about(pair[0]) * about(pair[1])));
        Some(Self {
            count,
            mean: first + shift,
            deviation: (count > 1).then(|| (squares.max(0.0) / (count - 1) as f64).sqrt()),
            autocorrelation: (count > 1 && squares > 0.0).then(|| products / squares),
        })
    }
}

/// Neumaier's sum: the error stays at one rounding, whatever the number of terms.
pub(super) fn sum(terms: impl Iterator<Item = f64>) -> f64 {
    let (mut total, mut lost) = (0.0_f64, 0.0_f64);
    for term in terms {
        let next = total + term;
        lost += if total.abs() >= term.abs() { (total - next) + term } else { (term - next) + total };
        total = next;
    }
    total + lost
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_has_a_mean_and_no_spread() {
        let one = Moments::of(&[7.5]).unwrap();
        assert_eq!((one.mean, one.deviation, one.autocorrelation), (7.5, None, None));
        assert_eq!(Moments::of(&[]), None);
    }

    #[test]
    fn equal_values_have_no_autocorrelation() {
        let still = Moments::of(&[0.1; 10]).unwrap();
        assert_eq!((still.mean, still.deviation, still.autocorrelation), (0.1, Some(0.0), None));
    }

    #[test]
    fn small_terms_survive_beside_large_ones() {
        assert_eq!(sum([1.0, 1e100, 1.0, -1e100].into_iter()), 2.0);
    }
}
