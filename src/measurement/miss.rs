//! A slot without an observation: what was not measured is data too.

use serde::{Deserialize, Serialize};

use super::identity::{Method, TargetId, Vantage};
use super::units::UnixMillis;

/// One slot of one source that passed without an observation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Miss {
    /// The page.
    pub target: TargetId,
    /// The place.
    pub vantage: Vantage,
    /// The way.
    pub method: Method,
    /// The slot's scheduled time.
    pub slot_ms: UnixMillis,
    /// Why.
    pub reason: Reason,
}

/// Why a slot has no observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Earlier exchanges were still running.
    Overrun,
    /// Nobody asked while it was due: the host slept, or its clock was set forward.
    Asleep,
    /// The time of the function's invocation would not have been enough, or was not.
    Deadline,
    /// The value of a header that belongs to the request could not be had; without it another page would be measured.
    Header,
}

impl Reason {
    /// The word in JSON and in messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Overrun => "overrun",
            Self::Asleep => "asleep",
            Self::Deadline => "deadline",
            Self::Header => "header",
        }
    }
}
