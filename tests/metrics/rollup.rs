//! Rollups: down, silent, slower, and what placement makes of the spread.

use std::collections::BTreeMap;
use std::time::Duration;

use parallax::measurement::environment::Init;
use parallax::measurement::outcome::Cause;
use parallax::measurement::phase::Phase;
use parallax::measurement::units::UnixMillis;
use parallax::measurement::wire::Record;
use parallax::metrics::datum::Datum;
use parallax::metrics::down::{Found, Rule, Watch};
use parallax::metrics::placement;
use parallax::metrics::places::Places;
use parallax::metrics::rollup;
use parallax::metrics::slower::{self, slower};
use parallax::summary::collector::{WindowSummary, summarise};
use parallax::summary::variance::collector::split;
use proptest::prelude::*;

use super::{from_region, named, values};
use crate::support::samples::{Recipe, START};

const NOW: UnixMillis = UnixMillis(START);
const RULE: Rule =
    Rule { quorum: 2, in_a_row: 2, look_back: Duration::from_secs(600), silence: Duration::from_secs(300) };

/// A sample that began so many seconds ago.
fn sample(region: &str, target: &'static str, seconds_ago: i64, good: bool) -> Record {
    let failed = (!good).then_some((Phase::Connect, Cause::Timeout));
    let started_ms = START - seconds_ago * 1_000;
    from_region(region, Recipe { target, started_ms, failed, slot_ms: None, ..Recipe::default() })
}

fn watch(records: &[Record], rule: Rule) -> Found {
    let mut watch = Watch::new(rule, NOW);
    records.iter().for_each(|record| watch.add(record));
    watch.finish(["eu-west-1", "us-east-1", "ap-south-1"])
}

fn down(records: &[Record]) -> (Vec<String>, usize) {
    let found = watch(records, RULE);
    let places = found.targets.values().flatten().map(ToString::to_string).collect();
    (places, found.down.len())
}

#[test]
fn a_target_is_down_where_its_latest_samples_are_all_bad_and_for_the_fleet_where_enough_places_say_so() {
    let bad = |region| [180, 0].map(|ago| sample(region, "front", ago, false));
    let mut records = bad("eu-west-1").to_vec();
    records.push(sample("eu-west-1", "front", 360, true));
    records.extend([180, 0].map(|ago| sample("us-east-1", "front", ago, true)));
    assert_eq!(down(&records), (vec!["eu-west-1".to_owned()], 0), "one place is no quorum");
    records.extend(bad("ap-south-1"));
    assert_eq!(down(&records), (vec!["ap-south-1".to_owned(), "eu-west-1".to_owned()], 1));
    records.push(sample("eu-west-1", "front", 0, true));
    assert_eq!(down(&records).1, 0, "one good answer of the latest, and it is not down there");
}

/// A sample of an arm in Ireland, of the slot so many minutes ago; each arm begins at a moment of its own.
fn of_arm(memory: u32, method: &'static str, minutes_ago: i64, good: bool) -> Record {
    let failed = (!good).then_some((Phase::Connect, Cause::Timeout));
    let slot_ms = START - minutes_ago * 60_000;
    let started_ms = slot_ms + i64::from(memory);
    let recipe = Recipe { target: "front", method, started_ms, failed, slot_ms: Some(slot_ms), ..Recipe::default() };
    let mut record = from_region("eu-west-1", recipe);
    record.sample.vantage = format!("lambda/eu-west-1/{memory}").parse().unwrap();
    record
}

