//! Checks that a monitor makes by itself: waited for as the site sees them, and matched with what it kept when the run is
//! over.

use std::time::{Duration, Instant};

use super::Asked;
use crate::lab::schedule::Turn;
use crate::measurement::units::UnixMillis;
use crate::measurement::wire::Record;

/// A check that was seen at the site, and of which nobody has told how long it took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Seen {
    pub(super) turn: Turn,
    /// It began after this.
    pub(super) from: Instant,
    /// The same moment by the clock that monitors write.
    pub(super) from_wall: UnixMillis,
    /// It was over by then.
    pub(super) to: Instant,
}

/// A monitor notes the time when it is done with a check, somewhat later than it was; so its start seems later, too.
const NOTED_LATE: Duration = Duration::from_millis(50);
/// Written in whole milliseconds, a start may seem earlier than it was.
const WRITTEN_EARLY_MS: i64 = 1;

impl Seen {
    /// The check of `kept`, in the order of time, that this one is; absent where it was not kept.
    pub(super) fn matched(self, kept: &[Record]) -> Option<Asked> {
        let since = |record: &Record| record.sample.started_at_ms.0 - self.from_wall.0;
        let at = |ms: i64| self.from + Duration::from_millis(u64::try_from(ms).unwrap_or(0));
        let record = kept.iter().find(|record| since(record) >= -WRITTEN_EARLY_MS)?;
        let from = at(since(record));
        let to = from + Duration::from_micros(record.sample.elapsed_us.0);
        (from <= self.to).then(|| Asked {
            turn: self.turn,
            record: record.clone(),
            from: from.checked_sub(NOTED_LATE).unwrap_or(from),
            to: to + Duration::from_millis(1),
            cpu_ms: 0.0,
            stolen_ms: 0.0,
        })
    }
}

/// Puts what was kept in the places of what was seen.
pub(super) fn settled(all: Vec<Result<Asked, Seen>>, mut kept: [Vec<Record>; 2]) -> Vec<Asked> {
    kept.iter_mut().for_each(|kept| kept.sort_by_key(|record| record.sample.started_at_ms));
    all.into_iter().filter_map(|one| one.map_or_else(|seen| seen.matched(&kept[seen.turn.side]), Some)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::identifier::sample_id;
    use crate::adapters::import::mapping::Origin;
    use crate::adapters::import::total::Total;
    use crate::lab::scenario::Scenario;
    use crate::lab::schedule::schedule;
    use crate::measurement::identity::{Method, Stopwatch, TargetId, Vantage};
    use crate::measurement::outcome::{Answer, Outcome};
    use crate::measurement::units::Micros;

    fn record(started: i64, elapsed_ms: u64) -> Record {
        let origin = Origin {
            target: TargetId::new("t").unwrap(),
            vantage: Vantage::new("v").unwrap(),
            method: Method::Imported("zabbix".to_owned()),
            stopwatch: Stopwatch::new("zabbix/web.test.time").unwrap(),
            tool_version: None,
            probe_version: "0".to_owned(),
        };
        let total = Total {
            id: sample_id(),
            slot: None,
            started: UnixMillis(started),
            elapsed: Micros(elapsed_ms * 1_000),
            outcome: Outcome::Answered(Answer::default()),
        };
        total.record(&origin)
    }

    #[test]
    fn a_check_is_the_first_that_began_after_it_was_waited_for() {
        let turn = schedule(&Scenario::named("null").unwrap().sides, 2, 1)[0];
        let from = Instant::now();
        let seen =
            |wall, lasting| Seen { turn, from, from_wall: UnixMillis(wall), to: from + Duration::from_millis(lasting) };
        let kept = [record(900, 30), record(1_900, 31), record(2_900, 32)];
        let found = |seen: Seen| seen.matched(&kept).map(|asked| asked.record.sample.elapsed_us.0 / 1_000);
        assert_eq!(found(seen(1_000, 1_000)), Some(31));
        assert_eq!(found(seen(1_901, 100)), Some(31), "a millisecond that was cut off");
        assert_eq!(found(seen(1_902, 100)), None, "the next one was not seen");
        assert_eq!(found(seen(3_000, 9_000)), None, "it was not kept");
        let asked = seen(1_000, 1_000).matched(&kept).unwrap();
        assert!(asked.from <= from + Duration::from_millis(900) && asked.to >= from + Duration::from_millis(931));
    }

    #[test]
    fn what_was_not_kept_is_left_out_and_the_order_stays() {
        let turns = schedule(&Scenario::named("null").unwrap().sides, 2, 1);
        let from = Instant::now();
        let seen = |at: usize, wall| Seen {
            turn: turns[at],
            from,
            from_wall: UnixMillis(wall),
            to: from + Duration::from_secs(1),
        };
        let side = turns[0].side;
        let mut kept: [Vec<Record>; 2] = Default::default();
        kept[side] = vec![record(500, 20), record(100, 10)];
        let later = turns.iter().skip(1).position(|turn| turn.side == side).unwrap() + 1;
        let all = settled(vec![Err(seen(0, 100)), Err(seen(later, 400)), Err(seen(later, 9_000))], kept);
        assert_eq!(all.iter().map(|one| one.record.sample.elapsed_us.0).collect::<Vec<_>>(), [10_000, 20_000]);
    }
}
