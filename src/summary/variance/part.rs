//! One part of a spread.

use serde::Serialize;

use super::place::Factor;

/// What makes a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Regions apart from each other.
    Region,
    /// Vantages of one region.
    Vantage,
    /// Zones of one vantage.
    AvailabilityZone,
    /// CPU models of one zone.
    CpuModel,
    /// Sandboxes of one place.
    Sandbox,
    /// A sandbox's first and second invocations against its later ones.
    Invocation,
    /// One sandbox from one time to the next.
    Rest,
    /// The last three together, where they cannot be told apart.
    SandboxAndRest,
}

impl From<Factor> for Kind {
    fn from(factor: Factor) -> Self {
        match factor {
            Factor::Region => Self::Region,
            Factor::Vantage => Self::Vantage,
            Factor::AvailabilityZone => Self::AvailabilityZone,
            Factor::CpuModel => Self::CpuModel,
        }
    }
}

/// How much of the spread one thing makes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Part {
    /// Which.
    pub part: Kind,
    /// How many of it there are; 0 where samples do not say, and for the rest.
    pub levels: usize,
    /// In the unit of the scale squared, never below 0; absent where nothing could vary: one level, or none known.
    pub variance: Option<f64>,
    /// Of the sum of all parts: the shares add up to 1. Absent with `variance`, and where nothing varies at all.
    pub share: Option<f64>,
}

impl Part {
    /// A part whose share is not known yet.
    #[must_use]
    pub fn new(part: Kind, levels: usize, variance: Option<f64>) -> Self {
        Self { part, levels, variance: variance.map(|variance| variance.max(0.0)), share: None }
    }
}

/// Divides each part by the sum of all.
pub fn share_out(parts: &mut [Part]) {
    let total: f64 = parts.iter().filter_map(|part| part.variance).sum();
    for part in parts.iter_mut().filter(|_| total > 0.0) {
        part.share = part.variance.map(|variance| variance / total);
    }
}
