//! What the layers of one exchange note as it happens: borders between phases, waits, arrivals, how it broke.

mod notes;

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use tokio::sync::Notify;

use crate::adapters::clock::Timeline;
use crate::adapters::kernel::{self, Stamp};
use crate::measurement::hop::OnWire;
use crate::measurement::phase::Phase;
use crate::measurement::units::Micros;
use crate::probe::transcript::{Border, Instant, Reading, Transcript, Wait};

use notes::Notes;

/// How far the request and its answer have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Progress {
    /// Nothing of the request has been written.
    #[default]
    Idle,
    /// Some of it has.
    Writing,
    /// The kernel has all of it.
    Sent,
    /// The first byte of the response header is there.
    Answered,
}

/// One exchange's notes, shared by the socket, the plaintext tap and the steps. All on one thread.
#[derive(Clone)]
pub(super) struct Journal(Rc<Shared>);

struct Shared {
    timeline: Timeline,
    first_byte: Notify,
    notes: RefCell<Notes>,
}

/// The thread's counters now, beside an instant that has just passed.
fn reading(at: Instant) -> Reading {
    Reading { at, cpu: kernel::thread_cpu(), run_delay: kernel::run_delay() }
}

/// What one hop leaves.
pub(super) struct HopNotes {
    pub(super) transcript: Transcript,
    pub(super) arrivals: Vec<Instant>,
    pub(super) header_bytes: Option<u64>,
    pub(super) on_wire: Option<OnWire>,
}

impl Journal {
    /// Starts the clock.
    pub(super) fn start() -> Self {
        // Room for a usual hop, so that noting does not allocate within the timed part.
        let mut notes = Notes { arrivals: Vec::with_capacity(64), ..Notes::default() };
        notes.hop.borders.reserve(8);
        notes.hop.waits.reserve(64);
        notes.hop.stamped = kernel::HAS_RECEIVE_STAMPS;
        // The counters before the clock: a thread may be held on its way back from reading them, and what comes after the clock's start
        // has to be in them.
        notes.hop.borders.push(Border { reading: reading(Micros::ZERO), entering: None });
        Self(Rc::new(Shared { notes: RefCell::new(notes), first_byte: Notify::new(), timeline: Timeline::start() }))
    }

    pub(super) fn timeline(&self) -> &Timeline {
        &self.0.timeline
    }

    pub(super) fn now(&self) -> Instant {
        self.0.timeline.now()
    }

    /// A phase begins now, or none does.
    pub(super) fn enter(&self, entering: Option<Phase>) {
        self.enter_at(entering, self.now());
    }

    /// A phase began at an instant that has just passed.
    pub(super) fn enter_at(&self, entering: Option<Phase>, at: Instant) {
        let reading = reading(at);
        self.0.notes.borrow_mut().enter(entering, reading);
    }

    pub(super) fn phase(&self) -> Option<Phase> {
        self.0.notes.borrow().phase
    }

    /// The phase that is running, or else the last one of this hop.
    pub(super) fn last_phase(&self) -> Option<Phase> {
        self.0.notes.borrow().hop.borders.iter().rev().find_map(|border| border.entering)
    }

    /// A wait that someone else saw.
    pub(super) fn wait(&self, wait: Wait) {
        self.0.notes.borrow_mut().hop.waits.push(wait);
    }

    pub(super) fn waits(&self, waits: &[Wait]) {
        self.0.notes.borrow_mut().hop.waits.extend_from_slice(waits);
    }

    /// The socket has nothing to read.
    pub(super) fn pending(&self) {
        let mut notes = self.0.notes.borrow_mut();
        if notes.pending_since.is_none() {
            let now = self.now();
            notes.pending_since = Some(notes.idle_since(kernel::thread_cpu()).map_or(now, |since| since.min(now)));
        }
    }

    /// A read brought something; `begins` says whether a piece that can be read by itself, a record of TLS, begins in it.
    pub(super) fn read(&self, length: usize, stamp: Option<Stamp>, begins: bool) {
        let at = self.now();
        let arrived = stamp.map(|stamp| self.0.timeline.of_stamp(stamp));
        let cpu = kernel::thread_cpu();
        let mut notes = self.0.notes.borrow_mut();
        if length == 0 {
            notes.ended = true;
            notes.end_fruitless_wait(at);
        } else {
            // Found at once, but it came when we had nothing left to do: we were not let run.
            if notes.pending_since.is_none() && arrived.is_some() {
                notes.pending_since = notes.idle_since(cpu).filter(|since| arrived > Some(*since));
            }
            notes.end_wait(at, arrived);
        }
        notes.active = Some((at, cpu));
        notes.last_read = Some(at);
        notes.last_arrival = arrived;
        if let Some(arrived) = arrived {
            notes.largest_stall = notes.largest_stall.max(Some(at.saturating_sub(arrived)));
            if notes.progress < Progress::Answered && begins {
                notes.arrivals.clear();
            }
            if notes.progress > Progress::Idle {
                notes.arrivals.push(arrived);
            }
        }
    }

