//! Home cut off, the spool too: what was measured comes home later.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use parallax::adapters::aws::queue::Queue;
use parallax::adapters::function::post::DRAINED_MAX;
use parallax::measurement::units::UnixMillis;
use serde_json::json;

use super::{AMPLE, Fleet, event, logged, seen, slot, taken_from, wait};
use crate::support::fake_lambda::{Ended, FakeLambda};
use crate::support::faults::{Fault, Faults};
use crate::support::road::{Relay, Road};

const PAGES: [&str; 2] = ["id = \"a\"\nurl = \"SITE/page\"", "id = \"b\"\nurl = \"SITE/page\""];

fn ticks(count: i64) -> impl Iterator<Item = UnixMillis> {
    let first = slot().0;
    (0..count).map(move |tick| UnixMillis(first + tick * 60_000))
}

fn expected(slots: &[UnixMillis]) -> BTreeSet<(String, i64)> {
    slots.iter().flat_map(|at| [("a".to_owned(), at.0), ("b".to_owned(), at.0)]).collect()
}

#[test]
fn probing_goes_on_without_home_and_every_sample_is_there_afterwards() {
    let test = "probing_goes_on_without_home_and_every_sample_is_there_afterwards";
    let Some(fleet) = Fleet::deploy(test) else { return };
    fleet.watch(&PAGES);
    let slots: Vec<UnixMillis> = ticks(5).collect();
    let mut sandbox = fleet.sandbox();
    assert!(matches!(sandbox.invoke(&event(slots[0]), AMPLE), Ended::Answered(_)));
    for (tick, road) in [(1, Road::Refusing), (2, Road::Silent), (3, Road::Refusing)] {
        fleet.home.set(road);
        assert!(matches!(sandbox.invoke(&event(slots[tick]), AMPLE), Ended::Answered(_)), "it is no error yet");
        let line = logged(&sandbox, tick + 1);
        assert_eq!((&line["sent"], &line["spooled"], &line["held"]), (&json!(0), &json!(2), &json!(0)), "{line}");
    }
    fleet.home.set(Road::Open);
    assert_eq!(seen(&fleet.arrived()), expected(&slots[..1]), "nothing came past the relay");
    sandbox.invoke(&event(slots[4]), AMPLE);
    let line = logged(&sandbox, 5);
    assert_eq!((&line["sent"], &line["spooled"], &line["drained"]), (&json!(2), &json!(0), &json!(3)), "{line}");
    assert_eq!(seen(&fleet.arrived()), expected(&slots[1..]));
    assert_eq!(seen(&taken_from(&fleet.spool)), BTreeSet::new(), "the spool is empty");
}

#[test]
fn what_home_throttles_or_denies_is_spooled_and_the_note_says_which_call_and_why() {
    let test = "what_home_throttles_or_denies_is_spooled_and_the_note_says_which_call_and_why";
    for (code, said) in
        [("ThrottlingException", "throttled"), ("AccessDeniedException", "access denied; the role needs this action")]
    {
        let Some(mut fleet) = Fleet::deploy(test) else { return };
        let decide = move |action: &str| match action {
            "SendMessageBatch" => Fault::Refused(code),
            _ => Fault::None,
        };
        let faults = Faults::before(fleet.account.endpoint(), Arc::new(decide), Arc::new(|_, _, _| ()));
        fleet.home = Relay::to(faults.endpoint().trim_start_matches("http://").parse().unwrap());
        fleet.watch(&PAGES);
        let mut sandbox = fleet.sandbox();
        assert!(matches!(sandbox.invoke(&event(slot()), AMPLE), Ended::Answered(_)), "{code}: it is no error yet");
        let line = logged(&sandbox, 1);
        assert_eq!((&line["sent"], &line["spooled"], &line["held"]), (&json!(0), &json!(2), &json!(0)), "{line}");
        assert!(faults.seen("SendMessageBatch").1 > 0, "{code}: home was not asked");
        let home = fleet
            .queue
            .url()
            .replace(fleet.account.endpoint().trim_start_matches("http://"), &fleet.home.address.to_string());
        let note = format!("sqs:SendMessage on {home}: {said}");
        assert!(line["notes"].to_string().contains(&note), "{note}: {line}");
        assert_eq!(seen(&taken_from(&fleet.spool)), expected(&[slot()]));
        assert_eq!(seen(&fleet.arrived()), BTreeSet::new(), "{code}");
    }
}

