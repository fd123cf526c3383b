//! How much of a page's spread is a matter of where AWS placed the probe.

use crate::summary::variance::part::Kind;
use crate::summary::variance::stratum::Stratum;

use super::value::Value;

/// Of the variance of warm response times within regions and sizes, the percentage that lies between zones, between CPU
/// models and between sandboxes: what nobody chose.
///
/// Regions and vantages are left out of the whole as well: the fleet file chose them. Absent where a page is measured on
/// hosts, too, where sandboxes cannot be told apart, and where nothing varies.
#[must_use]
pub fn share(stratum: &Stratum) -> Option<Value> {
    let split = stratum.split().filter(|_| !stratum.hosts_only)?;
    split.parts.iter().find(|part| part.part == Kind::Sandbox)?;
    let of = |kinds: &[Kind]| -> f64 {
        split.parts.iter().filter(|part| kinds.contains(&part.part)).filter_map(|part| part.variance).sum()
    };
    let placed = of(&[Kind::AvailabilityZone, Kind::CpuModel, Kind::Sandbox]);
    let left = of(&[Kind::Invocation, Kind::Rest]);
    // A division by nothing is no number, and so no value.
    Value::new(100.0 * placed / (placed + left))
}
