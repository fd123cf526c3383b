//! What is sent to a queue: few messages, each as it arrives, with nothing left out.

use std::collections::HashSet;

use parallax::intake::arrival::{MESSAGE_MAX, SAMPLES_MAX, decode};
use parallax::measurement::environment::Environment;
use parallax::measurement::outcome::{Cause, Failure, Outcome};
use parallax::measurement::parcel::{BYTES, Packed, Reason, SAMPLES, pack};
use parallax::measurement::phase::Phase;
use parallax::measurement::sample::Sample;
use parallax::measurement::units::UnixMillis;
use parallax::measurement::wire::Message;
use proptest::prelude::*;

use crate::support::samples::{Recipe, START, environment};

const NOW: UnixMillis = UnixMillis(START + 86_400_000);

/// The n-th sample, failed with these words.
fn failed(n: usize, words: &str) -> Sample {
    let failed = Some((Phase::Wait, Cause::ConnectionReset));
    let mut sample = Recipe { id: format!("s-{n}"), failed, ..Recipe::default() }.record().sample;
    if let Outcome::Failed(Failure { detail, .. }) = &mut sample.outcome {
        words.clone_into(detail);
    }
    sample
}

fn surroundings() -> Environment {
    environment(Recipe::default().sandbox)
}

/// <https://www.w3.org/TR/xml/#charsets>, which Amazon SQS refers to.
fn has_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
}

fn arrived(packed: &Packed, environment: &Environment) -> Vec<Sample> {
    let mut samples = Vec::new();
    for parcel in &packed.parcels {
        let arrivals = decode(parcel.text.as_bytes(), NOW);
        assert!(arrivals.poison.is_empty(), "{:?}", arrivals.poison);
        let ids: Vec<_> = arrivals.sound.iter().map(|record| record.sample.id.clone()).collect();
        assert_eq!(ids, parcel.ids);
        for record in arrivals.sound {
            assert_eq!(record.environment, *environment);
            samples.push(record.sample);
        }
    }
    samples
}

#[test]
fn limits_are_those_of_whoever_receives() {
    const { assert!(BYTES < MESSAGE_MAX && SAMPLES <= SAMPLES_MAX) };
}

#[test]
fn a_parcel_is_a_message_of_the_wire_format() {
    let samples: Vec<Sample> = (0..3).map(|n| failed(n, "\u{1}\u{fffe}ü\u{ffff}\u{7f}\u{85}\"\\")).collect();
    let packed = pack(&surroundings(), &samples, BYTES);
    let text = &packed.parcels[0].text;
    assert_eq!((packed.parcels.len(), packed.unfit.len()), (1, 0));
    assert!(text.contains(r#"\u0001\ufffeü\uffff\u007f\u0085\"\\"#), "{text}");
    let message: Message = serde_json::from_str(text).unwrap();
    assert_eq!(message, Message::new(surroundings(), samples));
}

#[test]
fn nothing_to_send_is_no_message() {
    assert_eq!(pack(&surroundings(), &[], BYTES), Packed::default());
}

#[test]
fn a_sample_that_fits_nowhere_comes_back_and_holds_up_no_other() {
    let samples = [failed(0, "short"), failed(1, &"long".repeat(500)), failed(2, "short")];
    let alone = |sample: &Sample| pack(&surroundings(), [sample], usize::MAX).parcels[0].text.len();
    let limit = alone(&samples[1]) - 1;
    let packed = pack(&surroundings(), &samples, limit);
    assert_eq!(packed.unfit.len(), 1);
    assert_eq!(packed.unfit[0].id, samples[1].id);
    assert_eq!(packed.unfit[0].reason, Reason::Large { bytes: limit + 1, limit });
    assert_eq!(arrived(&packed, &surroundings()), [samples[0].clone(), samples[2].clone()]);
    // Exactly as large as allowed it is sent.
    assert!(pack(&surroundings(), &samples, limit + 1).unfit.is_empty());
}

#[test]
fn more_samples_than_a_message_may_have_are_several_messages() {
    let samples: Vec<Sample> = (0..SAMPLES + 1).map(|n| failed(n, "")).collect();
    let packed = pack(&surroundings(), &samples, usize::MAX);
    assert_eq!(packed.parcels.iter().map(|parcel| parcel.ids.len()).collect::<Vec<_>>(), [SAMPLES, 1]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn every_sample_arrives_once_or_comes_back_and_no_two_messages_would_fit_into_one(
        words in proptest::collection::vec(
            proptest::collection::vec(any::<char>(), 0..400)
                .prop_map(|chars| chars.into_iter().collect::<String>()), 0..30),
        kernel in any::<String>(),
        limit in 500_usize..6_000,
    ) {
        let environment = Environment { architecture: kernel, ..surroundings() };
        let samples: Vec<Sample> = words.iter().enumerate().map(|(n, words)| failed(n, words)).collect();
        let packed = pack(&environment, &samples, limit);
        for parcel in &packed.parcels {
            prop_assert!(parcel.text.len() <= limit);
            prop_assert!(parcel.text.chars().all(has_xml));
        }
        let arrived = arrived(&packed, &environment);
        for sample in &arrived {
            prop_assert!(samples.contains(sample));
        }
        let ids: HashSet<_> =
            arrived.iter().map(|sample| &sample.id).chain(packed.unfit.iter().map(|unfit| &unfit.id)).collect();
        prop_assert_eq!((ids.len(), arrived.len() + packed.unfit.len()), (samples.len(), samples.len()));
        let plain = failed(0, "");
        let alone = pack(&environment, [&plain], usize::MAX).parcels[0].text.len();
        let frame = alone - serde_json::to_string(&plain).unwrap().len();
        for (n, one) in packed.parcels.iter().enumerate() {
            for other in &packed.parcels[n + 1..] {
                prop_assert!(one.text.len() + other.text.len() - frame + 1 > limit);
            }
        }
    }
}
