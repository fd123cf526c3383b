//! Each invocation measures what is due at its slot, and nothing else.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use parallax::adapters::aws::parameters::Parameters;
use parallax::adapters::aws::targets::Targets;
use parallax::adapters::function::watched::Watched;
use parallax::measurement::environment::Init;
use parallax::measurement::units::UnixMillis;
use serde_json::json;

use super::{AMPLE, Fleet, HERE, event, logged, seen, slot, wait};
use crate::support::fake_lambda::Ended;

const PAGES: [&str; 3] = [
    "id = \"often\"\nurl = \"SITE/page\"",
    "id = \"seldom\"\nurl = \"SITE/redirect?n=1\"\nfollow_redirects = true\nevery = \"2m\"",
    "id = \"curls\"\nurl = \"SITE/page\"\nmethods = [\"curl\"]",
];

#[test]
fn pages_are_measured_at_their_own_slots_by_the_arm_of_their_method() {
    let test = "pages_are_measured_at_their_own_slots_by_the_arm_of_their_method";
    let Some(fleet) = Fleet::deploy(test) else { return };
    fleet.watch(&PAGES);
    // No page: it has no address, and somebody wrote it by hand.
    let client = aws_sdk_dynamodb::Client::new(&fleet.account.config(HERE));
    let bad = client.put_item().table_name("targets").item("id", AttributeValue::S("bad".to_owned()));
    wait(bad.send()).unwrap();

    let mut sandbox = fleet.sandbox();
    let (even, odd) = (slot(), UnixMillis(slot().0 + 60_000));
    for (count, at) in [(1, even), (2, odd)] {
        assert!(matches!(sandbox.invoke(&event(at), AMPLE), Ended::Answered(_)), "{:?}", sandbox.lines(count));
        let line = logged(&sandbox, count);
        assert_eq!((&line["refused_rows"], &line["pages"]), (&json!(1), &json!(3)), "{line}");
        assert!(line["notes"].to_string().contains("bad"), "{line}");
        assert_eq!(line["slot_from"], "event");
        assert_eq!(
            (&line["init"], &line["invocation"]),
            (&json!(if count == 1 { "cold" } else { "warm" }), &json!(count))
        );
    }
    let arrived = fleet.arrived();
    let refused = arrived.refused.clone().unwrap();
    assert_eq!((refused.region.as_str(), refused.rows, refused.slot_ms), (HERE, 1, odd), "the last of two");
    let expected = [("often", even), ("seldom", even), ("often", odd)].map(|(page, at)| (page.to_owned(), at.0));
    assert_eq!(seen(&arrived), BTreeSet::from(expected));
    for record in &arrived.sound {
        let (sample, invocation) = (&record.sample, record.sample.invocation.unwrap());
        assert!(sample.outcome.is_good() && !sample.slot_guessed, "{sample:?}");
        assert_eq!((sample.vantage.as_str(), sample.method.as_str()), ("lambda/eu-west-1/1769", "fresh"));
        let first = sample.slot_ms == Some(even);
        assert_eq!(invocation.init, if first { Init::Cold } else { Init::Warm });
        assert_eq!(invocation.number, if first { 1 } else { 2 });
        assert!(invocation.sandbox_age_us.is_some() && record.environment.init_duration_us.is_some());
        assert_eq!(record.environment.sandbox.as_deref().map(|name| name.contains("[$LATEST]")), Some(true));
    }
}

