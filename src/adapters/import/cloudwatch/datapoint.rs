//! Datapoints: which of them are samples, and which periods can be asked for.

use crate::adapters::import::server::nearest::shown;
use crate::adapters::import::value::Unit;
use crate::measurement::units::{Micros, UnixMillis};

/// Statistics of one period.
#[derive(Clone, Debug, PartialEq)]
pub struct Datapoint {
    /// Its first moment.
    pub at: UnixMillis,
    /// How many values it is of.
    pub count: f64,
    /// All of them together.
    pub sum: f64,
    /// As CloudWatch calls it; `None` where the metric was published without.
    pub unit: String,
}

impl Datapoint {
    /// The value, where there is one only.
    ///
    /// # Errors
    /// It is of several, or its unit is none of time, or is not said.
    pub fn value(&self, typed: Option<Unit>) -> Result<Micros, String> {
        let unit = match (Unit::named(&self.unit), typed) {
            (Some(written), Some(typed)) if written != typed => {
                return Err(format!("it was published in {}; --unit says otherwise, so leave it out", self.unit));
            }
            (Some(unit), _) => unit,
            (None, _) if !matches!(self.unit.as_str(), "" | "None") => {
                return Err(format!("it was published in {}, which is no unit of time", shown(&self.unit)));
            }
            (None, Some(unit)) => unit,
            (None, None) => return Err("it was published without a unit; say it with --unit".to_owned()),
        };
        // Exactly: of two values the mean is no value.
        if (self.count - 1.0).abs() > f64::EPSILON {
            return Err(format!(
                "{} values lie in this period, and their statistics are no samples; ask for a --period that holds one",
                self.count
            ));
        }
        unit.length(self.sum)
    }
}

/// How many datapoints one answer holds.
const MOST: i64 = 1_440;
/// A value may come this long after its period.
const SETTLED_MS: i64 = 120_000;
const DAY_MS: i64 = 86_400_000;

/// A period that statistics are asked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period(u32);

impl Period {
    /// In seconds.
    ///
    /// # Errors
    /// CloudWatch has no such period.
    pub fn new(seconds: u32) -> Result<Self, String> {
        if matches!(seconds, 1 | 5 | 10 | 30) || (seconds > 0 && seconds.is_multiple_of(60) && seconds <= 86_400) {
            return Ok(Self(seconds));
        }
        Err(format!("CloudWatch has no period of {seconds} s; it has 1, 5, 10, 30 and multiples of 60, up to a day"))
    }

    /// In seconds.
    #[must_use]
    pub fn seconds(self) -> u32 {
        self.0
    }

    fn ms(self) -> i64 {
        i64::from(self.0) * 1_000
    }

    /// How far back CloudWatch keeps this period.
    #[must_use]
    pub fn kept_ms(self) -> i64 {
        match self.0 {
            ..60 => 3 * 3_600_000,
            60..300 => 15 * DAY_MS,
            300..3_600 => 63 * DAY_MS,
            _ => 455 * DAY_MS,
        }
    }

    /// The first moment of the period that a moment lies in.
    #[must_use]
    pub fn floor(self, moment: UnixMillis) -> UnixMillis {
        UnixMillis(moment.0.div_euclid(self.ms()) * self.ms())
    }

    /// The end of the last period that no value is added to any more.
    #[must_use]
    pub fn settled(self, now: UnixMillis) -> UnixMillis {
        self.floor(UnixMillis(now.0 - SETTLED_MS))
    }

    /// The end of what one answer holds from here.
    #[must_use]
    pub fn page(self, from: UnixMillis) -> UnixMillis {
        UnixMillis(from.0.saturating_add(MOST * self.ms()))
    }

    /// Whether all since a moment can be had.
    ///
    /// # Errors
    /// It is kept in longer periods only.
    pub fn reaches(self, since: UnixMillis, now: UnixMillis) -> Result<(), String> {
        if now.0 - since.0 <= self.kept_ms() {
            return Ok(());
        }
        let kept = match self.0 {
            ..60 => "3 hours",
            60..300 => "15 days",
            300..3_600 => "63 days",
            _ => "455 days",
        };
        Err(format!(
            "CloudWatch keeps periods of {} s for {kept}, and older values as statistics of longer ones only; say a later \
             --since, or a longer --period, in which single values are rarer",
            self.0
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(count: f64, sum: f64, unit: &str) -> Datapoint {
        Datapoint { at: UnixMillis(0), count, sum, unit: unit.to_owned() }
    }

    #[test]
    fn one_value_is_a_sample_and_several_are_not() {
        assert_eq!(point(1.0, 0.312, "Seconds").value(None), Ok(Micros(312_000)));
        assert_eq!(point(1.0, 312.0, "Milliseconds").value(Some(Unit::Millis)), Ok(Micros(312_000)));
        assert_eq!(point(1.0, 0.312, "None").value(Some(Unit::Seconds)), Ok(Micros(312_000)));
        for (point, typed, said) in [
            (point(2.0, 0.624, "Seconds"), None, "2 values lie in this period"),
            (point(0.0, 0.0, "Seconds"), None, "0 values"),
            (point(1.0, 50.0, "Percent"), Some(Unit::Seconds), "no unit of time"),
            (point(1.0, 50.0, "None"), None, "--unit"),
            (point(1.0, 50.0, "Seconds"), Some(Unit::Millis), "says otherwise"),
            (point(1.0, -1.0, "Seconds"), None, "not a length of time"),
        ] {
            assert!(point.value(typed).unwrap_err().contains(said), "{point:?}");
        }
    }

    #[test]
    fn only_periods_that_are_over_are_read() {
        let minute = Period::new(60).unwrap();
        assert_eq!(minute.settled(UnixMillis(600_000)), UnixMillis(480_000));
        assert_eq!(minute.settled(UnixMillis(659_999)), UnixMillis(480_000));
        assert_eq!(minute.page(UnixMillis(0)), UnixMillis(86_400_000));
        assert!(minute.reaches(UnixMillis(0), UnixMillis(16 * DAY_MS)).unwrap_err().contains("15 days"));
        assert!(Period::new(300).unwrap().reaches(UnixMillis(0), UnixMillis(16 * DAY_MS)).is_ok());
        for seconds in [0, 2, 61, 90, 172_800] {
            assert!(Period::new(seconds).is_err(), "{seconds}");
        }
    }
}
