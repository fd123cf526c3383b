use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::measurement::identity::Method;
use crate::probe::schedule::grid::Grid;
use crate::probe::schedule::order::{Line, place};

const SLOT: i64 = 10_000;
const START: UnixMillis = UnixMillis(1_000 * SLOT);

fn schedule(pages: usize, methods: &[Method]) -> Schedule {
    let grid = Grid::new(Duration::from_secs(10)).unwrap();
    let lines = (0..pages).flat_map(|page| {
        methods.iter().map(move |method| Line {
            target: TargetId::new(&format!("page-{page}")).unwrap(),
            method: method.clone(),
            grid,
        })
    });
    Schedule::begin(place(lines.collect()), START)
}

fn at(ms: i64) -> UnixMillis {
    UnixMillis(START.0 + ms)
}

#[test]
fn one_page_is_asked_once_a_slot() {
    let mut schedule = schedule(1, &[Method::Fresh]);
    assert_eq!(schedule.turn(at(0), |_| true), Turn::Start { line: 0, slot: START });
    assert_eq!(schedule.turn(at(1), |_| true), Turn::Wait(at(SLOT)));
    schedule.ended(0);
    assert_eq!(schedule.turn(at(9_999), |_| true), Turn::Wait(at(SLOT)));
    assert_eq!(schedule.turn(at(SLOT), |_| true), Turn::Start { line: 0, slot: at(SLOT) });
}

#[test]
fn two_ways_of_one_page_never_run_together() {
    let mut schedule = schedule(1, &[Method::Fresh, Method::Curl]);
    assert_eq!(schedule.turn(at(5_500), |_| true), Turn::Missed(asleep(0, 0, 1)));
    assert_eq!(schedule.turn(at(5_500), |_| true), Turn::Start { line: 1, slot: START });
    assert_eq!(schedule.turn(at(SLOT), |_| true), Turn::Wait(at(SLOT + 1_000)), "curl still runs, fresh waits");
    schedule.ended(1);
    assert_eq!(schedule.turn(at(SLOT + 10), |_| true), Turn::Start { line: 0, slot: at(SLOT) });
}

fn asleep(line: usize, first: i64, count: u64) -> Missed {
    Missed { line, first: at(first), count, reason: Reason::Asleep }
}

#[test]
fn a_slot_that_was_held_up_is_an_overrun() {
    let mut schedule = schedule(1, &[Method::Fresh]);
    assert_eq!(schedule.turn(at(0), |_| false), Turn::Wait(at(SLOT / 2)));
    let missed = Missed { line: 0, first: START, count: 1, reason: Reason::Overrun };
    assert_eq!(schedule.turn(at(SLOT / 2), |_| true), Turn::Missed(missed));
    assert_eq!(schedule.turn(at(SLOT / 2), |_| true), Turn::Wait(at(SLOT)));
}

#[test]
fn a_host_that_slept_misses_its_slots_and_fills_none_in() {
    let mut schedule = schedule(1, &[Method::Fresh]);
    schedule.turn(at(0), |_| true);
    schedule.ended(0);
    let noon = 100 * SLOT + 7;
    assert_eq!(schedule.turn(at(noon), |_| true), Turn::Missed(asleep(0, SLOT, 99)));
    assert_eq!(schedule.turn(at(noon), |_| true), Turn::Start { line: 0, slot: at(100 * SLOT) });
}

#[test]
fn a_clock_set_forward_by_centuries_is_told_in_one_line() {
    let mut schedule = schedule(1, &[Method::Fresh]);
    schedule.turn(at(0), |_| true);
    schedule.ended(0);
    let Turn::Missed(missed) = schedule.turn(UnixMillis(i64::MAX / 2), |_| true) else { panic!("not missed") };
    assert!(missed.count > 1_000_000_000_000);
}

#[test]
fn a_clock_that_went_back_asks_for_what_is_kept() {
    let mut schedule = schedule(1, &[Method::Fresh]);
    schedule.turn(at(3 * SLOT), |_| true);
    schedule.turn(at(3 * SLOT), |_| true);
    schedule.ended(0);
    assert_eq!(schedule.turn(at(3 * SLOT - 900), |_| true), Turn::Wait(at(4 * SLOT)), "slewing is no jump");
    assert_eq!(schedule.turn(at(0), |_| true), Turn::ClockWentBack);
    schedule.resume(at(0), |_| vec![START]);
    assert_eq!(schedule.turn(at(0), |_| true), Turn::Wait(at(SLOT)));
    assert_eq!(schedule.turn(at(SLOT), |_| true), Turn::Start { line: 0, slot: at(SLOT) });
    schedule.ended(0);
    assert_eq!(schedule.turn(at(2 * SLOT), |_| true), Turn::Start { line: 0, slot: at(2 * SLOT) });
    schedule.ended(0);
    assert_eq!(
        schedule.turn(at(3 * SLOT), |_| true),
        Turn::Wait(at(4 * SLOT)),
        "that slot was started before the jump"
    );
}