#[test]
fn another_sandbox_brings_home_what_one_has_left() {
    let Some(fleet) = Fleet::deploy("another_sandbox_brings_home_what_one_has_left") else { return };
    fleet.watch(&PAGES);
    let slots: Vec<UnixMillis> = ticks(2).collect();
    fleet.home.set(Road::Refusing);
    fleet.sandbox().invoke(&event(slots[0]), AMPLE);
    fleet.home.set(Road::Open);
    fleet.sandbox().invoke(&event(slots[1]), AMPLE);
    assert_eq!(seen(&fleet.arrived()), expected(&slots));
}

/// Until an answer of home is here: ten calls, one after the other, would take longer than an invocation has for its spool.
const AWAY: Duration = Duration::from_millis(550);

#[test]
fn a_hundred_messages_come_home_in_one_invocation_though_home_is_far() {
    let test = "a_hundred_messages_come_home_in_one_invocation_though_home_is_far";
    let Some(mut fleet) = Fleet::deploy(test) else { return };
    fleet.home = Relay::far(fleet.account.endpoint().trim_start_matches("http://").parse().unwrap(), AWAY);
    fleet.watch(&PAGES[..1]);
    // One more than an invocation takes.
    let left: BTreeSet<String> = (0..=DRAINED_MAX).map(|n| format!("left {n}")).collect();
    assert_eq!(wait(fleet.spool.send(left.iter().cloned().collect())).accepted, DRAINED_MAX + 1);

    let mut sandbox = fleet.sandbox();
    assert!(matches!(sandbox.invoke(&event(slot()), AMPLE), Ended::Answered(_)));
    let line = logged(&sandbox, 1);
    assert_eq!((&line["drained"], line.get("notes")), (&json!(DRAINED_MAX), None), "{line}");
    let [home, spool] = [&fleet.queue, &fleet.spool].map(texts);
    assert_eq!(home.len(), DRAINED_MAX + 1, "the sample of now, and no message twice");
    assert!(spool.len() == 1 && home.iter().chain(&spool).collect::<BTreeSet<_>>().is_superset(&left.iter().collect()));
}

/// The most of the memory of a function of 128 MB that its spool may take.
const DRAINING_KB: u64 = 48 * 1024;

#[test]
fn a_spool_of_the_largest_messages_does_not_fill_the_smallest_function() {
    let test = "a_spool_of_the_largest_messages_does_not_fill_the_smallest_function";
    let Some(mut fleet) = Fleet::deploy(test) else { return };
    fleet.home = Relay::far(fleet.account.endpoint().trim_start_matches("http://").parse().unwrap(), AWAY);
    fleet.watch(&PAGES[..1]);
    let large = r#""wait_us":4711,"#.repeat(69_000);
    for n in 0..40 {
        assert_eq!(wait(fleet.spool.send(vec![format!("{n:02}{large}")])).accepted, 1);
    }

    let mut sandbox = fleet.sandbox();
    sandbox.ready();
    let before = memory_kb(&sandbox, "VmRSS");
    assert!(matches!(sandbox.invoke(&event(slot()), AMPLE), Ended::Answered(_)));
    let taken = memory_kb(&sandbox, "VmHWM") - before;
    assert!(taken < DRAINING_KB, "{taken} KB, {}", logged(&sandbox, 1));
}

/// One after the other, eight calls would take longer than an invocation has for its spool.
const FURTHER: Duration = Duration::from_millis(800);

#[test]
fn large_messages_go_home_side_by_side() {
    let Some(mut fleet) = Fleet::deploy("large_messages_go_home_side_by_side") else { return };
    fleet.home = Relay::far(fleet.account.endpoint().trim_start_matches("http://").parse().unwrap(), FURTHER);
    fleet.watch(&PAGES[..1]);
    // No two of them are one call.
    let left = (0..8).map(|n| n.to_string().repeat(600_000)).collect();
    assert_eq!(wait(fleet.spool.send(left)).accepted, 8);
    let mut sandbox = fleet.sandbox();
    assert!(matches!(sandbox.invoke(&event(slot()), AMPLE), Ended::Answered(_)));
    assert_eq!(logged(&sandbox, 1)["drained"], 8, "{}", logged(&sandbox, 1));
}