#[test]
fn a_slot_that_nobody_names_is_that_of_now_and_the_log_says_so() {
    let test = "a_slot_that_nobody_names_is_that_of_now_and_the_log_says_so";
    let Some(fleet) = Fleet::deploy(test) else { return };
    fleet.watch(&PAGES[..1]);
    let mut sandbox = fleet.sandbox();
    let before = parallax::adapters::clock::wall().0;
    sandbox.invoke(r#"{"slot": "<aws.scheduler.scheduled-time>"}"#, AMPLE);
    let after = parallax::adapters::clock::wall().0;
    let line = logged(&sandbox, 1);
    assert_eq!(line["slot_from"], "clock", "{line}");
    let arrived = fleet.arrived();
    assert!(arrived.sound[0].sample.slot_guessed, "and so does the sample");
    let slot = arrived.sound[0].sample.slot_ms.unwrap().0;
    assert!(slot % 60_000 == 0 && (before - 60_000..=after).contains(&slot), "{before} {slot} {after}");
}

#[test]
fn two_pages_are_in_flight_and_never_three() {
    let Some(fleet) = Fleet::deploy("two_pages_are_in_flight_and_never_three") else { return };
    let pages: Vec<String> = (0..5).map(|n| format!("id = \"p{n}\"\nurl = \"SITE/slow?ms=300\"")).collect();
    fleet.watch(&pages.iter().map(String::as_str).collect::<Vec<_>>());
    fleet.sandbox().invoke(&event(slot()), AMPLE);
    let arrived = fleet.arrived();
    let spans: Vec<(i64, i64)> = arrived
        .sound
        .iter()
        .map(|record| {
            let start = record.sample.started_at_ms.0;
            (start, start + i64::try_from(record.sample.elapsed_us.0 / 1_000).unwrap())
        })
        .collect();
    let together = |moment: i64| spans.iter().filter(|(start, end)| (*start..*end).contains(&moment)).count();
    assert_eq!(spans.len(), 5);
    assert_eq!(spans.iter().map(|(start, _)| together(*start)).max(), Some(2), "{spans:?}");
}

#[test]
fn a_change_is_used_a_minute_later_and_a_table_that_cannot_be_read_leaves_the_last_list() {
    let test = "a_change_is_used_a_minute_later_and_a_table_that_cannot_be_read_leaves_the_last_list";
    let Some(fleet) = Fleet::deploy(test) else { return };
    fleet.watch(&PAGES[..1]);
    let config = fleet.account.config(HERE);
    let watched = |config| Watched::new(Targets::new(config, "targets"), Parameters::new(config));
    let mut watching = watched(&config);
    let pages = |watching: &Watched| watching.kept().map(|kept| kept.listing.pages.len());
    assert_eq!(pages(&watching), None);
    wait(watching.refresh(UnixMillis(1_000))).unwrap();
    fleet.watch(&PAGES);
    wait(watching.refresh(UnixMillis(60_999))).unwrap();
    assert_eq!(pages(&watching), Some(1));
    wait(watching.refresh(UnixMillis(61_000))).unwrap();
    assert_eq!(pages(&watching), Some(3));

    let client = aws_sdk_dynamodb::Client::new(&config);
    wait(client.delete_table().table_name("targets").send()).unwrap();
    let why = wait(watching.refresh(UnixMillis(200_000))).unwrap_err();
    assert!(why.contains("targets"), "{why}");
    assert_eq!(pages(&watching), Some(3), "the last list is kept");
    assert!(wait(watched(&config).refresh(UnixMillis(0))).is_err());

    // Without any list there is nothing that could be measured, and that is an error.
    let mut sandbox = fleet.sandbox();
    let Ended::Failed(error) = sandbox.invoke(&event(slot()), AMPLE) else { panic!("it did not fail") };
    assert!(error.contains("Parallax.NoTargets") && error.contains("not known what to measure"), "{error}");
    assert_eq!(logged(&sandbox, 1)["table"], "none");
}

#[test]
fn a_spool_is_looked_into_once_the_message_is_taken_and_waited_for() {
    let Some(fleet) = Fleet::deploy("a_spool_is_looked_into_once_the_message_is_taken_and_waited_for") else { return };
    fleet.watch(&PAGES[..1]);
    let mut sandbox = fleet.sandbox();
    assert!(matches!(sandbox.invoke(&event(slot()), AMPLE), Ended::Answered(_)));
    let [home, spool] = [&fleet.home, &fleet.near].map(|relay| relay.answered().unwrap());
    // Less would be an answer of some of the queue's servers.
    assert!(spool - home >= Duration::from_millis(900), "{:?}", spool.checked_duration_since(home));
    let line = logged(&sandbox, 1);
    assert_eq!((&line["sent"], &line["drained"], line.get("notes")), (&json!(1), &json!(0), None), "{line}");
}
