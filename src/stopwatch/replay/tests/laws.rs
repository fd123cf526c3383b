//! What holds for every sample.

use proptest::prelude::*;

use super::*;

fn any_hop() -> impl Strategy<Value = Hop> {
    (prop::array::uniform6(0_u64..2_000_000), 0_u64..10_000, prop::sample::select(vec![200_u16, 302, 404, 500]))
        .prop_map(|(lengths, overhead, status)| hop(lengths, overhead, status))
}

fn any_sample() -> impl Strategy<Value = Sample> {
    let end = prop::option::of((0_usize..6, prop::sample::select(vec![Cause::Timeout, Cause::Decoding, Cause::Tool])));
    (prop::collection::vec(any_hop(), 0..4), end, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(hops, end, reused, gzip, curl)| {
            let mut any = sample(hops);
            if let Some((phase, cause)) = end {
                let phase = Phase::ALL[phase];
                any.outcome = Outcome::Failed(Failure { phase, cause, detail: String::new() });
            }
            if let Some(hop) = any.hops.first_mut() {
                hop.connection.as_mut().unwrap().reused = reused;
                hop.response.as_mut().unwrap().content_encoding = gzip.then(|| "gzip".to_owned());
            }
            any.curl = curl.then(|| CurlRun { time_redirect_us: Micros(7), ..CurlRun::default() });
            any
        },
    )
}

proptest! {
    #[test]
    fn curl_of_a_plain_fresh_sample_is_the_sum_of_its_phases(lengths in prop::array::uniform6(1_u64..2_000_000)) {
        let plain = sample(vec![hop(lengths, 0, 200)]);
        let curl = shown("curl", &plain);
        prop_assert_eq!(curl.value_us, Micros(lengths.iter().sum()));
        let counters: Vec<u64> = curl
            .series
            .iter()
            .filter(|reading| reading.name != "time_redirect")
            .map(|reading| match &reading.told {
                Told::ValueUs(value) => value.0,
                Told::CannotSay(obstacle) => panic!("{obstacle}"),
            })
            .collect();
        prop_assert!(counters.is_sorted(), "{:?}", counters);
    }

    #[test]
    fn no_tool_sees_more_than_there_was(any in any_sample(), same_body in any::<bool>()) {
        for definition in catalogue::all() {
            if let Replay::Shown(shown) = replay(definition, &any, Assumptions { same_body }) {
                prop_assert!(shown.at_least || shown.value_us <= any.elapsed_us, "{}", definition.name);
                prop_assert!(shown.if_kept_us.is_none_or(|kept| kept <= shown.value_us), "{}", definition.name);
            }
        }
    }

    #[test]
    fn an_assumption_adds_answers_and_changes_none(any in any_sample()) {
        for definition in catalogue::all() {
            let without = replay(definition, &any, Assumptions::default());
            if let (Replay::Shown(before), Replay::Shown(after)) =
                (without, replay(definition, &any, Assumptions { same_body: true }))
            {
                prop_assert_eq!(before.value_us, after.value_us);
            }
        }
    }
}
