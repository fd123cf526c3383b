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
        Self { started: since_epoch(), origin: Monotonic::now() }
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

    /// The instant of a kernel receive timestamp, which counts on the wall clock.
    ///
    /// Both clocks are read here and now: a wall clock that was set since the start moves no stamp.
    #[must_use]
    pub fn of_stamp(&self, stamp: Duration) -> Instant {
        let (now, wall) = (self.origin.elapsed(), since_epoch());
        Micros::from(now.saturating_sub(wall.saturating_sub(stamp)))
    }

    /// By how much the wall clock and the monotonic clock have drifted apart since the start.
    #[must_use]
    pub fn drift(&self) -> Duration {
        let (monotonic, wall) = (self.origin.elapsed(), since_epoch());
        let passed = wall.saturating_sub(self.started);
        passed.abs_diff(monotonic)
    }
}