#[test]
fn two_in_a_row_are_two_slots_of_one_arm_and_an_arm_that_was_answered_speaks_for_its_place() {
    let rule = Rule { quorum: 1, ..RULE };
    let count = |records: &[Record]| {
        let found = watch(records, rule);
        let places = found.targets.get(&"front".parse().unwrap()).map(Vec::len);
        (places, found.down.len())
    };
    let (big, small, curl) = ((1_769, "fresh"), (128, "fresh"), (1_769, "curl"));
    let one = |(memory, method): (u32, &'static str), minutes_ago, good| of_arm(memory, method, minutes_ago, good);

    let slot = [big, small, curl].map(|arm| one(arm, 3, false));
    assert_eq!(count(&slot), (None, 0), "one slot, however many arms it has, is no row");
    let retried = [one(big, 3, false), of_arm(1_769, "fresh", 3, false)];
    assert_eq!(count(&retried), (None, 0), "a slot that was measured twice is one");
    let by_turns = [one(big, 6, false), one(small, 3, false)];
    assert_eq!(count(&by_turns), (None, 0), "a slot of each of two arms is no row of either");

    let row = [one(big, 6, false), one(big, 3, false)];
    assert_eq!(count(&row), (Some(1), 1));
    let beside = |more: Record| count(&[&row[..], &[more]].concat());
    assert_eq!(beside(one(small, 3, false)), (Some(1), 1), "one bad slot of another arm takes nothing back");
    assert_eq!(beside(one(small, 3, true)), (Some(0), 0), "another arm was answered");
    assert_eq!(beside(of_arm(1_769, "fresh", 3, true)), (Some(0), 0), "so was the same arm, asked again");
    assert_eq!(beside(one(big, 9, true)), (Some(1), 1), "that was before");
    assert_eq!(beside(one(small, 9, true)), (Some(1), 1), "so was that of another arm, which has sent nothing since");
    assert_eq!(beside(one(small, 6, true)), (Some(0), 0), "it was answered in the first slot of the row");
}

#[test]
fn too_few_samples_say_nothing_and_nothing_is_not_zero() {
    let one = |seconds_ago| watch(&[sample("eu-west-1", "front", seconds_ago, false)], RULE);
    assert!(one(0).targets.is_empty());
    assert_eq!(one(0).silent.len(), 2, "it was heard of all the same");
    assert_eq!(one(301).silent.len(), 3, "too long ago to have been heard of, though it counts yet");
    assert_eq!(one(300).silent.len(), 2);
    assert_eq!(one(-61).silent.len(), 3, "a clock that runs ahead does not say what is so now");
    let datums = rollup::minute(&one(0), 0, NOW);
    let names: Vec<String> = datums.iter().map(|datum| named(datum.series())).collect();
    assert_eq!(names, ["TargetsDown", "RegionsSilent", "TargetsRefused"]);
}

fn shown(datums: &[Datum]) -> Vec<(String, Vec<f64>)> {
    datums.iter().map(|datum| (named(datum.series()), values(datum).collect())).collect()
}

#[test]
fn a_minute_is_a_number_for_each_target_and_three_for_the_fleet() {
    let places = ["eu-west-1", "us-east-1"];
    let mut records: Vec<Record> =
        places.iter().flat_map(|region| [60, 0].map(|ago| sample(region, "front", ago, false))).collect();
    records.extend([60, 0].map(|ago| sample("eu-west-1", "search", ago, true)));
    let expected = [
        ("RegionsDown Target=front", 2.0),
        ("RegionsDown Target=search", 0.0),
        ("TargetsDown", 1.0),
        ("RegionsSilent", 1.0),
        ("TargetsRefused", 4.0),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), vec![value]));
    assert_eq!(shown(&rollup::minute(&watch(&records, RULE), 4, NOW)), expected);
}

#[test]
fn a_look_back_holds_as_many_slots_as_have_to_be_bad() {
    for (in_a_row, minutes) in [(1, 1), (2, 3), (3, 1_440), (0, 5)] {
        let slowest = Duration::from_secs(minutes * 60);
        let rule = Rule { in_a_row, look_back: Rule::shortest_look_back(in_a_row, slowest), ..RULE };
        // The latest slot is still under way, and each of the others began a minute late.
        let ago = |slot: usize| (slot + 1) as i64 * minutes as i64 * 60;
        let places = ["eu-west-1", "us-east-1"];
        let records: Vec<Record> = places
            .iter()
            .flat_map(|place| (0..in_a_row.max(1)).map(move |slot| sample(place, "front", ago(slot), false)))
            .collect();
        assert_eq!(watch(&records, rule).down.len(), 1, "{in_a_row} of {minutes} min");
    }
    assert!(Rule::shortest_look_back(usize::MAX, Duration::MAX) > Duration::from_secs(1));
}

