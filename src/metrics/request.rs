//! Requests: as many datums together as CloudWatch takes.

use super::catalogue::NAMESPACE_LENGTH_MAX;
use super::datum::Datum;

/// Datums in a request at most.
pub const DATUMS_MAX: usize = 1_000;
/// Bytes in a request at most, in the widest form in which it can be sent.
pub const BYTES_MAX: usize = 1_000_000;
/// Bytes of a request besides its datums: the action, its version, the namespace.
const FRAME: usize = 256 + 3 * NAMESPACE_LENGTH_MAX;

/// The datums of one `PutMetricData`: at least one, at most [`DATUMS_MAX`], and [`BYTES_MAX`] bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    datums: Vec<Datum>,
}

impl Request {
    /// The datums, in order.
    #[must_use]
    pub fn datums(&self) -> &[Datum] {
        &self.datums
    }

    /// How many bytes it has at most, whichever protocol carries it.
    #[must_use]
    pub fn bytes(&self) -> usize {
        FRAME + self.datums.iter().map(bytes).sum::<usize>()
    }
}

/// Packs datums in their order.
#[must_use]
pub fn requests(datums: Vec<Datum>) -> Vec<Request> {
    let mut requests: Vec<Request> = Vec::new();
    let mut room = 0;
    for datum in datums {
        let bytes = bytes(&datum);
        match requests.last_mut() {
            Some(last) if last.datums.len() < DATUMS_MAX && bytes <= room => {
                last.datums.push(datum);
                room -= bytes;
            }
            // A single datum always fits: its labels and values are bounded.
            _ => {
                requests.push(Request { datums: vec![datum] });
                room = (BYTES_MAX - FRAME).saturating_sub(bytes);
            }
        }
    }
    requests
}

/// The bytes of a datum as a form, which is the widest of the protocols: there, each value repeats the path to it.
fn bytes(datum: &Datum) -> usize {
    const PATH: usize = "&MetricData.member.1000.".len();
    let field = |name: &str, value: usize| PATH + name.len() + "=".len() + value;
    // A character that a form does not take is three; none of a label is wider.
    let text = |text: &str| 3 * text.len();
    let entry = datum.series().metric().entry();
    let fixed = field("MetricName", text(entry.name))
        + field("Unit", entry.unit.as_str().len())
        + field("Timestamp", text("2026-01-01T00:00:00.000000000Z"))
        + field("StorageResolution", 2);
    let dimensions = datum.series().dimensions().map(|(dimension, label)| {
        field("Dimensions.member.30.Name", dimension.as_str().len())
            + field("Dimensions.member.30.Value", text(label.as_str()))
    });
    // Some write 5 as 5.0.
    let number = |number: f64| number.to_string().len() + ".0".len();
    let values = datum.values().iter().map(|counted| {
        field("Values.member.150", number(counted.value.number()))
            + field("Counts.member.150", number(counted.count as f64))
    });
    fixed + dimensions.sum::<usize>() + values.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measurement::units::{Micros, UnixMillis};
    use crate::metrics::catalogue::Metric;
    use crate::metrics::datum::{Series, VALUES_MAX};
    use crate::metrics::label::{LABEL_LENGTH_MAX, Label};
    use crate::metrics::value::Value;

    fn datums(count: i64, values: u64, label: &str) -> Vec<Datum> {
        let series = Series::new(Metric::Latency, |_| Label::new(label));
        let values: Vec<Value> = (0..values).map(|n| Value::millis(Micros(9_000_000_001 + n))).collect();
        (0..count).flat_map(|n| Datum::split(&series, UnixMillis(n * 60_000), values.clone())).collect()
    }

    #[test]
    fn a_thousand_small_datums_are_one_request_and_one_more_is_two() {
        let sizes = |count| requests(datums(count, 1, "a")).iter().map(|r| r.datums().len()).collect::<Vec<_>>();
        assert_eq!(sizes(0), [0; 0]);
        assert_eq!(sizes(1_000), [1_000]);
        assert_eq!(sizes(1_001), [1_000, 1]);
    }

    #[test]
    fn large_datums_are_bounded_by_bytes() {
        let requests = requests(datums(500, VALUES_MAX as u64, &"+".repeat(LABEL_LENGTH_MAX)));
        assert!(requests.len() > 1);
        assert_eq!(requests.iter().map(|request| request.datums().len()).sum::<usize>(), 500);
        assert!(requests.iter().all(|request| request.bytes() <= BYTES_MAX));
        let fullest = requests.iter().map(Request::bytes).max().unwrap();
        assert!(fullest > BYTES_MAX * 9 / 10, "{fullest}");
    }

    #[test]
    fn the_bytes_are_no_fewer_than_those_of_the_form() {
        let [datum] = &datums(1, 2, "a+b/c")[..] else { panic!() };
        let path = "&MetricData.member.1.";
        let dimension =
            |at, name| format!("{path}Dimensions.member.{at}.Name={name}{path}Dimensions.member.{at}.Value=a%2Bb%2Fc");
        let form = format!(
            "{path}MetricName=Latency{path}Unit=Milliseconds{path}Timestamp=1970-01-01T00%3A00%3A00Z\
             {path}StorageResolution=60{}{}{}{}{path}Values.member.1=9000000.001{path}Values.member.2=9000000.002\
             {path}Counts.member.1=1.0{path}Counts.member.2=1.0",
            dimension(1, "Method"),
            dimension(2, "ProbeRegion"),
            dimension(3, "Target"),
            dimension(4, "Vantage"),
        );
        assert!((form.len()..form.len() * 3 / 2).contains(&bytes(datum)), "{} {}", bytes(datum), form.len());
    }
}
