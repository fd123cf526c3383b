//! A number that CloudWatch takes.

use std::cmp::Ordering;

use crate::measurement::units::Micros;

/// A number that is finite and not negative: one negative value, and a series has no percentiles any more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Value(f64);

impl Value {
    /// Nothing.
    pub const ZERO: Self = Self(0.0);
    /// All of a percentage.
    pub const HUNDRED: Self = Self(100.0);

    /// `None` for what is negative, not finite, or 2^360 and more. Less than 2^-360 is zero.
    #[must_use]
    pub fn new(number: f64) -> Option<Self> {
        let limit = 2_f64.powi(360);
        let tiny = number < limit.recip();
        (0.0..limit).contains(&number).then_some(if tiny { Self::ZERO } else { Self(number) })
    }

    /// A length of time in milliseconds, to the microsecond.
    ///
    /// Not rounded further: a minute of one series has few values, so rounding would save no datum and cost truth.
    #[must_use]
    pub fn millis(length: Micros) -> Self {
        Self(length.as_millis())
    }

    /// A number of things.
    #[must_use]
    pub fn count(things: usize) -> Self {
        Self(things as f64)
    }

    /// All of a percentage, or none.
    #[must_use]
    pub fn whether(it_is: bool) -> Self {
        if it_is { Self::HUNDRED } else { Self::ZERO }
    }

    /// As a number.
    #[must_use]
    pub fn number(self) -> f64 {
        self.0
    }
}

impl Eq for Value {}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_have_a_request_refused_is_no_value() {
        for number in [f64::NAN, f64::INFINITY, -0.001, f64::NEG_INFINITY, 2_f64.powi(360)] {
            assert_eq!(Value::new(number), None, "{number}");
        }
        assert_eq!(Value::new(-0.0).map(|value| value.number().is_sign_positive()), Some(true));
        assert_eq!(Value::new(f64::MIN_POSITIVE), Some(Value::ZERO));
        assert_eq!(Value::new(0.25).map(Value::number), Some(0.25));
        assert!(Value::new(Value::millis(Micros(u64::MAX)).number()).is_some());
    }
}