    /// The kernel took some bytes, which it was to be handed from `began` on.
    pub(super) fn wrote(&self, began: Instant) {
        let at = self.0.timeline.handed_over(began);
        let cpu = kernel::thread_cpu();
        let mut notes = self.0.notes.borrow_mut();
        notes.last_write = Some(at);
        notes.active = Some((at, cpu));
        // Whoever writes is not waiting: a read found nothing before this, but the wait for it begins only now.
        if let Some(since) = notes.pending_since.as_mut() {
            *since = at;
        }
    }

    /// The room in the socket's buffer that a write had to wait for.
    pub(super) fn write_unblocked(&self, from: Instant) {
        let to = self.now();
        self.wait(Wait { from, to, arrived: kernel::HAS_RECEIVE_STAMPS.then_some(to) });
    }

    /// The socket failed.
    pub(super) fn broke(&self, error: &io::Error) {
        let at = self.now();
        let mut notes = self.0.notes.borrow_mut();
        notes.end_fruitless_wait(at);
        notes.broken = Some(error.kind());
    }

    pub(super) fn broken(&self) -> Option<io::ErrorKind> {
        self.0.notes.borrow().broken
    }

    /// The other end has closed its half.
    pub(super) fn ended(&self) -> bool {
        self.0.notes.borrow().ended
    }

    pub(super) fn progress(&self) -> Progress {
        self.0.notes.borrow().progress
    }

    /// The SYN of the connection that came to stand left just after this instant.
    pub(super) fn departed(&self, at: Instant) {
        self.0.notes.borrow_mut().departed = Some(at);
    }

    /// Some of the request goes out.
    pub(super) fn writing(&self) {
        let mut notes = self.0.notes.borrow_mut();
        if notes.departed.is_none() {
            notes.departed = Some(self.now());
        }
        notes.progress = notes.progress.max(Progress::Writing);
    }

    /// All that was written has been handed to the kernel.
    pub(super) fn flushed(&self) {
        if self.progress() == Progress::Writing {
            let at = self.0.notes.borrow().last_write.unwrap_or_else(|| self.now());
            self.0.notes.borrow_mut().progress = Progress::Sent;
            self.enter_at(Some(Phase::Wait), at);
        }
    }

    /// The first byte of the response header has been decrypted: it came with the last read.
    pub(super) fn answered(&self) {
        // An answer that overtakes the end of the request.
        self.flushed();
        if self.progress() == Progress::Sent {
            let at = self.0.notes.borrow().last_read.unwrap_or_else(|| self.now());
            self.enter_at(Some(Phase::Receive), at);
            let mut notes = self.0.notes.borrow_mut();
            notes.progress = Progress::Answered;
            notes.first_arrival = notes.last_arrival;
            if notes.arrivals.is_empty() {
                let arrival = notes.last_arrival;
                notes.arrivals.extend(arrival);
            }
            notes.record_arrival = notes.arrivals.first().copied();
            drop(notes);
            self.0.first_byte.notify_one();
        }
    }

    /// Returns once [`Self::answered`] has been called.
    pub(super) async fn first_byte(&self) {
        self.0.first_byte.notified().await;
    }

    /// Bytes of response header, counted by the tap.
    pub(super) fn header_bytes(&self, count: u64) {
        let mut notes = self.0.notes.borrow_mut();
        notes.header_bytes = Some(notes.header_bytes.unwrap_or(0) + count);
    }

    /// Another request begins on whatever connection.
    pub(super) fn new_request(&self) {
        let mut notes = self.0.notes.borrow_mut();
        notes.progress = Progress::Idle;
        (notes.header_bytes, notes.departed) = (None, None);
        (notes.first_arrival, notes.record_arrival) = (None, None);
        notes.arrivals.clear();
        drop(notes);
        // A permit left over from the last answer would start the next one's limit too early.
        let mut left_over = std::pin::pin!(self.0.first_byte.notified());
        left_over.as_mut().enable();
    }

    /// Another connection begins.
    pub(super) fn new_connection(&self) {
        let mut notes = self.0.notes.borrow_mut();
        (notes.broken, notes.ended, notes.pending_since) = (None, false, None);
        (notes.last_read, notes.last_arrival, notes.last_write, notes.active) = (None, None, None, None);
    }

    /// Nothing has come since the wait began, and it is given up.
    pub(super) fn give_up_waiting(&self) {
        let at = self.now();
        self.0.notes.borrow_mut().end_fruitless_wait(at);
    }

    /// The hop ends now, and the next begins.
    pub(super) fn end_hop(&self) -> HopNotes {
        let end = reading(self.now());
        let mut notes = self.0.notes.borrow_mut();
        notes.enter(None, end);
        let end = notes.hop.borders.last().map_or(end, |border| border.reading);
        let next = Transcript {
            borders: vec![Border { reading: end, entering: None }],
            stamped: kernel::HAS_RECEIVE_STAMPS,
            ..Transcript::default()
        };
        let mut transcript = std::mem::replace(&mut notes.hop, next);
        transcript.end = end;
        HopNotes {
            transcript,
            on_wire: notes.on_wire(),
            arrivals: std::mem::take(&mut notes.arrivals),
            header_bytes: notes.header_bytes.take(),
        }
    }

    /// The largest time that a packet lay unread.
    pub(super) fn largest_stall(&self) -> Option<Micros> {
        self.0.notes.borrow().largest_stall
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
