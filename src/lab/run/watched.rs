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
    /// When the site had heard its first request.
    pub(super) heard: Instant,
    /// The same moment by the clock that monitors write.
    pub(super) heard_wall: UnixMillis,
}

/// A monitor notes the time when it is done with a check, somewhat later than it was; so its start seems later, too.
const NOTED_LATE_MS: i64 = 50;

impl Seen {
    /// The check of `kept`, in the order of time, within which it was heard; absent where that was not kept.
    pub(super) fn matched(self, kept: &[Record]) -> Option<Asked> {
        let length = |record: &Record| i64::try_from(record.sample.elapsed_us.0 / 1_000).unwrap_or(i64::MAX);
        // The first that ended after it was heard, if it had begun by then.
        let before = |record: &Record| self.heard_wall.0 - record.sample.started_at_ms.0;
        let record = kept.iter().find(|record| before(record) <= length(record).saturating_add(1))?;
        let before = Some(before(record)).filter(|before| *before >= -NOTED_LATE_MS)?;
        let ms = |ms: i64| Duration::from_millis(u64::try_from(ms).unwrap_or(0));
        Some(Asked {
            turn: self.turn,
            record: record.clone(),
            from: self.heard.checked_sub(ms(before + NOTED_LATE_MS)).unwrap_or(self.heard),
            to: self.heard + ms(length(record) - before + 2),
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
    fn a_check_is_the_one_within_which_the_site_heard_it() {
        let turn = schedule(&Scenario::named("null").unwrap().sides, 2, 1)[0];
        let heard = Instant::now();
        let kept = [record(900, 30), record(1_900, 130), record(2_900, 32)];
        let found = |wall| Seen { turn, heard, heard_wall: UnixMillis(wall) }.matched(&kept);
        let length = |wall| found(wall).map(|asked| asked.record.sample.elapsed_us.0 / 1_000);
        assert_eq!(length(1_960), Some(130), "it had begun before");
        assert_eq!(length(1_890), Some(130), "its end was noted late, and so its start");
        assert_eq!(length(1_500), None, "none was under way");
        assert_eq!(length(3_500), None, "it was not kept");
        let asked = found(1_960).unwrap();
        let ms = Duration::from_millis;
        assert_eq!((heard - asked.from, asked.to - heard), (ms(110), ms(72)));
    }

    #[test]
    fn what_was_not_kept_is_left_out_and_the_order_stays() {
        let turns = schedule(&Scenario::named("null").unwrap().sides, 2, 1);
        let heard = Instant::now();
        let seen = |at: usize, wall| Seen { turn: turns[at], heard, heard_wall: UnixMillis(wall) };
        let side = turns[0].side;
        let mut kept: [Vec<Record>; 2] = Default::default();
        kept[side] = vec![record(500, 20), record(100, 10)];
        let later = turns.iter().skip(1).position(|turn| turn.side == side).unwrap() + 1;
        let all = settled(vec![Err(seen(0, 105)), Err(seen(later, 510)), Err(seen(later, 9_000))], kept);
        assert_eq!(all.iter().map(|one| one.record.sample.elapsed_us.0).collect::<Vec<_>>(), [10_000, 20_000]);
    }
}
