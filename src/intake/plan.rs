//! What to do with what came.

use std::collections::HashSet;

use crate::measurement::identity::SampleId;
use crate::measurement::miss::Miss;
use crate::measurement::wire::Record;

use super::arrival::{Arrivals, Poison};

/// Each arrival in exactly one list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// To be published and kept.
    pub fresh: Vec<Record>,
    /// Kept before, or earlier in the same batch: nothing to do.
    pub repeated: Vec<SampleId>,
    /// Slots without an observation, to be kept as such.
    pub missed: Vec<Miss>,
    /// To be set aside, with the reason.
    pub poison: Vec<Poison>,
}

/// Tells the new from the known; of two arrivals with one id the first counts.
#[must_use]
pub fn decide(arrivals: Arrivals, known: &[SampleId]) -> Plan {
    let mut seen: HashSet<SampleId> = known.iter().cloned().collect();
    let mut plan = Plan { missed: arrivals.missed, poison: arrivals.poison, ..Plan::default() };
    for record in arrivals.sound {
        if seen.insert(record.sample.id.clone()) {
            plan.fresh.push(record);
        } else {
            plan.repeated.push(record.sample.id);
        }
    }
    plan
}
