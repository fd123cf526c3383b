//! Checks that a monitor makes by itself: waited for as the site sees them, and matched with what it kept when the run is
//! over.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::Asked;
use crate::lab::scenario::side::Side;
use crate::lab::schedule::Turn;
use crate::measurement::identity::Method;
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

/// Checks that are made every second are nearer to each other than this.
const NEAR_MS: i64 = 1_000;

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

/// What was kept of the pages that are watched, and what of them in other ways.
pub(super) fn apart(kept: [Vec<Record>; 2], sides: &[Side; 2]) -> ([Vec<Record>; 2], [Vec<Record>; 2]) {
    let mut at = sides.iter().map(|side| side.method.method());
    let [a, b] = kept.map(|kept| {
        let usual = at.next();
        kept.into_iter().partition::<Vec<Record>, _>(|record| Some(&record.sample.method) == usual.as_ref())
    });
    ([a.0, b.0], [a.1, b.1])
}

/// Of what was kept in other ways, for each request the check of each way that is nearest to it in time.
pub(super) fn beside(asked: &[Asked], mut switched: [Vec<Record>; 2]) -> [Vec<Record>; 2] {
    for (side, kept) in switched.iter_mut().enumerate() {
        let requests = || asked.iter().filter(|one| one.turn.side == side).map(|one| one.record.sample.started_at_ms.0);
        let nearest = |at: i64, method: &Method| {
            let of_it = kept.iter().filter(|record| record.sample.method == *method);
            let away = |record: &&Record| (record.sample.started_at_ms.0 - at).abs();
            of_it.min_by_key(away).filter(|record| away(record) < NEAR_MS)
        };
        let methods: BTreeSet<&Method> = kept.iter().map(|record| &record.sample.method).collect();
        let mut found: Vec<Record> =
            methods.into_iter().flat_map(|method| requests().filter_map(|at| nearest(at, method)).cloned()).collect();
        found.dedup_by(|one, before| one.sample.id == before.sample.id);
        *kept = found;
    }
    switched
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::identifier::sample_id;
    use crate::adapters::import::mapping::Origin;
    use crate::adapters::import::total::Total;
    use crate::lab::scenario::Scenario;
    use crate::lab::schedule::schedule;
    use crate::measurement::identity::{Stopwatch, TargetId, Vantage};
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
    fn of_other_ways_each_request_has_the_check_that_is_nearest() {
        let scenario = Scenario::named("definition").unwrap();
        let turn = schedule(&scenario.sides, 2, 1).into_iter().find(|turn| turn.side == 0).unwrap();
        let heard = Instant::now();
        let of = |method: &str, started| {
            let mut record = record(started, 20);
            record.sample.method = Method::Imported(method.to_owned());
            record
        };
        let mut kept = vec![record(1_000, 20), record(5_000, 20)];
        kept.extend([100, 1_300, 2_300, 5_900, 9_000].map(|started| of("zabbix-follow", started)));
        kept.extend([of("zabbix-verify", 4_100), of("zabbix-late", 7_000)]);
        let ([usual, _], switched) = apart([kept, Vec::new()], &scenario.sides);
        assert_eq!((usual.len(), switched[0].len(), switched[1].len()), (2, 7, 0));
        let asked = usual.iter().map(|record| Seen { turn, heard, heard_wall: record.sample.started_at_ms });
        let asked: Vec<Asked> = asked.filter_map(|seen| seen.matched(&usual)).collect();
        let found = beside(&asked, switched);
        let found: Vec<_> =
            found[0].iter().map(|one| (one.sample.method.as_str(), one.sample.started_at_ms.0)).collect();
        assert_eq!(found, [("zabbix-follow", 1_300), ("zabbix-follow", 5_900), ("zabbix-verify", 4_100)]);
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
