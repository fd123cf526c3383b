//! Counting exchanges by slot, and noticing when a page turns bad or good.

use std::collections::{BTreeMap, HashMap};

use crate::measurement::units::UnixMillis;
use crate::measurement::wire::Record;

use super::event::Event;

#[derive(Default)]
pub(super) struct Tally {
    slots: BTreeMap<UnixMillis, (usize, usize)>,
    good: HashMap<usize, bool>,
}

impl Tally {
    /// Counts one; what it answers is news.
    pub(super) fn count(&mut self, line: usize, record: &Record) -> Option<Event> {
        let good = record.sample.outcome.is_good();
        let (measured, failed) = self.slots.entry(record.sample.slot_ms.unwrap_or_default()).or_default();
        *measured += 1;
        *failed += usize::from(!good);
        match (self.good.insert(line, good), good) {
            (None | Some(true), false) => Some(Event::Failing(Box::new(record.clone()))),
            (Some(false), true) => Some(Event::Recovered(Box::new(record.clone()))),
            _ => None,
        }
    }

    /// The slots that are done with, taken out.
    pub(super) fn settled(&mut self, before: UnixMillis) -> Vec<Event> {
        let open = self.slots.split_off(&before);
        let settled = std::mem::replace(&mut self.slots, open);
        settled.into_iter().map(|(slot, (measured, failed))| Event::Slot { slot, measured, failed }).collect()
    }
}
