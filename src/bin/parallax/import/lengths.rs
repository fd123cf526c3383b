//! Whether values are of the unit that they are said to be.

use parallax::measurement::wire::Record;

/// A page takes no longer than this at the median, nor less than [`SHORT_US`]: the unit is wrong.
const LONG_US: u64 = 600_000_000;
const SHORT_US: u64 = 1;

/// How many values are longer or shorter than a page takes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lengths {
    timed: u64,
    long: u64,
    short: u64,
}

impl Lengths {
    pub(super) fn count(&mut self, record: &Record) {
        if let Some(latency) = record.sample.latency() {
            self.timed += 1;
            self.long += u64::from(latency.0 > LONG_US);
            self.short += u64::from(latency.0 < SHORT_US);
        }
    }

    /// More than half of the values are too long, or too short, to be pages.
    pub(super) fn doubtful(self) -> Option<&'static str> {
        if self.timed == 0 {
            None
        } else if self.long * 2 > self.timed {
            Some("more than half of the values are over 10 minutes")
        } else if self.short * 2 > self.timed {
            Some("more than half of the values are under 1 µs")
        } else {
            None
        }
    }
}
