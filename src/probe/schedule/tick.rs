//! When AWS invokes a probe: one schedule that meets every slot of several grids.

use super::grid::Grid;

/// Invocations at a fixed distance from midnight UTC, such as a cron expression can say.
///
/// `rate()` would not do: it counts from each schedule's creation, and regions would never share a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    minutes: u32,
}

/// Why a grid has no schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TickError {
    /// A slot between two minutes.
    #[error("a schedule on AWS has whole minutes; write a number of them, such as \"1m\"")]
    NotMinutes,
    /// There is no grid.
    #[error("there is no target to invoke a probe for")]
    Nothing,
}

const MINUTE_MS: u128 = 60_000;
const HOUR: u32 = 60;
const DAY: u32 = 1_440;

impl Tick {
    /// The least frequent schedule that meets every slot of every grid; it may meet moments that are no slot.
    ///
    /// # Errors
    /// A grid that is not of whole minutes, or none at all.
    pub fn of(grids: impl IntoIterator<Item = Grid>) -> Result<Self, TickError> {
        let mut common = 0;
        for grid in grids {
            let every = grid.every().as_millis();
            if !every.is_multiple_of(MINUTE_MS) {
                return Err(TickError::NotMinutes);
            }
            common = divisor(u32::try_from(every / MINUTE_MS).unwrap_or(DAY), common);
        }
        let steps = (1..=common).rev().filter(|minutes| common.is_multiple_of(*minutes));
        // Within an hour a cron step starts anew at each hour, and within a day at each day.
        let sayable = |minutes: &u32| {
            HOUR.is_multiple_of(*minutes) || minutes.is_multiple_of(HOUR) && DAY.is_multiple_of(*minutes)
        };
        steps.into_iter().find(sayable).map(|minutes| Self { minutes }).ok_or(TickError::Nothing)
    }

    /// Minutes between two invocations; divides a day.
    #[must_use]
    pub fn minutes(self) -> u32 {
        self.minutes
    }

    /// As EventBridge Scheduler reads it, in UTC.
    #[must_use]
    pub fn expression(self) -> String {
        match self.minutes {
            DAY => "cron(0 0 * * ? *)".to_owned(),
            HOUR => "cron(0 * * * ? *)".to_owned(),
            1 => "cron(* * * * ? *)".to_owned(),
            minutes if minutes > HOUR => format!("cron(0 0/{} * * ? *)", minutes / HOUR),
            minutes => format!("cron(0/{minutes} * * * ? *)"),
        }
    }
}

/// The greatest common divisor; that of a number and zero is the number.
fn divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn tick(minutes: &[u64]) -> Result<Tick, TickError> {
        Tick::of(minutes.iter().map(|minutes| Grid::new(Duration::from_secs(minutes * 60)).unwrap()))
    }

    #[test]
    fn each_tick_is_said_in_cron() {
        for (minutes, expression) in [
            (&[1][..], "cron(* * * * ? *)"),
            (&[3], "cron(0/3 * * * ? *)"),
            (&[3, 2], "cron(* * * * ? *)"),
            (&[10, 4], "cron(0/2 * * * ? *)"),
            (&[60], "cron(0 * * * ? *)"),
            (&[90], "cron(0/30 * * * ? *)"),
            (&[16], "cron(0/4 * * * ? *)"),
            (&[240, 360], "cron(0 0/2 * * ? *)"),
            (&[1_440], "cron(0 0 * * ? *)"),
        ] {
            assert_eq!(tick(minutes).unwrap().expression(), expression, "{minutes:?}");
        }
    }

    #[test]
    fn a_slot_between_minutes_has_no_schedule() {
        assert_eq!(Tick::of([Grid::new(Duration::from_secs(90)).unwrap()]), Err(TickError::NotMinutes));
        assert_eq!(Tick::of([]), Err(TickError::Nothing));
    }

    proptest! {
        #[test]
        fn every_slot_of_every_grid_is_met(
            grids in proptest::collection::vec(proptest::sample::select(
                (1..=1_440_u64).filter(|minutes| 1_440 % minutes == 0).collect::<Vec<_>>()), 1..5)
        ) {
            let tick = tick(&grids).unwrap().minutes();
            prop_assert_eq!(1_440 % tick, 0);
            for every in grids {
                prop_assert_eq!(every % u64::from(tick), 0);
            }
        }
    }
}