#[test]
fn a_restart_skips_slots_already_kept() {
    let mut schedule = schedule(2, &[Method::Fresh]);
    schedule.resume(at(2_000), |line| if line == 0 { vec![START] } else { vec![] });
    assert_eq!(schedule.turn(at(2_000), |_| true), Turn::Start { line: 1, slot: START });
    assert_eq!(schedule.turn(at(2_000), |_| true), Turn::Wait(at(SLOT)));
}

#[test]
fn a_start_in_the_second_half_waits_for_the_next_slot_and_calls_nothing_missed() {
    let mut schedule = schedule(1, &[Method::Fresh]);
    schedule.resume(at(6_000), |_| vec![]);
    assert_eq!(schedule.turn(at(6_000), |_| true), Turn::Wait(at(SLOT)));
}

#[test]
fn a_slot_is_settled_when_nothing_of_it_can_come() {
    let mut schedule = schedule(1, &[Method::Fresh]);
    assert_eq!(schedule.settled_before(), START);
    schedule.turn(at(0), |_| true);
    assert_eq!(schedule.settled_before(), START);
    schedule.ended(0);
    assert_eq!(schedule.settled_before(), at(SLOT));
}

#[test]
fn a_schedule_of_nothing_waits_for_ever() {
    assert_eq!(schedule(0, &[]).turn(at(0), |_| true), Turn::Wait(UnixMillis(i64::MAX)));
}

#[test]
fn once_means_this_slot_at_any_time_of_it_and_then_no_more() {
    let grid = Grid::new(Duration::from_secs(10)).unwrap();
    let line = |name| Line { target: TargetId::new(name).unwrap(), method: Method::Fresh, grid };
    let mut schedule = Schedule::only_now(place(vec![line("a"), line("b")]), at(9_900));
    schedule.resume(at(9_900), |line| if line == 0 { vec![START] } else { vec![] });
    assert!(!schedule.is_over());
    assert_eq!(schedule.turn(at(9_900), |_| true), Turn::Start { line: 1, slot: START });
    assert_eq!(schedule.turn(at(90_000), |_| true), Turn::Wait(UnixMillis(i64::MAX)));
    assert!(!schedule.is_over());
    schedule.ended(1);
    assert!(schedule.is_over());
}

proptest! {
    /// However the clock stumbles and whatever is busy: no slot is started twice, each start lies inside its slot, and
    /// started and missed slots together are every slot from the first to the last (unless the clock went back).
    #[test]
    fn every_slot_is_started_or_missed_exactly_once(
        steps in prop::collection::vec((0_i64..25_000, any::<bool>(), any::<bool>()), 1..200),
        pages in 1_usize..4,
    ) {
        let mut schedule = schedule(pages, &[Method::Fresh, Method::Pooled]);
        let lines = schedule.lines().len();
        let mut spent: BTreeMap<usize, HashSet<i64>> = BTreeMap::new();
        let mut running = Vec::new();
        let mut now = START;
        for (step, free, ends) in steps {
            now = UnixMillis(now.0 + step);
            if ends {
                running.drain(..).for_each(|line| schedule.ended(line));
            }
            for turns in 0.. {
                prop_assert!(turns < 10 * lines, "turns without end");
                match schedule.turn(now, |_| free) {
                    Turn::Start { line, slot } => {
                        prop_assert!(slot <= now && now.0 < slot.0 + SLOT, "start outside its slot");
                        prop_assert!(spent.entry(line).or_default().insert(slot.0), "slot started twice");
                        running.push(line);
                    }
                    Turn::Missed(missed) => {
                        for i in 0..i64::try_from(missed.count).unwrap() {
                            let slot = missed.first.0 + i * SLOT;
                            prop_assert!(slot <= now.0, "missed in the future");
                            prop_assert!(spent.entry(missed.line).or_default().insert(slot), "started and missed");
                        }
                    }
                    Turn::Wait(until) => {
                        prop_assert!(until > now);
                        break;
                    }
                    Turn::ClockWentBack => prop_assert!(false, "it did not"),
                }
            }
        }
        for slots in spent.values() {
            let (first, last) = (slots.iter().min().unwrap(), slots.iter().max().unwrap());
            prop_assert_eq!(*first, START.0);
            prop_assert_eq!((last - first) / SLOT + 1, i64::try_from(slots.len()).unwrap());
        }
    }

    #[test]
    fn any_clock_at_all_is_no_panic(times in prop::collection::vec(any::<i64>(), 1..50)) {
        let mut schedule = schedule(2, &[Method::Fresh]);
        for now in times.into_iter().map(UnixMillis) {
            for _ in 0..10 {
                match schedule.turn(now, |_| true) {
                    Turn::Wait(_) => break,
                    Turn::Start { line, .. } => schedule.ended(line),
                    Turn::ClockWentBack => schedule.resume(now, |_| vec![]),
                    Turn::Missed(_) => {}
                }
            }
        }
    }
}
