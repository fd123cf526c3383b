//! What an agent has to tell.

use std::io;
use std::time::Duration;

use crate::measurement::identity::{Method, TargetId};
use crate::measurement::miss::Reason;
use crate::measurement::units::UnixMillis;
use crate::measurement::wire::Record;

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A sample is in the archive and survives a power cut.
    Kept(Box<Record>),
    /// A sample could not be kept, and never will be.
    Refused(String),
    /// Slots have no observation.
    Missed {
        /// The page.
        target: TargetId,
        /// The way.
        method: Method,
        /// The first of them.
        first: UnixMillis,
        /// How many.
        count: u64,
        /// Why.
        reason: Reason,
    },
    /// A page that was good, or new, is not good.
    Failing(Box<Record>),
    /// A page that was not good is good again.
    Recovered(Box<Record>),
    /// A slot is done with.
    Slot {
        /// Which.
        slot: UnixMillis,
        /// Exchanges that ended.
        measured: usize,
        /// Of those, how many were not good.
        failed: usize,
    },
    /// The archive does not take samples at the moment.
    ArchiveWaits {
        /// Why.
        reason: String,
        /// Samples in memory.
        waiting: usize,
        /// Tried again after.
        again: Duration,
    },
    /// The archive takes samples again.
    ArchiveBack,
    /// Old samples went.
    Forgotten(u64),
    /// Old samples could not go; tried again later.
    NotForgotten(String),
    /// The clock went back by more than a slot.
    ClockWentBack,
    /// No new exchange begins; these still run.
    Stopping {
        /// How many.
        running: usize,
    },
    /// These exchanges did not end in time and leave no sample.
    Cut {
        /// How many.
        running: usize,
    },
}

/// Who is told.
pub trait Journal: Send {
    /// Takes one event down.
    ///
    /// # Errors
    /// Nobody reads any more: the agent ends in good order.
    fn take(&mut self, event: &Event) -> io::Result<()>;
}
