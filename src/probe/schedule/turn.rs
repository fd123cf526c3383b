//! What is to be done now: start one exchange, note what was missed, or wait.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::measurement::identity::TargetId;
use crate::measurement::miss::Reason;
use crate::measurement::units::UnixMillis;

use super::order::Placed;

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Start this line's exchange for this slot; tell [`Schedule::ended`] when it has ended.
    Start {
        /// The line, as an index into [`Schedule::lines`].
        line: usize,
        /// The slot it belongs to.
        slot: UnixMillis,
    },
    /// These slots have passed and stay empty.
    Missed(Missed),
    /// The clock went back by more than a slot: ask the archive what is kept, then [`Schedule::resume`].
    ClockWentBack,
    /// Nothing until then; an exchange that ends may come first.
    Wait(UnixMillis),
}

/// Slots without an observation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// The line, as an index into [`Schedule::lines`].
    pub line: usize,
    /// The first slot missed.
    pub first: UnixMillis,
    /// How many in a row.
    pub count: u64,
    /// Why.
    pub reason: Reason,
}

struct State {
    placed: Placed,
    /// The first slot that is neither started, kept nor missed.
    next: UnixMillis,
    /// Started slots and those kept before, from the time of the last resumption on.
    taken: BTreeSet<UnixMillis>,
    running: Option<UnixMillis>,
    /// It was due and could not start.
    held_up: bool,
    /// Nothing comes after the first slot.
    once: bool,
}

const NEVER: UnixMillis = UnixMillis(i64::MAX);

/// Enough to know a slot again after a small step back of the clock; the archive knows the rest.
const TAKEN_REMEMBERED: usize = 64;

impl State {
    fn due(&self) -> UnixMillis {
        self.next.plus(self.placed.offset)
    }

    /// From here on it is too late to start: offset and lateness take at most half a slot each, so that every start
    /// lies inside its own slot.
    fn expires(&self) -> UnixMillis {
        self.due().plus(self.placed.line.grid.every() / 2)
    }

    fn step_over_taken(&mut self) {
        while self.taken.contains(&self.next) {
            self.next = if self.once { NEVER } else { self.placed.line.grid.next_after(self.next) };
        }
    }

    fn miss(&mut self, line: usize, now: UnixMillis) -> Option<Missed> {
        if self.once || now < self.expires() {
            return None;
        }
        let grid = self.placed.line.grid;
        let first = self.next;
        // What was held up is one miss; what nobody asked for is another, told in a turn of its own.
        let end = if self.held_up {
            grid.next_after(first)
        } else {
            let current = grid.slot_of(UnixMillis(now.0.saturating_sub(offset_ms(&self.placed))));
            let end = if now < current.plus(self.placed.offset).plus(grid.every() / 2) {
                current
            } else {
                grid.next_after(current)
            };
            self.taken.range(first..end).next().copied().unwrap_or(end)
        };
        let reason = if self.held_up { Reason::Overrun } else { Reason::Asleep };
        self.held_up = false;
        self.next = end;
        self.step_over_taken();
        Some(Missed { line, first, count: grid.slots_between(first, end), reason })
    }
}

fn offset_ms(placed: &Placed) -> i64 {
    i64::try_from(placed.offset.as_millis()).unwrap_or(i64::MAX)
}

/// All lines and how far each has come.
pub struct Schedule {
    lines: Vec<State>,
    seen: UnixMillis,
}

impl Schedule {
    /// Begins at a moment; the slot of that moment is still started if it is not too late for it.
    #[must_use]
    pub fn begin(placed: Vec<Placed>, now: UnixMillis) -> Self {
        let lines = placed
            .into_iter()
            .map(|placed| State {
                next: now,
                placed,
                taken: BTreeSet::new(),
                running: None,
                held_up: false,
                once: false,
            })
            .collect();
        let mut schedule = Self { lines, seen: now };
        schedule.resume(now, |_| Vec::new());
        schedule
    }

