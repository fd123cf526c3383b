//! Values, checked once at the door.

/// At least one value, all of them finite, in ascending order.
#[derive(Clone, Debug, PartialEq)]
pub struct Observations(Vec<f64>);

/// Why values were refused.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum ValueError {
    /// There is nothing to estimate from.
    #[error("there is no value")]
    Empty,
    /// NaN or infinite.
    #[error("{0} is not a finite number")]
    NotFinite(f64),
    /// Below zero, where that has no meaning.
    #[error("{0} is negative")]
    Negative(f64),
}

impl Observations {
    /// Checks the values, and sorts them.
    ///
    /// # Errors
    /// None at all, or one that is not finite.
    pub fn new(mut values: Vec<f64>) -> Result<Self, ValueError> {
        if values.is_empty() {
            return Err(ValueError::Empty);
        }
        if let Some(value) = values.iter().find(|value| !value.is_finite()) {
            return Err(ValueError::NotFinite(*value));
        }
        values.sort_unstable_by(f64::total_cmp);
        Ok(Self(values))
    }

    /// The values in ascending order.
    #[must_use]
    pub fn sorted(&self) -> &[f64] {
        &self.0
    }

    /// How many; at least 1.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The value of a rank counted from 1; ranks outside are moved to the nearest end.
    #[must_use]
    pub fn ranked(&self, rank: usize) -> f64 {
        self.0[rank.clamp(1, self.0.len()) - 1]
    }

    /// The smallest.
    #[must_use]
    pub fn min(&self) -> f64 {
        self.ranked(1)
    }

    /// The largest.
    #[must_use]
    pub fn max(&self) -> f64 {
        self.ranked(self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_and_no_number_are_refused() {
        assert_eq!(Observations::new(vec![]), Err(ValueError::Empty));
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(matches!(Observations::new(vec![1.0, bad]), Err(ValueError::NotFinite(_))));
        }
    }

    #[test]
    fn ranks_count_from_one_in_ascending_order() {
        let values = Observations::new(vec![3.0, -1.0, 2.0, 2.0]).unwrap();
        assert_eq!([1, 2, 3, 4].map(|rank| values.ranked(rank)), [-1.0, 2.0, 2.0, 3.0]);
        assert_eq!((values.min(), values.max(), values.count()), (-1.0, 3.0, 4));
    }
}
