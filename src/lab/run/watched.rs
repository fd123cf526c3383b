//! Checks that a monitor makes by itself: waited for as the site sees them, and matched with what it kept when the run is
//! over.

use std::collections::BTreeMap;
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
    /// Since then the probe beside it stood still.
    pub(super) free: Instant,
    /// By then another of the monitor's checks had been answered.
    pub(super) aside: Option<Instant>,
    /// When the site had heard its first request.
    pub(super) heard: Instant,
    /// The same moment by the clock that monitors write.
    pub(super) heard_wall: UnixMillis,
}

/// A monitor notes the time when it is done with a check, somewhat later than it was; so its start seems later, too.
const NOTED_LATE_MS: i64 = 50;

/// Checks are a second and their own length from each other: where the nearest is left out, the next one is nearer than this.
const NEAR_MS: i64 = 2_100;

/// Why a check that was seen is no request of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LeftOut {
    /// It was not kept.
    NotKept,
    /// It may have begun while the probe beside it measured.
    Disturbed,
}

impl Seen {
    /// The check of `kept`, in the order of time, within which it was heard.
    fn matched(self, kept: &[Record]) -> Result<Asked, LeftOut> {
        // The first that ended after it was heard, if it had begun by then.
        let before = |record: &Record| self.heard_wall.0 - record.sample.started_at_ms.0;
        let record = kept.iter().find(|record| before(record) <= length_ms(record).saturating_add(1));
        let record = record.filter(|record| before(record) >= -NOTED_LATE_MS).ok_or(LeftOut::NotKept)?;
        let before = before(record);
        let ms = |ms: i64| Duration::from_millis(u64::try_from(ms).unwrap_or(0));
        let begun = self.heard.checked_sub(ms(before + NOTED_LATE_MS)).unwrap_or(self.heard);
        if begun < self.free {
            return Err(LeftOut::Disturbed);
        }
        Ok(Asked {
            turn: self.turn,
            record: record.clone(),
            from: self.aside.map_or(begun, |aside| begun.max(aside)),
            to: self.heard + ms(length_ms(record) - before + 2),
            cpu_ms: 0.0,
            stolen_ms: 0.0,
        })
    }
}