    /// Each line once, at once, for the slot of this moment however much of it has gone; then it is over.
    #[must_use]
    pub fn only_now(placed: Vec<Placed>, now: UnixMillis) -> Self {
        let at_once = placed.into_iter().map(|placed| Placed { offset: Duration::ZERO, ..placed }).collect();
        let mut schedule = Self::begin(at_once, now);
        schedule.lines.iter_mut().for_each(|state| state.once = true);
        schedule.resume(now, |_| Vec::new());
        schedule
    }

    /// Nothing runs and nothing will be due.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.lines.iter().all(|state| state.next == NEVER && state.running.is_none())
    }

    /// The lines with their offsets, in the order of starting.
    pub fn lines(&self) -> impl ExactSizeIterator<Item = &Placed> {
        self.lines.iter().map(|state| &state.placed)
    }

    /// Goes on from a moment, whatever was before it; `kept` names the slots from then on that need no observation,
    /// by the line's index.
    pub fn resume(&mut self, now: UnixMillis, mut kept: impl FnMut(usize) -> Vec<UnixMillis>) {
        self.seen = now;
        for (i, state) in self.lines.iter_mut().enumerate() {
            state.taken.extend(kept(i));
            state.next = state.placed.line.grid.slot_of(now);
            state.held_up = false;
            if !state.once && now >= state.expires() {
                state.next = state.placed.line.grid.next_after(state.next);
            }
            state.step_over_taken();
        }
    }

    /// What to do at a moment, while `free` says whether another exchange of this page may start now.
    ///
    /// Asked again and again until it says to wait.
    pub fn turn(&mut self, now: UnixMillis, free: impl Fn(&Placed) -> bool) -> Turn {
        let shortest = self.lines.iter().map(|state| state.placed.line.grid.every()).min();
        if shortest.is_some_and(|shortest| self.seen.since(now) > shortest) {
            return Turn::ClockWentBack;
        }
        self.seen = self.seen.max(now);
        if let Some(missed) = self.lines.iter_mut().enumerate().find_map(|(i, state)| state.miss(i, now)) {
            return Turn::Missed(missed);
        }
        let mut due: Vec<usize> = (0..self.lines.len()).filter(|i| self.lines[*i].due() <= now).collect();
        due.sort_by_key(|i| self.lines[*i].due());
        for line in due {
            let target = &self.lines[line].placed.line.target;
            if free(&self.lines[line].placed) && !self.is_running(target) {
                return Turn::Start { line, slot: self.start(line) };
            }
            self.lines[line].held_up = true;
        }
        let next = |state: &State| if state.held_up { state.expires() } else { state.due() };
        Turn::Wait(self.lines.iter().map(next).min().unwrap_or(NEVER))
    }

    fn start(&mut self, line: usize) -> UnixMillis {
        let state = &mut self.lines[line];
        let slot = state.next;
        state.taken.insert(slot);
        while state.taken.len() > TAKEN_REMEMBERED && state.taken.first().is_some_and(|first| *first < slot) {
            state.taken.pop_first();
        }
        state.running = Some(slot);
        state.held_up = false;
        state.step_over_taken();
        slot
    }

    /// Two ways of one page never run together: each would be the other's load.
    fn is_running(&self, target: &TargetId) -> bool {
        self.lines.iter().any(|state| state.running.is_some() && state.placed.line.target == *target)
    }

    /// A line's exchange has ended.
    pub fn ended(&mut self, line: usize) {
        if let Some(state) = self.lines.get_mut(line) {
            state.running = None;
        }
    }

    /// Every slot before this one is done with.
    #[must_use]
    pub fn settled_before(&self) -> UnixMillis {
        let open = |state: &State| state.running.unwrap_or(state.next).min(state.next);
        self.lines.iter().map(open).min().unwrap_or(NEVER)
    }
}

#[cfg(test)]
mod tests;
