//! What CloudWatch is given: values of one series in one minute.

use crate::measurement::units::UnixMillis;

use super::catalogue::{Dimension, Metric};
use super::label::Label;
use super::value::Value;

/// Distinct values in a datum at most.
pub const VALUES_MAX: usize = 150;
/// Seconds that a point stands for: CloudWatch keeps these series by the minute.
pub const RESOLUTION_S: u32 = 60;

/// A metric with a label for each of its dimensions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Series {
    metric: Metric,
    labels: Vec<Label>,
}

impl Series {
    /// Asks for a label for each dimension that the catalogue gives the metric.
    #[must_use]
    pub fn new(metric: Metric, label: impl Fn(Dimension) -> Label) -> Self {
        Self { metric, labels: metric.dimensions().iter().map(|dimension| label(*dimension)).collect() }
    }

    /// The metric.
    #[must_use]
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// Dimensions and their labels, in the order of the catalogue.
    pub fn dimensions(&self) -> impl ExactSizeIterator<Item = (Dimension, &Label)> {
        self.metric.dimensions().iter().copied().zip(&self.labels)
    }

    /// The label of a dimension; absent where the metric does not have it.
    #[must_use]
    pub fn label(&self, wanted: Dimension) -> Option<&Label> {
        self.dimensions().find(|(dimension, _)| *dimension == wanted).map(|(_, label)| label)
    }
}

/// A value, and how often it occurred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The value.
    pub value: Value,
    /// At least 1.
    pub count: u64,
}

/// Values of one series in one minute: at least one, at most [`VALUES_MAX`], each once, ascending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datum {
    series: Series,
    at: UnixMillis,
    values: Vec<Counted>,
}

impl Datum {
    /// The series.
    #[must_use]
    pub fn series(&self) -> &Series {
        &self.series
    }

    /// The beginning of the minute.
    #[must_use]
    pub fn at(&self) -> UnixMillis {
        self.at
    }

    /// The values.
    #[must_use]
    pub fn values(&self) -> &[Counted] {
        &self.values
    }

    /// As few datums as hold the values, in any order: CloudWatch adds up what it is given for one minute.
    ///
    /// Nothing is rounded or merged, so percentiles over them are those of the values.
    #[must_use]
    pub fn split(series: &Series, at: UnixMillis, mut values: Vec<Value>) -> Vec<Self> {
        values.sort_unstable();
        let counted: Vec<Counted> = values
            .chunk_by(|a, b| a == b)
            .filter_map(|same| Some(Counted { value: *same.first()?, count: same.len() as u64 }))
            .collect();
        let at = minute(at);
        let datum = |values: &[Counted]| Self { series: series.clone(), at, values: values.to_vec() };
        counted.chunks(VALUES_MAX).map(datum).collect()
    }
}

/// The beginning of the minute in which a moment lies.
#[must_use]
pub fn minute(moment: UnixMillis) -> UnixMillis {
    let length = i64::from(RESOLUTION_S) * 1_000;
    UnixMillis(moment.0.saturating_sub(moment.0.rem_euclid(length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fleet() -> Series {
        Series::new(Metric::TargetsDown, |_| Label::new("unused"))
    }

    fn values(count: u32) -> Vec<Value> {
        (0..count).rev().map(|n| Value::count(n as usize)).collect()
    }

    #[test]
    fn as_few_datums_as_fit() {
        let counts = |count: u32| {
            let datums = Datum::split(&fleet(), UnixMillis(0), values(count));
            datums.iter().map(|datum| datum.values().len()).collect::<Vec<_>>()
        };
        assert_eq!(counts(0), [0; 0]);
        assert_eq!(counts(150), [150]);
        assert_eq!(counts(151), [150, 1]);
        assert_eq!(counts(301), [150, 150, 1]);
    }

    #[test]
    fn equal_values_are_one_with_a_count() {
        let [datum] = &Datum::split(&fleet(), UnixMillis(0), vec![Value::HUNDRED; 4_000])[..] else { panic!() };
        assert_eq!(datum.values(), [Counted { value: Value::HUNDRED, count: 4_000 }]);
    }

    #[test]
    fn a_minute_begins_before_its_moment_even_before_1970() {
        for (moment, begins) in [(0, 0), (59_999, 0), (60_000, 60_000), (-1, -60_000)] {
            assert_eq!(minute(UnixMillis(moment)), UnixMillis(begins));
        }
        assert!(minute(UnixMillis(i64::MIN)) <= UnixMillis(i64::MIN));
    }
}
