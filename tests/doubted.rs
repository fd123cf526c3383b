//! Data that are not what they look like, and suspicions that are judged by how the sides were chosen.

use parallax::explain::account::{Account, Case};
use parallax::explain::bridge::{self, BridgeError};
use parallax::explain::cause::Cause;
use parallax::explain::claim::Claim;
use parallax::explain::plausibility::Warning;
use parallax::explain::question::Statistic;
use parallax::explain::sides::SidesError;
use parallax::explain::source::Source;
use parallax::measurement::environment::Init;
use parallax::measurement::hop::ServerTiming;
use parallax::measurement::units::Micros;

use super::account::{question, seen, source, totals};
use super::simulator::{Seen, Side};

fn mean(a: Source, b: Source) -> Account {
    Case::new(a, b).unwrap().account(&question(Statistic::Mean))
}

/// A thousand times too long beside a probe of ours at its place: no way of measuring does that.
#[test]
fn a_unit_is_doubted_beside_a_bridge_too() {
    let (near, far) = (seen(&Side::default(), 1), seen(&Side { name: "b", ..Side::default() }, 2));
    let bridged = |more_ms: f64| {
        bridge::account(&totals(&near, more_ms), source(&near), source(&far), &question(Statistic::Mean)).unwrap()
    };
    assert_eq!(bridged(5.0).warnings, []);
    let doubted = bridged(90_000.0).warnings;
    let [Warning::Unit { side: 0, median_ms, measured_ms, ours: true }] = doubted[..] else { panic!("{doubted:?}") };
    assert!(median_ms > 90_000.0 && measured_ms < 1_000.0);
}

/// Who has a bridge that hardly overlaps with B is told that it is the bridge.
#[test]
fn a_bridge_of_other_times_is_named_as_what_is_short() {
    let why = BridgeError::from(SidesError::LittleCommonTime { percent: 3 }).to_string();
    assert!(why.starts_with("the bridge, which stands for A, and B: "), "{why}");
}

#[test]
fn row_and_verdict_of_a_bridge_have_one_interval() {
    let (near, far) = (seen(&Side::default(), 1), seen(&Side { name: "b", ..Side::default() }, 2));
    // Every third slot has no partner, so that times differ, too.
    let some: Vec<Seen> = near.iter().enumerate().filter(|(at, _)| at % 3 > 0).map(|(_, one)| one.clone()).collect();
    let told = bridge::account(&totals(&near, 12.0), source(&some), source(&far), &question(Statistic::Mean)).unwrap();
    for (cause, code) in [(Cause::Definition, "H2"), (Cause::Timing, "H1")] {
        let row = told.rows.iter().find(|row| row.cause == cause).unwrap();
        let verdict = told.verdicts.iter().find(|one| one.code == code).unwrap();
        let ends = |interval: Option<parallax::statistics::interval::Interval>| {
            let interval = interval.unwrap();
            [interval.lower.unwrap(), interval.upper.unwrap()]
        };
        for (row, verdict) in ends(row.interval_ms).into_iter().zip(ends(verdict.interval_ms)) {
            assert!((row - verdict).abs() < 1e-9, "{code}: {row} {verdict}");
        }
    }
}

/// The first uses of a function beside the rest of them: what they add is all that differs, and no row `cold` can show it.
#[test]
fn first_uses_beside_the_others_decide_what_they_add() {
    let side = Side { name: "b", life: 3, cold: [2.0, 20.0, 0.0], ..Side::default() };
    let all = seen(&side, 2);
    let is_cold = |one: &&Seen| one.sample.invocation.is_some_and(|run| run.init == Init::Cold);
    let (cold, warm): (Vec<&Seen>, Vec<&Seen>) = all.iter().partition(is_cold);
    let own = |some: &[&Seen]| source(&some.iter().map(|one| (*one).clone()).collect::<Vec<Seen>>());
    let told = mean(own(&warm), own(&cold));
    let verdict = &told.verdicts[2];
    assert!(verdict.by_design && verdict.claim == Claim::Supported, "{verdict:?}");
    let timing = told.rows.iter().find(|row| row.cause == Cause::Timing).map_or(0.0, |row| row.ms);
    assert!((verdict.ms.unwrap() - (told.gap_ms - timing)).abs() < 1e-9 && told.gap_ms > 15.0, "{verdict:?}");
    // Another tool, or all of them at both sides: then it is not the design that tells.
    let mut other: Vec<Seen> = cold.into_iter().cloned().collect();
    other.iter_mut().for_each(|one| one.sample.tool_version = Some("another".to_owned()));
    assert!(!mean(own(&warm), source(&other)).verdicts[2].by_design);
    assert!(!mean(own(&warm), source(&all)).verdicts[2].by_design);
}

/// Equal values have no memory, though differences of equal values are rounding.
#[test]
fn samples_that_are_all_alike_have_intervals() {
    let one = |side: &Side, own| {
        let first = seen(side, own).remove(0);
        let slots = seen(side, own);
        let same = slots.into_iter().map(|slot| {
            let mut same = slot.clone();
            let (id, at, started) = (slot.sample.id, slot.sample.slot_ms, slot.sample.started_at_ms);
            (same.sample, same.reported_ms) = (first.sample.clone(), first.reported_ms);
            (same.sample.id, same.sample.slot_ms, same.sample.started_at_ms) = (id, at, started);
            same
        });
        same.collect::<Vec<Seen>>()
    };
    let told =
        mean(source(&one(&Side::default(), 1)), source(&one(&Side { name: "b", dns: 21.3, ..Side::default() }, 2)));
    assert_eq!(told.no_interval, None);
}

/// That a header is there and not believed is said, and not that it is not there.
#[test]
fn a_server_that_says_too_much_is_told_of() {
    let near = seen(&Side::default(), 1);
    let mut boasting = seen(&Side { name: "b", ..Side::default() }, 2);
    for one in boasting.iter_mut().step_by(4) {
        let last = one.sample.hops.last_mut().unwrap();
        last.response.as_mut().unwrap().server_timing =
            vec![ServerTiming { name: "app".into(), description: None, duration_us: Some(Micros(90_000_000)) }];
    }
    let told = mean(source(&near), source(&boasting));
    let [Warning::ServerTiming { side: 1, boasted: 30, said: 120 }] = told.warnings[..] else {
        panic!("{:?}", told.warnings)
    };
    assert!(mean(source(&near), source(&seen(&Side { name: "b", ..Side::default() }, 2))).warnings.is_empty());
}
