//! The thread that keeps samples: it alone touches the archive.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use crate::adapters::clock;
use crate::measurement::units::UnixMillis;
use crate::measurement::wire::Record;
use crate::probe::schedule::grid::Grid;
use crate::probe::schedule::order::Line;
use crate::probe::schedule::turn::Missed;

use super::Keep;
use super::event::Event;
use super::inbox::Happened;

/// What the writer is asked to do, in this order.
pub(super) enum Order {
    Keep(Box<Record>),
    /// Which slots of each line have a sample, from a moment on.
    Slots(Vec<Line>, UnixMillis),
    /// Slots of a line that passed without an observation.
    Miss(Line, Missed),
}

/// Of one stretch of missed slots no more than the last so many are kept: a clock set forward by a century misses
/// hundreds of millions. At three minutes it is more than half a year.
const MISSED_KEPT: u64 = 100_000;

/// Samples held while the archive does not take them: some 40 MB at most.
pub(super) const BACKLOG_MAX: usize = 10_000;
/// Kept together: as many as come within a moment, and few enough for one message of the wire format.
const BATCH_MAX: usize = 32;
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_LONGEST: Duration = Duration::from_secs(30);
/// Once the agent was told to end.
const RETRY_AT_LAST: Duration = Duration::from_secs(1);
/// So long is a broken archive tried again after the agent was told to end.
pub(super) const FAREWELL: Duration = Duration::from_secs(10);
const FORGET_EVERY: Duration = Duration::from_secs(3_600);

/// Why the writer ended.
pub(super) struct Farewell {
    /// Samples that were measured and are not kept.
    pub(super) lost: usize,
    /// What the archive said last, where it did not take them.
    pub(super) reason: String,
}

pub(super) struct Writer {
    pub(super) keeper: Box<dyn Keep>,
    pub(super) keep: Option<Duration>,
    pub(super) agent: Sender<Happened>,
    pub(super) events: Sender<Event>,
}

struct Trouble {
    reason: String,
    again: Duration,
    at: Instant,
}

impl Writer {
    /// Keeps until nobody sends any more and all is kept, or until it has to give up.
    pub(super) fn write(mut self, orders: &Receiver<Order>) -> Farewell {
        let mut backlog: VecDeque<Order> = VecDeque::new();
        let mut trouble: Option<Trouble> = None;
        let mut last_words: Option<Instant> = None;
        let mut forget_at = Instant::now();
        loop {
            if self.keep.is_some() && Instant::now() >= forget_at {
                self.forget();
                forget_at = Instant::now() + FORGET_EVERY;
            }
            let ready = trouble.as_ref().is_none_or(|trouble| Instant::now() >= trouble.at);
            if ready && !backlog.is_empty() {
                match self.step(&mut backlog) {
                    Ok(()) if trouble.take().is_some() => self.tell(Event::ArchiveBack),
                    Ok(()) => {}
                    Err(reason) => {
                        let longest = if last_words.is_some() { RETRY_AT_LAST } else { RETRY_LONGEST };
                        trouble = Some(self.wait_after(trouble.as_ref(), longest, reason, backlog.len()));
                    }
                }
            }
            let given_up = last_words.is_some_and(|until| Instant::now() >= until) || backlog.len() > BACKLOG_MAX;
            if (backlog.is_empty() && last_words.is_some()) || (trouble.is_some() && given_up) {
                let lost = backlog.iter().filter(|order| matches!(order, Order::Keep(_))).count();
                return Farewell { lost, reason: trouble.map(|trouble| trouble.reason).unwrap_or_default() };
            }
            let pause = match &trouble {
                Some(trouble) => trouble.at.saturating_duration_since(Instant::now()),
                None if !backlog.is_empty() => Duration::ZERO,
                None => forget_at.saturating_duration_since(Instant::now()).max(Duration::from_secs(1)),
            };
            if last_words.is_some() {
                std::thread::sleep(pause.min(Duration::from_millis(200)));
            } else if gather(orders, pause, &mut backlog) {
                last_words = Some(Instant::now() + FAREWELL);
                // Tried at once, and often: there are no more than these few seconds.
                if let Some(trouble) = &mut trouble {
                    (trouble.at, trouble.again) = (Instant::now(), RETRY_FIRST / 2);
                }
            }
        }
    }

