//! What was not measured: slots that passed, and rows of tables that are no pages.

use crate::measurement::miss::Miss;
use crate::measurement::refused::Refused;
use crate::measurement::units::UnixMillis;

use super::catalogue::Metric;
use super::datum::{Datum, Series};
use super::label::Label;
use super::observed::{fleet, is_taken};
use super::points::Points;
use super::value::Value;

/// What is to be published of messages that have arrived; each gap at its slot.
///
/// Missed slots are published as zero, too: to an alarm, nothing is not zero. Refused rows are not, since the rollup
/// says so each minute of the table at home, and a region whose rows are all read needs no series to say it.
#[must_use]
pub fn gaps<'a>(
    missed: impl IntoIterator<Item = &'a Miss>,
    refused: impl IntoIterator<Item = &'a Refused>,
    now: UnixMillis,
) -> Vec<Datum> {
    let mut points = Points::default();
    points.add(fleet(Metric::SlotsMissed), now, Value::ZERO);
    for miss in missed.into_iter().filter(|miss| is_taken(miss.slot_ms, now)) {
        points.add(fleet(Metric::SlotsMissed), miss.slot_ms, Value::count(1));
    }
    for refused in refused.into_iter().filter(|refused| is_taken(refused.slot_ms, now)) {
        let rows = Value::count(usize::try_from(refused.rows).unwrap_or(usize::MAX));
        let of_region = Series::new(Metric::RowsRefused, |_| Label::new(&refused.region));
        for series in [of_region, fleet(Metric::TargetsRefused)] {
            points.add(series, refused.slot_ms, rows);
        }
    }
    points.datums()
}
