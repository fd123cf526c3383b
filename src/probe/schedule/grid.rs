//! The grid: the same slots at every vantage, counted from midnight UTC.

use std::time::Duration;

use crate::measurement::units::UnixMillis;

/// Slots at a fixed distance that divides a day, so that each day has the same ones.
///
/// Days of Unix time all have 86 400 s, and there is no daylight saving in UTC: slot times are plain multiples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Grid {
    every_ms: i64,
}

/// Why a distance makes no grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GridError {
    /// Below a second.
    #[error("shorter than a second; write at least \"1s\"")]
    TooShort,
    /// Slots would fall differently each day.
    #[error(
        "does not divide a day, so vantages would not share their slots; write one that does, such as \"{}\"",
        humantime::format_duration(*nearest)
    )]
    Uneven {
        /// The nearest one that people would write.
        nearest: Duration,
    },
}

const DAY_MS: i64 = 86_400_000;

/// Divisors of a day that people would write, in seconds.
const ROUND_S: [u64; 29] = [
    1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240, 300, 360, 600, 720, 900, 1_200, 1_800, 3_600, 7_200,
    10_800, 14_400, 21_600, 43_200, 86_400,
];

impl Grid {
    /// A grid of slots that are `every` apart.
    ///
    /// # Errors
    /// Below 1 s, or not a divisor of a day in whole milliseconds.
    pub fn new(every: Duration) -> Result<Self, GridError> {
        if every < Duration::from_secs(1) {
            return Err(GridError::TooShort);
        }
        let every_ms = i64::try_from(every.as_millis()).unwrap_or(i64::MAX);
        if every.subsec_nanos().is_multiple_of(1_000_000) && DAY_MS % every_ms == 0 {
            return Ok(Self { every_ms });
        }
        let nearest = ROUND_S.into_iter().map(Duration::from_secs).min_by_key(|round| round.abs_diff(every));
        Err(GridError::Uneven { nearest: nearest.unwrap_or(Duration::from_secs(1)) })
    }

    /// The distance between slots.
    #[must_use]
    pub fn every(self) -> Duration {
        Duration::from_millis(self.every_ms.unsigned_abs())
    }

    /// The last slot at or before a moment.
    #[must_use]
    pub fn slot_of(self, now: UnixMillis) -> UnixMillis {
        UnixMillis(now.0.saturating_sub(now.0.rem_euclid(self.every_ms)))
    }

    /// The first slot after a moment.
    #[must_use]
    pub fn next_after(self, now: UnixMillis) -> UnixMillis {
        self.slot_of(now).plus(self.every())
    }

    /// How many slots lie from `first` up to, not including, `end`; both are slots.
    #[must_use]
    pub fn slots_between(self, first: UnixMillis, end: UnixMillis) -> u64 {
        u64::try_from(end.0.saturating_sub(first.0) / self.every_ms).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn divisors() -> impl Strategy<Value = Grid> {
        let all: Vec<u64> = (1_000..=86_400_000).filter(|ms| 86_400_000 % ms == 0).collect();
        proptest::sample::select(all).prop_map(|ms| Grid::new(Duration::from_millis(ms)).unwrap())
    }

    proptest! {
        #[test]
        fn every_moment_lies_between_its_slot_and_the_next(grid in divisors(), now in -10_i64.pow(14)..10_i64.pow(14)) {
            let (slot, next) = (grid.slot_of(UnixMillis(now)), grid.next_after(UnixMillis(now)));
            prop_assert!(slot.0 <= now && now < next.0);
            prop_assert_eq!(next.since(slot), grid.every());
            prop_assert_eq!(grid.slot_of(slot), slot);
            prop_assert_eq!(slot.0.rem_euclid(DAY_MS) % grid.every_ms, 0);
        }

        #[test]
        fn midnight_is_always_a_slot(grid in divisors(), day in -40_000_i64..40_000) {
            prop_assert_eq!(grid.slot_of(UnixMillis(day * DAY_MS)), UnixMillis(day * DAY_MS));
        }
    }

    #[test]
    fn the_ends_of_time_are_no_panic() {
        let grid = Grid::new(Duration::from_secs(180)).unwrap();
        for end in [i64::MIN, i64::MAX] {
            assert!(grid.next_after(UnixMillis(end)) >= grid.slot_of(UnixMillis(end)));
        }
        assert_eq!(grid.slots_between(UnixMillis(i64::MAX), UnixMillis(i64::MIN)), 0);
    }

    #[test]
    fn a_distance_that_does_not_divide_a_day_is_refused_with_one_that_does() {
        assert_eq!(Grid::new(Duration::from_millis(999)), Err(GridError::TooShort));
        let seven = Grid::new(Duration::from_secs(7)).unwrap_err();
        assert_eq!(seven, GridError::Uneven { nearest: Duration::from_secs(6) });
        assert!(Grid::new(Duration::from_secs(172_800)).is_err());
        assert!(Grid::new(Duration::from_nanos(1_000_000_001)).is_err());
        assert!(Grid::new(Duration::from_millis(1_500)).is_ok());
    }
}