proptest! {
    #[test]
    fn the_order_of_samples_changes_nothing_and_a_place_is_down_where_nothing_was_good_since_a_row_began(
        samples in prop::collection::vec((0_i64..8, any::<bool>(), 0_usize..2, 0_usize..2), 0..30),
        in_a_row in 1_usize..4,
    ) {
        let rule = Rule { in_a_row, quorum: 1, ..RULE };
        let (places, arms) = (["eu-west-1", "us-east-1"], ["fresh", "curl"]);
        // Some begin together, and the eldest are too old.
        let records: Vec<Record> = samples
            .iter()
            .map(|(ago, good, place, arm)| {
                let mut record = sample(places[*place], "front", ago * 100, *good);
                record.sample.method = arms[*arm].parse().unwrap();
                record
            })
            .collect();
        let found = watch(&records, rule);
        let backwards: Vec<Record> = records.iter().rev().cloned().collect();
        prop_assert_eq!(&found, &watch(&backwards, rule));
        for (at, place) in places.iter().enumerate() {
            // Of each arm: how long ago, the latest first, and whether nothing that began then was good.
            let mut slots = [BTreeMap::new(), BTreeMap::new()];
            for (ago, good, _, arm) in samples.iter().filter(|(ago, _, of, _)| *of == at && *ago <= 6) {
                *slots[*arm].entry(*ago).or_insert(true) &= !good;
            }
            let since = |from: i64| slots.iter().flat_map(move |arm| arm.range(..=from)).all(|(_, bad)| *bad);
            let expected = slots.iter().any(|arm| arm.keys().nth(in_a_row - 1).is_some_and(|first| since(*first)));
            let said = found.targets.values().flatten().any(|label| label.as_str() == *place);
            prop_assert_eq!(said, expected, "{}: {:?}", place, slots);
        }
    }
}

/// A window of 40 samples of each of three regions around a response time of so many milliseconds.
fn around(millis: [u64; 3]) -> Vec<Record> {
    ["eu-west-1", "us-east-1", "ap-south-1"]
        .iter()
        .zip(millis)
        .flat_map(|(region, millis)| {
            (0..40).map(move |n| {
                let elapsed_us = millis * 1_000 + n * 53 % 40 * 100;
                from_region(region, Recipe { elapsed_us, ..Recipe::default().nth(n as u32) })
            })
        })
        .collect()
}

fn summary(records: &[Record]) -> WindowSummary {
    summarise(records.iter().map(|record| &record.sample))
}

#[test]
fn a_target_is_slower_where_its_median_rose_beyond_doubt_from_enough_places() {
    let count = |window: [u64; 3], before: [u64; 3]| slow(&around(window), &around(before));
    assert_eq!(count([100, 100, 100], [100, 100, 100]), 0);
    assert_eq!(count([150, 100, 100], [100, 100, 100]), 0, "one place is no quorum");
    assert_eq!(count([150, 150, 100], [100, 100, 100]), 1);
    assert_eq!(count([115, 115, 115], [100, 100, 100]), 0, "less than a fifth");
    assert_eq!(count([18, 18, 18], [10, 10, 10]), 0, "less than 10 ms");
    assert_eq!(count([100, 100, 100], [150, 150, 150]), 0, "faster");
    let (much, little) = (around([150; 3]), around([100; 3]));
    assert_eq!(slow(&much[..5], &little), 0, "five samples leave doubt");
    assert_eq!(slow(&much, &[]), 0, "nothing to compare with");
}

/// How many targets are slower in one window than in the other.
fn slow(window: &[Record], before: &[Record]) -> usize {
    let mut places = Places::default();
    window.iter().for_each(|record| places.add(record));
    slower(&summary(window), &summary(before), &places, slower::Rule::default()).len()
}

