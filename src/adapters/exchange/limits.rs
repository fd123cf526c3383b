//! The limits in time: each phase of each hop, and the whole exchange. Whichever ends first is named.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::failure::Broken;
use super::journal::Journal;
use crate::measurement::outcome::Cause;
use crate::measurement::phase::Phase;
use crate::probe::target::Timeouts;

/// The limits of one exchange, whose clock runs from the moment this is made.
pub(super) struct Limits {
    timeouts: Timeouts,
    end: Option<Instant>,
}

/// When to stop, and which limit says so.
#[derive(Clone, Copy)]
pub(super) struct Limit {
    at: Option<Instant>,
    of: Option<Phase>,
    length: Duration,
}

impl Limits {
    /// The exchange begins now.
    pub(super) fn start(timeouts: Timeouts) -> Self {
        // A length that no clock can add is no limit.
        Self { end: Instant::now().checked_add(timeouts.total), timeouts }
    }

    /// The limit of a phase that begins now, or that of the whole where it is nearer.
    pub(super) fn of(&self, phase: Phase) -> Limit {
        let length = match phase {
            Phase::Resolve => self.timeouts.resolve,
            Phase::Connect => self.timeouts.connect,
            Phase::Tls => self.timeouts.tls,
            // Sending has none of its own: a request that cannot be sent has no first byte either.
            Phase::Send | Phase::Wait => self.timeouts.wait,
            Phase::Receive => self.timeouts.receive,
        };
        match Instant::now().checked_add(length) {
            Some(at) if self.end.is_none_or(|end| at < end) => Limit { at: Some(at), of: Some(phase), length },
            _ => self.total(),
        }
    }

    /// The limit of the whole.
    pub(super) fn total(&self) -> Limit {
        Limit { at: self.end, of: None, length: self.timeouts.total }
    }
}

impl Limit {
    /// Runs a step until it is done or the limit is reached.
    pub(super) async fn hold<T>(self, journal: &Journal, step: impl Future<Output = T>) -> Result<T, Broken> {
        let Some(at) = self.at else { return Ok(step.await) };
        timeout_at(at, step).await.map_err(|_| {
            journal.give_up_waiting();
            self.reached()
        })
    }

    fn reached(self) -> Broken {
        let length = self.length;
        Broken::new(
            Cause::Timeout,
            match self.of {
                Some(phase) => format!("{} took longer than its limit of {length:?}", phase.as_str()),
                None => format!("the whole exchange took longer than its limit of {length:?}"),
            },
        )
    }
}
