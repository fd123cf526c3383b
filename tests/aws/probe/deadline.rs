//! A deadline near: what could not be measured is missed with its reason, what was measured is sent.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Fleet, event, logged, seen, slot};
use crate::support::fake_lambda::Ended;

#[test]
fn what_there_is_no_time_for_is_missed_and_the_rest_is_sent_before_the_deadline() {
    let test = "what_there_is_no_time_for_is_missed_and_the_rest_is_sent_before_the_deadline";
    let Some(fleet) = Fleet::deploy(test) else { return };
    let slow = |id: &str| format!("id = \"{id}\"\nurl = \"SITE/slow?ms=30000\"\ntimeout = \"40s\"");
    let (b, c) = (slow("b-slow"), slow("c-slow"));
    fleet.watch(&[
        "id = \"a-quick\"\nurl = \"SITE/page\"",
        &b,
        &c,
        "id = \"d-behind\"\nurl = \"SITE/page\"",
        "id = \"e-own-limit\"\nurl = \"SITE/slow?ms=30000\"\ntimeout = \"50ms\"\nevery = \"2m\"",
    ]);
    let mut sandbox = fleet.sandbox();
    // Ten seconds are left for measuring, and nine for sending.
    let ended = sandbox.invoke(&event(slot()), Duration::from_secs(19));
    assert!(matches!(ended, Ended::Answered(_)), "{ended:?}");
    let arrived = fleet.arrived();
    assert_eq!(seen(&arrived), BTreeSet::from([("a-quick".to_owned(), slot().0)]));
    let missed: BTreeSet<_> =
        arrived.missed.iter().map(|miss| (miss.target.as_str(), miss.reason.as_str(), miss.slot_ms)).collect();
    let expected = ["b-slow", "c-slow", "d-behind", "e-own-limit"].map(|page| (page, "deadline", slot()));
    assert_eq!(missed, BTreeSet::from(expected));
    let line = logged(&sandbox, 1);
    assert_eq!((line["measured"].as_u64(), line["missed"].as_u64()), (Some(1), Some(4)), "{line}");
}

#[test]
fn a_page_that_does_not_keep_its_own_limit_is_a_failure_of_the_page() {
    let test = "a_page_that_does_not_keep_its_own_limit_is_a_failure_of_the_page";
    let Some(fleet) = Fleet::deploy(test) else { return };
    fleet.watch(&["id = \"slow\"\nurl = \"SITE/slow?ms=30000\"\ntimeout = \"300ms\""]);
    fleet.sandbox().invoke(&event(slot()), super::AMPLE);
    let arrived = fleet.arrived();
    assert!(arrived.missed.is_empty());
    assert!(!arrived.sound[0].sample.outcome.is_good());
}
