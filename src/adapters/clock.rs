//! The clocks, read in one place.

use std::time::{Duration, Instant as Monotonic, SystemTime, UNIX_EPOCH};

use crate::measurement::units::{Micros, UnixMillis};
use crate::probe::transcript::Instant;

/// The wall clock.
#[must_use]
pub fn wall() -> UnixMillis {
    UnixMillis(i64::try_from(since_epoch().as_millis()).unwrap_or(i64::MAX))
}

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Close enough for two clocks to be read together: an idle machine takes far less.
const TOGETHER: Duration = Duration::from_micros(5);
/// A thread that is not let run for so many times in a row is looked at as it is.
const TRIES: u32 = 8;

/// The kernel has a packet on its way sooner than this.
const HANDING_OVER_MAX: Micros = Micros(1_000);

/// Both clocks at one moment.
///
/// A thread can be held up between two reads, for milliseconds on a busy machine, and would take that for a clock that
/// was set; so the wall clock is read between two reads of the other, and again where these lie apart.
fn both() -> (Monotonic, Duration) {
    closest(TRIES, || {
        let before = Monotonic::now();
        let wall = since_epoch();
        (before, wall, before.elapsed())
    })
}

/// The reading that took least, or the first that took little enough.
fn closest<T>(tries: u32, mut read: impl FnMut() -> (T, Duration, Duration)) -> (T, Duration) {
    let (mut monotonic, mut wall, mut took) = read();
    for _ in 1..tries {
        if took <= TOGETHER {
            break;
        }
        let next = read();
        if next.2 < took {
            (monotonic, wall, took) = next;
        }
    }
    (monotonic, wall)
}

/// The clock of one exchange: monotonic, with its zero at the exchange's first instant.
#[derive(Clone, Copy, Debug)]
pub struct Timeline {
    origin: Monotonic,
    started: Duration,
}

impl Timeline {
    /// Starts now.
    #[must_use]
    pub fn start() -> Self {
        let (origin, started) = both();
        Self { started, origin }
    }

    /// The wall clock at the start.
    #[must_use]
    pub fn started_at(&self) -> UnixMillis {
        UnixMillis(i64::try_from(self.started.as_millis()).unwrap_or(i64::MAX))
    }

    /// The instant it is.
    #[must_use]
    pub fn now(&self) -> Instant {
        Micros::from(self.origin.elapsed())
    }

    /// When the kernel had what it was to be handed from `began` on, seen from right after.
    ///
    /// A thread that has used up its share is held on its way back from the kernel, and the packet travels meanwhile. Only this clock
    /// may be read before: it is no call of the kernel, from which the thread would have to come back as well.
    #[must_use]
    pub fn handed_over(&self, began: Instant) -> Instant {
        self.now().min(began + HANDING_OVER_MAX)
    }

    /// The instant of a kernel receive timestamp, which counts on the wall clock.
    ///
    /// Both clocks are read here and now: a wall clock that was set since the start moves no stamp.
    #[must_use]
    pub fn of_stamp(&self, stamp: Duration) -> Instant {
        let (now, wall) = both();
        Micros::from(now.saturating_duration_since(self.origin).saturating_sub(wall.saturating_sub(stamp)))
    }

    /// By how much the wall clock and the monotonic clock have drifted apart since the start.
    #[must_use]
    pub fn drift(&self) -> Duration {
        let (now, wall) = both();
        wall.saturating_sub(self.started).abs_diff(now.saturating_duration_since(self.origin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_that_was_held_up_is_not_taken() {
        let of = |lengths: &[u64]| {
            let mut number = 0;
            closest(TRIES, || {
                let took = Duration::from_micros(lengths[number.min(lengths.len() - 1)]);
                number += 1;
                (number, Duration::from_secs(number as u64), took)
            })
            .0
        };
        assert_eq!(of(&[1]), 1, "the first, where it was quick");
        assert_eq!(of(&[9_000, 40, 2, 1]), 3, "the first quick one");
        assert_eq!(of(&[9_000, 40, 50]), 2, "the quickest, where none was quick");
    }
}
