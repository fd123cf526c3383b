//! The latest slots of one target at one place, and whether it is down there.

use std::collections::BTreeMap;

use crate::measurement::identity::{Method, Vantage};
use crate::measurement::sample::Sample;
use crate::measurement::units::UnixMillis;

/// What a place measures a page by: functions of several sizes or methods lie in one region, and measure in the same slots.
type Arm = (Vantage, Method);

/// The latest slots of each arm of a place, and whether each slot was bad.
#[derive(Clone, Debug, Default)]
pub struct Latest(BTreeMap<Arm, Vec<(UnixMillis, bool)>>);

impl Latest {
    /// Takes a sample in, in any order; of each arm so many slots are kept.
    ///
    /// Samples of one slot and arm are one observation, and a good one decides: a page that answered one is not down. A
    /// sample without a slot is a slot of its own.
    pub fn add(&mut self, sample: &Sample, kept: usize) {
        let (slot, bad) = (sample.slot_ms.unwrap_or(sample.started_at_ms), !sample.outcome.is_good());
        let slots = self.0.entry((sample.vantage.clone(), sample.method.clone())).or_default();
        // The latest first.
        match slots.binary_search_by(|(then, _)| slot.cmp(then)) {
            Ok(place) => slots[place].1 &= bad,
            Err(place) if place < kept => {
                slots.insert(place, (slot, bad));
                slots.truncate(kept);
            }
            Err(_) => {}
        }
    }

    /// Whether the page is down here by its latest `in_a_row` slots; nothing where no arm has as many.
    ///
    /// An arm alone has to see that many in a row fail, and since the first of them no other may have seen anything else: what
    /// another arm of the place was answered then, the page did answer. What one was answered before takes nothing back.
    #[must_use]
    pub fn is_down(&self, in_a_row: usize) -> Option<bool> {
        let mut rows = self.0.values().filter_map(|slots| slots.get(..in_a_row)).peekable();
        rows.peek()?;
        let fails = |row: &[(UnixMillis, bool)]| {
            let first = row.last().map(|(slot, _)| *slot);
            self.0.values().flatten().filter(|(slot, _)| Some(*slot) >= first).all(|(_, bad)| *bad)
        };
        Some(rows.any(fails))
    }
}