/// What the kernel says of a process, such as its largest size so far, `VmHWM`.
fn memory_kb(sandbox: &FakeLambda, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", sandbox.0.process())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Everything that is in a queue, as it was sent.
fn texts(queue: &Queue) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        let held = wait(queue.receive(10)).unwrap();
        if held.is_empty() {
            return all;
        }
        all.extend(held.into_iter().map(|held| held.message));
    }
}

#[test]
fn what_neither_queue_takes_is_an_error_and_is_kept_for_the_next_invocation() {
    let test = "what_neither_queue_takes_is_an_error_and_is_kept_for_the_next_invocation";
    let Some(fleet) = Fleet::deploy(test) else { return };
    fleet.watch(&PAGES);
    let slots: Vec<UnixMillis> = ticks(3).collect();
    let mut sandbox = fleet.sandbox();
    fleet.home.set(Road::Refusing);
    fleet.near.set(Road::Refusing);
    for (tick, held) in [(0, 2), (1, 4)] {
        let Ended::Failed(error) = sandbox.invoke(&event(slots[tick]), AMPLE) else { panic!("it did not fail") };
        let words = format!("neither the queue nor the spool took {held} samples");
        assert!(error.contains("Parallax.Unsent") && error.contains(&words), "{error}");
        assert_eq!(logged(&sandbox, tick + 1)["held"], held);
    }
    fleet.home.set(Road::Open);
    fleet.near.set(Road::Open);
    assert!(matches!(sandbox.invoke(&event(slots[2]), AMPLE), Ended::Answered(_)));
    assert_eq!(logged(&sandbox, 3)["sent"], 6);
    assert_eq!(seen(&fleet.arrived()), expected(&slots));
}

#[test]
fn missed_slots_that_neither_queue_takes_are_counted_as_such() {
    let Some(fleet) = Fleet::deploy("missed_slots_that_neither_queue_takes_are_counted_as_such") else { return };
    fleet.watch(&[r#"id = "a"
url = "SITE/page"
headers = { X = { ssm = "/p/nowhere" } }"#]);
    let mut sandbox = fleet.sandbox();
    fleet.home.set(Road::Refusing);
    fleet.near.set(Road::Refusing);
    for (tick, held) in [(0, "1 missed slot"), (1, "2 missed slots")] {
        let at = UnixMillis(slot().0 + i64::from(tick) * 60_000);
        let Ended::Failed(error) = sandbox.invoke(&event(at), AMPLE) else { panic!("it did not fail") };
        assert!(error.contains(&format!("neither the queue nor the spool took {held}, lost unless")), "{error}");
    }
    let line = logged(&sandbox, 2);
    assert_eq!(
        (&line["held"], &line["missed_held"], &line["missed_lost"]),
        (&json!(0), &json!(2), &json!(0)),
        "{line}"
    );
}

#[test]
fn killed_while_it_measures_it_has_sent_what_came_before() {
    let Some(fleet) = Fleet::deploy("killed_while_it_measures_it_has_sent_what_came_before") else { return };
    fleet.watch(&[
        "id = \"a\"\nurl = \"SITE/page\"",
        "id = \"slow\"\nurl = \"SITE/slow?ms=30000\"\nevery = \"2m\"\ntimeout = \"40s\"",
    ]);
    let (even, odd) = (slot(), UnixMillis(slot().0 + 60_000));
    let mut sandbox = fleet.sandbox();
    sandbox.invoke(&event(odd), AMPLE);
    let ended = sandbox.invoke_and_kill(&event(even), AMPLE, Duration::from_secs(2));
    assert_eq!(ended, Ended::Killed);
    assert_eq!(seen(&fleet.arrived()), BTreeSet::from([("a".to_owned(), odd.0)]));
}
