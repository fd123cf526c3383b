//! What a rollup found, as datums.

use crate::measurement::identity::TargetId;
use crate::measurement::units::UnixMillis;
use crate::summary::variance::collector::VarianceSummary;

use super::catalogue::Metric;
use super::datum::{Datum, Series};
use super::down::Found;
use super::label::Label;
use super::observed::fleet;
use super::placement;
use super::points::Points;
use super::value::Value;

/// The rollup of a minute. `refused` are the rows of the target table that cannot be read.
///
/// The fleet's series have a value each minute, zero too: to an alarm, nothing is not zero.
#[must_use]
pub fn minute(found: &Found, refused: usize, at: UnixMillis) -> Vec<Datum> {
    let mut points = Points::default();
    for (target, places) in &found.targets {
        points.add(of_target(Metric::RegionsDown, target), at, Value::count(places.len()));
    }
    for (metric, things) in [
        (Metric::TargetsDown, found.down.len()),
        (Metric::RegionsSilent, found.silent.len()),
        (Metric::TargetsRefused, refused),
    ] {
        points.add(fleet(metric), at, Value::count(things));
    }
    points.datums()
}

/// The rollup of a window, at its end.
#[must_use]
pub fn window(slower: &[TargetId], variance: &VarianceSummary, at: UnixMillis) -> Vec<Datum> {
    let mut points = Points::default();
    points.add(fleet(Metric::TargetsSlower), at, Value::count(slower.len()));
    for stratum in &variance.strata {
        if let Some(share) = placement::share(stratum) {
            points.add(of_target(Metric::PlacementShare, &stratum.target), at, share);
        }
    }
    points.datums()
}

fn of_target(metric: Metric, target: &TargetId) -> Series {
    Series::new(metric, |_| Label::new(target.as_str()))
}