    /// Does the first orders of the backlog, and takes them out once they are done.
    fn step(&mut self, backlog: &mut VecDeque<Order>) -> Result<(), String> {
        if let Some(Order::Slots(lines, from)) = backlog.front() {
            let slots: Result<Vec<_>, _> = lines.iter().map(|line| self.keeper.slots(line, *from)).collect();
            let slots = slots.map_err(|error| error.to_string())?;
            // Nobody waits for the answer of an agent that has ended.
            let _ = self.agent.send(Happened::Slots(slots));
            backlog.pop_front();
            return Ok(());
        }
        if let Some(Order::Miss(line, missed)) = backlog.front() {
            let slots = last_slots(line.grid, missed);
            self.keeper.miss(line, &slots, missed.reason).map_err(|error| error.to_string())?;
            backlog.pop_front();
            return Ok(());
        }
        let samples = backlog.iter().map_while(|order| match order {
            Order::Keep(record) => Some(Record::clone(record)),
            Order::Slots(..) | Order::Miss(..) => None,
        });
        let batch: Vec<Record> = samples.take(BATCH_MAX).collect();
        let kept = self.keeper.keep(&batch).map_err(|error| error.to_string())?;
        backlog.drain(..batch.len());
        kept.refused.into_iter().for_each(|reason| self.tell(Event::Refused(reason)));
        for record in batch {
            if kept.ids.contains(&record.sample.id) {
                self.tell(Event::Kept(Box::new(record)));
            }
        }
        Ok(())
    }

    fn wait_after(&self, before: Option<&Trouble>, longest: Duration, reason: String, waiting: usize) -> Trouble {
        let again = before.map_or(RETRY_FIRST, |before| (before.again * 2).min(longest));
        self.tell(Event::ArchiveWaits { reason: reason.clone(), waiting, again });
        Trouble { reason, again, at: Instant::now() + again }
    }

    fn forget(&mut self) {
        let Some(keep) = self.keep else { return };
        match self.keeper.forget_before(clock::wall().minus(keep)) {
            Ok(0) => {}
            Ok(gone) => self.tell(Event::Forgotten(gone)),
            Err(error) => self.tell(Event::NotForgotten(error.to_string())),
        }
    }

    fn tell(&self, event: Event) {
        // The teller outlives the writer; where it does not, there is nobody to tell.
        let _ = self.events.send(event);
    }
}

fn last_slots(grid: Grid, missed: &Missed) -> Vec<UnixMillis> {
    let every = i64::try_from(grid.every().as_millis()).unwrap_or(i64::MAX);
    let slot =
        |n: u64| UnixMillis(missed.first.0.saturating_add(i64::try_from(n).unwrap_or(i64::MAX).saturating_mul(every)));
    (missed.count.saturating_sub(MISSED_KEPT)..missed.count).map(slot).collect()
}

/// Takes what has come, waiting a while for the first; true when nothing can come any more.
fn gather(orders: &Receiver<Order>, pause: Duration, backlog: &mut VecDeque<Order>) -> bool {
    match orders.recv_timeout(pause) {
        Ok(order) => backlog.push_back(order),
        Err(RecvTimeoutError::Timeout) => return false,
        Err(RecvTimeoutError::Disconnected) => return true,
    }
    backlog.extend(orders.try_iter().take(BACKLOG_MAX));
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measurement::miss::Reason;

    #[test]
    fn of_a_stretch_without_end_the_last_slots_are_kept() {
        let grid = Grid::new(Duration::from_secs(60)).unwrap();
        let missed = |count| Missed { line: 0, first: UnixMillis(60_000), count, reason: Reason::Asleep };
        assert_eq!(last_slots(grid, &missed(3)), [60_000, 120_000, 180_000].map(UnixMillis));
        let many = last_slots(grid, &missed(1_000_000));
        assert_eq!((many.len(), many.last()), (100_000, Some(&UnixMillis(60_000 * 1_000_000))));
        assert_eq!(last_slots(grid, &missed(u64::MAX)).len(), 100_000);
    }
}
