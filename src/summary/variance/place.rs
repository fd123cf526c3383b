//! A place: what is fixed about where a sample was measured.

use serde::Serialize;

use crate::measurement::environment::Environment;
use crate::measurement::sample::Sample;

/// From the widest to the narrowest; places in order are places by region, then vantage, zone and CPU model.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    names: [Option<String>; 4],
}

/// One of the four levels of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// The AWS region; absent on hosts.
    Region,
    /// The vantage: on Lambda, a region and a memory size.
    Vantage,
    /// The availability zone within a vantage.
    AvailabilityZone,
    /// The CPU model within a zone.
    CpuModel,
}

impl Factor {
    /// From the widest to the narrowest.
    pub const ALL: [Self; 4] = [Self::Region, Self::Vantage, Self::AvailabilityZone, Self::CpuModel];
}

impl Place {
    /// Where a sample was measured.
    #[must_use]
    pub fn of(sample: &Sample, environment: &Environment) -> Self {
        let vantage = Some(sample.vantage.to_string());
        Self { names: [environment.region.clone(), vantage, environment.az_id.clone(), environment.cpu_model.clone()] }
    }

    /// The name of one level; absent where it is not known.
    #[must_use]
    pub fn name(&self, factor: Factor) -> Option<&str> {
        self.names[factor as usize].as_deref()
    }

    /// Whether both lie in the same place, looked at down to `factor`.
    #[must_use]
    pub fn shares(&self, other: &Self, factor: Factor) -> bool {
        let depth = factor as usize + 1;
        self.names[..depth] == other.names[..depth]
    }

    /// Where sandboxes are counted: the region, or the vantage where there is no region.
    #[must_use]
    pub fn region_or_vantage(&self) -> &str {
        self.name(Factor::Region).or(self.name(Factor::Vantage)).unwrap_or_default()
    }
}
