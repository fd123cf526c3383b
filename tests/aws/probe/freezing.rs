//! Between invocations a sandbox is frozen: nothing that is measured spans that, and old connections are made anew.

use std::thread::sleep;
use std::time::Duration;

use parallax::adapters::clock;
use parallax::measurement::environment::Init;
use parallax::measurement::units::UnixMillis;

use super::{AMPLE, Fleet, event, logged, seen, slot};
use crate::support::fake_lambda::Ended;

const PAGE: &str = "id = \"a\"\nurl = \"SITE/page\"";

#[test]
fn nothing_measured_spans_a_freeze_and_connections_that_died_in_it_are_made_anew() {
    let test = "nothing_measured_spans_a_freeze_and_connections_that_died_in_it_are_made_anew";
    let Some(fleet) = Fleet::deploy(test) else { return };
    fleet.watch(&[PAGE]);
    let mut sandbox = fleet.sandbox();
    let mut thawed = Vec::new();
    for tick in 0..4 {
        sandbox.freeze();
        sleep(Duration::from_millis(1_500));
        // The other end closed while nobody was there to see it.
        fleet.home.break_off();
        fleet.near.break_off();
        thawed.push(clock::wall());
        let at = UnixMillis(slot().0 + tick * 60_000);
        let ended = sandbox.invoke(&event(at), AMPLE);
        assert!(matches!(ended, Ended::Answered(_)), "{ended:?}");
        let line = logged(&sandbox, usize::try_from(tick).unwrap() + 1);
        assert_eq!((line["sent"].as_u64(), line["spooled"].as_u64()), (Some(1), Some(0)), "{line}");
    }
    let arrived = fleet.arrived();
    assert_eq!(seen(&arrived).len(), 4);
    for record in &arrived.sound {
        let sample = &record.sample;
        let turn = usize::try_from((sample.slot_ms.unwrap().0 - slot().0) / 60_000).unwrap();
        let end = sample.started_at_ms.0 + i64::try_from(sample.elapsed_us.0 / 1_000).unwrap();
        assert!(sample.started_at_ms >= thawed[turn], "begun before it was thawed");
        assert!(thawed.get(turn + 1).is_none_or(|next| end <= next.0 - 1_500), "ended after it was frozen again");
        assert!(sample.outcome.is_good());
    }
    assert!(fleet.home.accepted() >= 4, "each time a new connection");
}

#[test]
fn cold_warm_and_proactive_are_told_apart() {
    let Some(fleet) = Fleet::deploy("cold_warm_and_proactive_are_told_apart") else { return };
    fleet.watch(&[PAGE]);
    let inits = |mut sandbox: crate::support::fake_lambda::FakeLambda, wait: Duration| {
        sandbox.freeze();
        sleep(wait);
        for tick in 0..2 {
            sandbox.invoke(&event(UnixMillis(slot().0 + tick * 60_000)), AMPLE);
            sandbox.freeze();
        }
        let mut arrived = fleet.arrived().sound;
        arrived.sort_by_key(|record| record.sample.slot_ms);
        let of = |at: usize| {
            let invocation = arrived[at].sample.invocation.unwrap();
            (invocation.init, invocation.number, Duration::from(invocation.sandbox_age_us.unwrap()) >= wait)
        };
        [of(0), of(1)]
    };
    let warm = (Init::Warm, 2, true);
    assert_eq!(inits(fleet.sandbox(), Duration::ZERO), [(Init::Cold, 1, true), warm]);
    assert_eq!(inits(fleet.sandbox(), Duration::from_millis(10_500)), [(Init::Proactive, 1, true), warm]);
    let provisioned = fleet.sandbox_with(&[("AWS_LAMBDA_INITIALIZATION_TYPE", "provisioned-concurrency")]);
    assert_eq!(inits(provisioned, Duration::ZERO), [(Init::Proactive, 1, true), warm]);
}
