//! Keeps each wait for the network, whatever ends it.

use crate::adapters::clock::Timeline;
use crate::measurement::units::Micros;
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

    /// The last question was to be handed to the kernel from `began` on, and has been: from now on there is nothing to do but wait.
    pub(super) fn asked(&mut self, began: Instant) {
        self.from = Some(self.timeline.handed_over(began));
    }

    /// Something was read, with the kernel's receive stamp where there is one. What had come when the one before it was read was
    /// waited for together with that.
    pub(super) fn end(&mut self, stamp: Option<std::time::Duration>) {
        let arrived = stamp.map(|stamp| self.timeline.of_stamp(stamp));
        if let Some(from) = self.from.take() {
            self.waits.push(Wait { from, to: self.timeline.now(), arrived });
        } else if let Some(last) =
            self.waits.last_mut().filter(|last| last.arrived < arrived && arrived <= Some(last.to))
        {
            last.arrived = arrived;
        }
    }

    /// Connected: the answer came one round trip after the question, where the kernel tells the round trip.
    pub(super) fn connected(&mut self, round_trip: Option<Micros>) {
        if let Some(from) = self.from.take() {
            self.waits.push(Wait { from, to: self.timeline.now(), arrived: round_trip.map(|rtt| from + rtt) });
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

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use super::*;

    #[test]
    fn an_answer_that_came_before_we_were_back_from_asking_was_on_its_way() {
        let (timeline, mut waits) = (Timeline::start(), Vec::new());
        let mut waiting = Waiting::new(&timeline, &mut waits);
        let began = waiting.now();
        std::thread::sleep(Duration::from_millis(20));
        let stamp = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        std::thread::sleep(Duration::from_millis(20));
        waiting.asked(began);
        waiting.end(Some(stamp - Duration::from_millis(10)));
        waiting.end(Some(stamp));
        drop(waiting);
        let [wait] = waits[..] else { panic!("{waits:?}") };
        assert!(wait.network().unwrap() >= Micros(18_000), "{wait:?}");
    }
}
