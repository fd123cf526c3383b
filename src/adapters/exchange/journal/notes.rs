//! What has been noted so far, and what follows from it.

use std::io;

use super::Progress;
use crate::adapters::kernel;
use crate::measurement::hop::OnWire;
use crate::measurement::phase::Phase;
use crate::measurement::units::Micros;
use crate::probe::transcript::{Border, Instant, Reading, Transcript, Wait};

/// Of one exchange.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) hop: Transcript,
    pub(super) phase: Option<Phase>,
    pub(super) progress: Progress,
    pub(super) pending_since: Option<Instant>,
    pub(super) last_read: Option<Instant>,
    pub(super) last_arrival: Option<Instant>,
    pub(super) last_write: Option<Instant>,
    /// When something was last read or written, and the thread's CPU time then.
    pub(super) active: Option<(Instant, Option<Micros>)>,
    /// Of the record that the first byte of the header turns out to be in, and of all that follows.
    pub(super) arrivals: Vec<Instant>,
    /// Just before the SYN, or else before the first byte of the request.
    pub(super) departed: Option<Instant>,
    /// When the packet came with which the first byte of the header could be read.
    pub(super) first_arrival: Option<Instant>,
    /// When the one came that its record began with.
    pub(super) record_arrival: Option<Instant>,
    pub(super) header_bytes: Option<u64>,
    pub(super) largest_stall: Option<Micros>,
    pub(super) broken: Option<io::ErrorKind>,
    pub(super) ended: bool,
}

impl Notes {
    pub(super) fn on_wire(&self) -> Option<OnWire> {
        let (departed, first, last) = (self.departed?, self.first_arrival?, self.last_arrival?);
        let record = self.record_arrival.filter(|record| *record < first);
        Some(OnWire {
            first_packet_us: record.map(|record| record.saturating_sub(departed)),
            first_byte_us: first.saturating_sub(departed),
            last_byte_us: last.max(first).saturating_sub(departed),
        })
    }

    pub(super) fn enter(&mut self, entering: Option<Phase>, mut reading: Reading) {
        if let Some(last) = self.hop.borders.last() {
            reading.at = reading.at.max(last.reading.at);
        }
        self.phase = entering;
        self.hop.borders.push(Border { reading, entering });
    }

    /// Since when there has been nothing to do but wait: the last read or write, and the work that it made.
    ///
    /// Not when the socket was next found empty: a thread that is kept from the processor would find that out late, or
    /// never, and the packet that was on its way meanwhile would seem to have been here. Absent where the thread's CPU
    /// time is not known.
    pub(super) fn idle_since(&self, cpu: Option<Micros>) -> Option<Instant> {
        let (at, before) = self.active?;
        Some(at + cpu?.saturating_sub(before?))
    }

    pub(super) fn end_wait(&mut self, to: Instant, arrived: Option<Instant>) {
        if let Some(from) = self.pending_since.take() {
            self.hop.waits.push(Wait { from, to, arrived });
        }
    }

    /// The end of a stream, a reset and a limit carry no stamp. Nothing had come until then, or it would have been read:
    /// so the whole wait was for the network.
    pub(super) fn end_fruitless_wait(&mut self, to: Instant) {
        self.end_wait(to, kernel::HAS_RECEIVE_STAMPS.then_some(to));
    }
}
