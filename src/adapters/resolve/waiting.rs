//! Keeps each wait for the network, whatever ends it.

use crate::adapters::clock::Timeline;
use crate::probe::transcript::{Instant, Wait};

/// At most one wait at a time; one that is open when this is dropped is kept as well.
pub(super) struct Waiting<'a> {
    timeline: &'a Timeline,
    waits: &'a mut Vec<Wait>,
    from: Option<Instant>,
}

impl<'a> Waiting<'a> {
    pub(super) fn new(timeline: &'a Timeline, waits: &'a mut Vec<Wait>) -> Self {
        Self { timeline, waits, from: None }
    }

    /// Nothing is there to read; a wait that is open already goes on.
    pub(super) fn begin(&mut self) {
        self.from.get_or_insert_with(|| self.timeline.now());
    }

    /// Something was read, with the kernel's receive stamp where there is one.
    pub(super) fn end(&mut self, stamp: Option<std::time::Duration>) {
        if let Some(from) = self.from.take() {
            let arrived = stamp.map(|stamp| self.timeline.of_stamp(stamp));
            self.waits.push(Wait { from, to: self.timeline.now(), arrived });
        }
    }

    /// The time for it ran out at `limit`: until then nothing had come, and what follows is our own lateness.
    pub(super) fn give_up(&mut self, limit: Instant) {
        if let Some(from) = self.from.take() {
            let to = self.timeline.now();
            self.waits.push(Wait { from, to, arrived: Some(limit.min(to)) });
        }
    }

    pub(super) fn now(&self) -> Instant {
        self.timeline.now()
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        // The caller's own time limit: nothing had come by now.
        self.give_up(self.timeline.now());
    }
}