/// Puts what was kept in the places of what was seen; and how many of those were not kept.
pub(super) fn settled(all: Vec<Result<Asked, Seen>>, mut kept: [Vec<Record>; 2]) -> (Vec<Asked>, usize) {
    kept.iter_mut().for_each(|kept| kept.sort_by_key(|record| record.sample.started_at_ms));
    let mut lost = 0;
    let found = |one: Result<Asked, Seen>| {
        let matched = one.or_else(|seen| seen.matched(&kept[seen.turn.side]));
        lost += usize::from(matched.as_ref().is_err_and(|why| *why == LeftOut::NotKept));
        matched.ok()
    };
    (all.into_iter().filter_map(found).collect(), lost)
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

/// Of what was kept in other ways, for each request and each way the check that is nearest to it in time, of those that no other
/// request has, and during which nothing of `ours` measured, the probes beside them.
pub(super) fn beside(asked: &[Asked], switched: [Vec<Record>; 2], ours: &[Vec<Record>; 2]) -> [Vec<Record>; 2] {
    let mut sides = [0, 1].into_iter();
    switched.map(|kept| {
        let side = sides.next().unwrap_or_default();
        let alone = |record: &Record| !ours[side].iter().any(|probe| overlap(record, probe));
        let mut of_ways: BTreeMap<Method, Vec<Record>> = BTreeMap::new();
        for record in kept.into_iter().filter(alone) {
            of_ways.entry(record.sample.method.clone()).or_default().push(record);
        }
        let mut found = Vec::new();
        for mut left in of_ways.into_values() {
            for one in asked.iter().filter(|one| one.turn.side == side) {
                let away = |at: &usize| (left[*at].sample.started_at_ms.0 - one.record.sample.started_at_ms.0).abs();
                let nearest = (0..left.len()).min_by_key(away).filter(|at| away(at) < NEAR_MS);
                found.extend(nearest.map(|at| left.swap_remove(at)));
            }
        }
        found
    })
}

/// A check, which may have begun earlier than it says, and an exchange of ours were under way at once.
fn overlap(check: &Record, ours: &Record) -> bool {
    let [check, ours] = [check, ours].map(|record| {
        let from = record.sample.started_at_ms.0;
        (from, from + length_ms(record))
    });
    check.0 - NOTED_LATE_MS <= ours.1 && ours.0 <= check.1
}

fn length_ms(record: &Record) -> i64 {
    i64::try_from(record.sample.elapsed_us.0 / 1_000).unwrap_or(i64::MAX)
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
        let ms = Duration::from_millis;
        let since = |free: u64, aside, wall| {
            let aside = Some(heard - ms(aside));
            Seen { turn, free: heard - ms(free), aside, heard, heard_wall: UnixMillis(wall) }.matched(&kept)
        };
        let found = |wall| since(1_000, 1_000, wall).ok();
        let length = |wall| found(wall).map(|asked| asked.record.sample.elapsed_us.0 / 1_000);
        assert_eq!(length(1_960), Some(130), "it had begun before");
        assert_eq!(length(1_890), Some(130), "its end was noted late, and so its start");
        assert_eq!(length(1_500), None, "none was under way");
        assert_eq!(length(3_500), None, "it was not kept");
        let asked = found(1_960).unwrap();
        assert_eq!((heard - asked.from, asked.to - heard), (ms(110), ms(72)));
        let after = |free, aside, wall| since(free, aside, wall).map(|asked| heard - asked.from);
        assert_eq!(after(110, 80, 1_960), Ok(ms(80)), "what was before is another check's");
        assert_eq!(after(109, 200, 1_960), Err(LeftOut::Disturbed), "it may have begun while the probe measured");
        assert_eq!(after(109, 200, 1_500), Err(LeftOut::NotKept), "it was not kept");
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
        kept.extend([100, 1_150, 1_300, 5_900, 9_000].map(|started| of("zabbix-follow", started)));
        kept.extend([of("zabbix-verify", 3_100), of("zabbix-late", 7_100)]);
        let ([usual, _], switched) = apart([kept, Vec::new()], &scenario.sides);
        assert_eq!((usual.len(), switched[0].len(), switched[1].len()), (2, 7, 0));
        let asked = usual.iter().map(|record| {
            let free = heard - Duration::from_secs(1);
            Err(Seen { turn, free, aside: None, heard, heard_wall: record.sample.started_at_ms })
        });
        let (asked, _) = settled(asked.collect(), [usual.clone(), Vec::new()]);
        let found = beside(&asked, switched, &[vec![record(1_160, 20)], Vec::new()]);
        let found: Vec<_> =
            found[0].iter().map(|one| (one.sample.method.as_str(), one.sample.started_at_ms.0)).collect();
        let wanted = [("zabbix-follow", 1_300), ("zabbix-follow", 5_900), ("zabbix-verify", 3_100)];
        assert_eq!(found, wanted, "the probe measured from 1160 to 1180, and 7100 is too late for anyone");
    }

    #[test]
    fn what_was_not_kept_is_left_out_and_the_order_stays() {
        let turns = schedule(&Scenario::named("null").unwrap().sides, 2, 1);
        let heard = Instant::now();
        let free = heard - Duration::from_secs(1);
        let seen = |at: usize, wall| Seen { turn: turns[at], free, aside: None, heard, heard_wall: UnixMillis(wall) };
        let side = turns[0].side;
        let mut kept: [Vec<Record>; 2] = Default::default();
        kept[side] = vec![record(500, 20), record(100, 10)];
        let later = turns.iter().skip(1).position(|turn| turn.side == side).unwrap() + 1;
        let (all, lost) = settled(vec![Err(seen(0, 105)), Err(seen(later, 510)), Err(seen(later, 9_000))], kept);
        assert_eq!(lost, 1);
        assert_eq!(all.iter().map(|one| one.record.sample.elapsed_us.0).collect::<Vec<_>>(), [10_000, 20_000]);
    }
}
