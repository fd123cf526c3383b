//! A batch of samples: which points it makes.

use std::time::Duration;

use crate::measurement::environment::Init;
use crate::measurement::units::UnixMillis;
use crate::measurement::wire::Record;

use super::catalogue::{Dimension, Metric};
use super::datum::{Datum, Series};
use super::label::{Label, is_on_lambda, place};
use super::points::Points;
use super::value::Value;
use super::wanted::Wanted;

/// Samples that began longer ago than this are not published: a point two weeks old has its whole request refused, and a
/// day is left for a queue that is slow.
pub const AGE_MAX: Duration = Duration::from_secs(13 * 86_400);
/// Nor are those that begin further ahead than this, for the same reason.
pub const AHEAD_MAX: Duration = Duration::from_secs(2 * 3_600);

/// What is to be published of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// By series and then by minute; none of an empty batch.
    pub datums: Vec<Datum>,
    /// Samples in none of them, because CloudWatch would not take their time.
    pub archived_only: usize,
}

/// Decides on a batch. Each sample is a point of each series that it belongs to, at the time at which it began.
#[must_use]
pub fn observed<'a>(records: impl IntoIterator<Item = &'a Record>, wanted: Wanted, now: UnixMillis) -> Observed {
    let (mut points, mut samples, mut archived_only) = (Points::default(), 0_usize, 0);
    for record in records {
        samples += 1;
        if is_taken(record.sample.started_at_ms, now) {
            add(&mut points, record, wanted);
        } else {
            archived_only += 1;
        }
    }
    if samples > 0 {
        points.add(fleet(Metric::SamplesArchivedOnly), now, Value::count(archived_only));
    }
    Observed { datums: points.datums(), archived_only }
}

/// Whether CloudWatch takes a point of that time.
#[must_use]
pub fn is_taken(started: UnixMillis, now: UnixMillis) -> bool {
    (now.minus(AGE_MAX)..=now.plus(AHEAD_MAX)).contains(&started)
}

/// 100 for an answer that passed every check, else 0.
#[must_use]
pub fn availability(record: &Record) -> Value {
    Value::whether(record.sample.outcome.is_good())
}

/// 100 for a cold start, else 0; absent on hosts and where the probe did not say.
///
/// A sandbox that was started ahead is not cold: nobody waited for it.
#[must_use]
pub fn cold(record: &Record) -> Option<Value> {
    let invocation = record.sample.invocation.filter(|_| is_on_lambda(record))?;
    Some(Value::whether(invocation.init == Init::Cold))
}

fn add(points: &mut Points, record: &Record, wanted: Wanted) {
    let sample = &record.sample;
    let series = |metric| {
        Series::new(metric, |dimension| match dimension {
            Dimension::Method => Label::new(sample.method.as_str()),
            Dimension::ProbeRegion => place(record),
            Dimension::Target => Label::new(sample.target.as_str()),
            Dimension::Vantage => Label::new(sample.vantage.as_str()),
        })
    };
    let latency = sample.latency().filter(|_| wanted.latency).map(Value::millis);
    let available = wanted.availability.then(|| availability(record));
    for (metric, value) in
        [(Metric::Latency, latency), (Metric::Availability, available), (Metric::ColdStarts, cold(record))]
    {
        if let Some(value) = value {
            points.add(series(metric), sample.started_at_ms, value);
        }
    }
}

/// The one series of a metric of the whole fleet.
pub(super) fn fleet(metric: Metric) -> Series {
    // Such a metric has no dimension to ask a label of.
    Series::new(metric, |dimension| Label::new(dimension.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_what_is_taken_are_taken() {
        let now = UnixMillis(1_767_225_600_000);
        let (oldest, last) = (now.minus(AGE_MAX), now.plus(AHEAD_MAX));
        assert!(is_taken(oldest, now) && is_taken(last, now) && is_taken(now, now));
        assert!(!is_taken(UnixMillis(oldest.0 - 1), now) && !is_taken(UnixMillis(last.0 + 1), now));
        assert!(is_taken(UnixMillis(i64::MIN), UnixMillis(i64::MIN)));
    }
}