/// A region of two arms is one place to either alarm, a host by itself another.
#[test]
fn down_and_slower_count_the_same_places() {
    let arm = |records: Vec<Record>, vantage: &str, platform: &str| {
        let named = records.into_iter().map(|mut record| {
            record.sample.vantage = vantage.parse().unwrap();
            record.environment.platform = platform.to_owned();
            record
        });
        named.collect::<Vec<_>>()
    };
    let of_one = |millis| around([millis, millis, millis])[..40].to_vec();
    let arms = |millis| [of_one(millis), arm(of_one(millis), "lambda/eu-west-1/128", "lambda")].concat();
    let with_host = |millis| [arms(millis), arm(of_one(millis), "host/tokyo", "host")].concat();
    assert_eq!(slow(&arms(150), &arms(100)), 0, "two arms of one region");
    assert_eq!(slow(&with_host(150), &with_host(100)), 1, "a region and a host");

    let bad = || [180, 0].map(|ago| sample("eu-west-1", "front", ago, false)).to_vec();
    let arms = [bad(), arm(bad(), "lambda/eu-west-1/128", "lambda")].concat();
    assert_eq!(down(&arms), (vec!["eu-west-1".to_owned()], 0), "two arms of one region");
    let with_host = [arms, arm(bad(), "host/tokyo", "host")].concat();
    assert_eq!(down(&with_host), (vec!["eu-west-1".to_owned(), "host/tokyo".to_owned()], 1), "a region and a host");
}

/// Thirty sandboxes of a region with six invocations each, apart from each other by the first, within by the second.
fn sandboxes(apart_us: u64, within_us: u64) -> Vec<Record> {
    (0..180_u32)
        .map(|n| {
            let (sandbox, turn) = (u64::from(n / 6), u64::from(n % 6));
            let elapsed_us = 100_000 + sandbox * 7 % 30 * apart_us + (turn * 5 + sandbox) % 6 * within_us;
            let invocation = 10 + turn;
            let mut record = from_region(
                "eu-west-1",
                Recipe { elapsed_us, invocation, init: Init::Warm, ..Recipe::default().nth(n) },
            );
            record.environment.sandbox = Some(format!("sandbox-{sandbox}"));
            record
        })
        .collect()
}

#[test]
fn the_share_of_placement_is_that_of_sandboxes_within_a_region() {
    let share = |records: &[Record]| placement::share(&split(records).strata[0]).map(|value| value.number());
    let (mostly, hardly) = (share(&sandboxes(1_000, 10)).unwrap(), share(&sandboxes(1, 3_000)).unwrap());
    assert!(mostly > 99.0 && mostly <= 100.0, "{mostly}");
    assert!(hardly < 5.0, "{hardly}");
    assert_eq!(share(&sandboxes(0, 0)), None, "nothing varies");
    let mut hosts = sandboxes(1_000, 10);
    hosts.iter_mut().for_each(|record| record.environment.platform = "host".to_owned());
    assert_eq!(share(&hosts), None, "nobody placed a host");
    // Another region, far off: that it was chosen is no matter of placement.
    let mut two = sandboxes(1_000, 10);
    two.extend(sandboxes(1_000, 10).into_iter().map(|mut record| {
        record.sample.vantage = "lambda/us-east-1/1769".parse().unwrap();
        record.environment.region = Some("us-east-1".to_owned());
        record.sample.elapsed_us.0 += 5_000_000;
        record
    }));
    assert!((share(&two).unwrap() - mostly).abs() < 1.0);
}

#[test]
fn a_window_is_a_share_for_each_target_that_has_one_and_a_number_for_the_fleet() {
    let records = sandboxes(1_000, 10);
    let slow = [records[0].sample.target.clone()];
    let datums = rollup::window(&slow, &split(&records), NOW);
    let [(placement, share), (slower, count)] = &shown(&datums)[..] else { panic!("{datums:?}") };
    assert_eq!((placement.as_str(), share.len()), ("PlacementShare Target=daily-news", 1));
    assert_eq!((slower.as_str(), count.as_slice()), ("TargetsSlower", &[1.0][..]));
    let none = rollup::window(&[], &split(&[]), NOW);
    assert_eq!(shown(&none), [("TargetsSlower".to_owned(), vec![0.0])]);
}
