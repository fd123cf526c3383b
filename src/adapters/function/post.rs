//! Sending: to the queue at home; where that does not take it, to the region's own spool; from there, later, home.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use tokio::time::{Instant, timeout_at};

use super::letter::{Letter, Load, load, newest};
use crate::adapters::aws::failure::Failure;
use crate::adapters::aws::queue::batch::batches;
use crate::adapters::aws::queue::{Held, Queue, RECEIVED_MAX};
use crate::measurement::units::UnixMillis;

/// For all tries to reach the queue at home.
const HOME_PATIENCE: Duration = Duration::from_secs(5);
/// The same for the spool, which is near; both fit into what an invocation keeps for sending.
const SPOOL_PATIENCE: Duration = Duration::from_secs(3);
/// What the queue and the spool did not take is held up to here, the newest first to stay.
const HELD_BYTES_MAX: usize = 8 * 1024 * 1024;
/// What one invocation takes out of the spool, at most, and for how long it may.
pub const DRAINED_MAX: usize = 100;
const DRAIN_PATIENCE: Duration = Duration::from_secs(5);
/// So many calls with it are on their way home together: one after the other, ten to the other side of the earth would take
/// most of the patience. More is taken once all that was taken is on its way: so no more than a receive, at most ten messages
/// of 1 MiB, and three calls, of 1 MiB each, are in the memory of a small function.
const DRAIN_TOGETHER: usize = 4;
/// Nothing is taken from the spool with less time than this left.
const DRAIN_SPARES: Duration = Duration::from_secs(1);
/// A spool that was empty is looked into again after: another sandbox may have left something.
pub const LOOK_EVERY: Duration = Duration::from_secs(300);

/// What became of letters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Posted {
    /// Taken by the queue.
    pub sent: Load,
    /// Taken by the spool.
    pub spooled: Load,
    /// Messages that went from the spool to the queue.
    pub drained: usize,
    /// Taken by neither, and kept here for the next invocation.
    pub held: Load,
    /// Taken by neither, and not kept.
    pub lost: Load,
    /// What went wrong.
    pub notes: Vec<String>,
}

/// The queue, the spool, and what neither took yet.
pub struct Post {
    home: Queue,
    spool: Queue,
    held: Vec<Letter>,
    /// When the spool was last found empty; absent while it may have something.
    empty_at: Option<UnixMillis>,
}

impl Post {
    /// With nothing held.
    #[must_use]
    pub fn new(home: Queue, spool: Queue) -> Self {
        Self { home, spool, held: Vec::new(), empty_at: None }
    }

    /// Sends what is held and these letters; once all of them are at home, what is in the spool.
    ///
    /// Ends before `end`. What was given up for want of an answer may have been taken all the same: a repeat does no harm.
    pub async fn send(&mut self, letters: Vec<Letter>, now: UnixMillis, end: Instant) -> Posted {
        let mut posted = Posted::default();
        let letters: Vec<Letter> = self.held.drain(..).chain(letters).collect();
        // Two fifths of what is left stay for the spool.
        let left = end.saturating_duration_since(Instant::now());
        let until = Instant::now() + HOME_PATIENCE.min(left * 6 / 10);
        let rest = deliver(&self.home, letters, until, &mut posted.sent, &mut posted.notes).await;
        if rest.is_empty() {
            self.drain(now, end, &mut posted).await;
            return posted;
        }
        let until = (Instant::now() + SPOOL_PATIENCE).min(end);
        let rest = deliver(&self.spool, rest, until, &mut posted.spooled, &mut posted.notes).await;
        self.empty_at = None;
        (self.held, posted.lost) = newest(rest, HELD_BYTES_MAX);
        posted.held = load(&self.held);
        posted
    }

    async fn drain(&mut self, now: UnixMillis, end: Instant, posted: &mut Posted) {
        if self.empty_at.is_some_and(|at| now >= at && now.since(at) < LOOK_EVERY) {
            return;
        }
        let until = (Instant::now() + DRAIN_PATIENCE).min(end.checked_sub(DRAIN_SPARES).unwrap_or(end));
        if until <= Instant::now() {
            return;
        }
        let drained = Cell::new(0);
        let done = timeout_at(until, self.rounds(&drained)).await;
        posted.drained = drained.get();
        match done {
            Ok(Ok(is_empty)) => self.empty_at = is_empty.then_some(now),
            Ok(Err(note)) => posted.notes.push(format!("the spool is not emptied: {note}")),
            Err(_) => posted.notes.push("the spool is not emptied: no time left in this invocation".to_owned()),
        }
    }

    /// Takes from the spool while what was taken is on its way home; true once the spool is empty.
    async fn rounds(&self, drained: &Cell<usize>) -> Result<bool, String> {
        let (is_empty, broken) = (&Cell::new(false), &RefCell::new(None));
        let breaks = |failure: Failure| {
            broken.borrow_mut().get_or_insert(failure.to_string());
        };
        // Counted by messages: a receive may give fewer than are there.
        let received = stream::unfold(DRAINED_MAX, |left| async move {
            if left == 0 || broken.borrow().is_some() {
                return None;
            }
            let found = self.spool.receive(RECEIVED_MAX.min(left)).await.map_err(breaks).ok()?;
            is_empty.set(found.is_empty());
            let left = left.saturating_sub(found.len());
            (!found.is_empty()).then_some((found, left))
        });
        // Each call's messages are deleted after it: those that are at home when time runs out need not come again.
        let calls = received.flat_map(|found| stream::iter(batches(found, length)));
        let bring = |call: Vec<Held>| async move {
            if broken.borrow().is_none() {
                self.bring_home(call, drained).await.unwrap_or_else(breaks);
            }
        };
        calls.for_each_concurrent(DRAIN_TOGETHER, bring).await;
        broken.take().map_or(Ok(is_empty.get()), Err)
    }

    /// Sends what was taken from the spool home, and deletes there what home took.
    async fn bring_home(&self, found: Vec<Held>, drained: &Cell<usize>) -> Result<(), Failure> {
        let (messages, mut receipts): (_, Vec<_>) = found.into_iter().map(|held| (held.message, held.receipt)).unzip();
        let sent = self.home.send(messages).await;
        for unsent in sent.unsent.iter().rev() {
            receipts.remove(unsent.place);
        }
        drained.set(drained.get() + receipts.len());
        self.spool.delete(&receipts).await?;
        sent.unsent.into_iter().next().map_or(Ok(()), |unsent| Err(unsent.failure))
    }
}

fn length(held: &Held) -> usize {
    held.message.len()
}

/// Gives letters to a queue; returns those that it did not take.
async fn deliver(
    queue: &Queue,
    letters: Vec<Letter>,
    until: Instant,
    taken: &mut Load,
    notes: &mut Vec<String>,
) -> Vec<Letter> {
    if letters.is_empty() {
        return letters;
    }
    let texts = letters.iter().map(|letter| letter.text.clone()).collect();
    let Ok(sent) = timeout_at(until, queue.send(texts)).await else {
        notes.push(format!("sqs:SendMessage on {}: no answer in the time there was", queue.url()));
        return letters;
    };
    let mut why = None;
    let mut rest = Vec::new();
    for (place, letter) in letters.into_iter().enumerate() {
        match sent.unsent.iter().find(|unsent| unsent.place == place) {
            None => *taken += letter.load,
            Some(unsent) => {
                why.get_or_insert_with(|| unsent.failure.to_string());
                rest.push(letter);
            }
        }
    }
    notes.extend(why);
    rest
}
