//! Intake: each arrival is new, repeated or poison, and nothing that arrives makes it fail.

mod parts;

use std::collections::HashSet;

use parallax::intake::arrival::{Arrivals, MESSAGE_MAX, Reason, SAMPLES_MAX, decode};
use parallax::intake::flaw::{Flaw, TEXT_MAX};
use parallax::intake::plan::decide;
use parallax::measurement::outcome::{Cause, Outcome};
use parallax::measurement::phase::Phase;
use parallax::measurement::refused::Refused;
use parallax::measurement::sample::Sample;
use parallax::measurement::units::{Micros, UnixMillis};
use parallax::measurement::wire::{Message, Record, SCHEMA};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::samples::{Recipe, START, environment, row};

const NOW: UnixMillis = UnixMillis(START + 86_400_000);

type Alteration = Box<dyn FnOnce(&mut Sample)>;

fn message(records: &[Record]) -> Message {
    let samples = records.iter().map(|record| record.sample.clone()).collect();
    Message::new(environment(Recipe::default().sandbox), samples)
}

fn bytes(records: &[Record]) -> Vec<u8> {
    serde_json::to_vec(&message(records)).unwrap()
}

fn altered(alter: impl FnOnce(&mut Sample)) -> Arrivals {
    let mut record = Recipe { hops: 2, ..Recipe::default() }.record();
    alter(&mut record.sample);
    decode(&bytes(&[record]), NOW)
}

fn flaw(arrivals: &Arrivals) -> &Flaw {
    match &arrivals.poison[..] {
        [poison] if arrivals.sound.is_empty() => match &poison.reason {
            Reason::Sample { flaw, .. } => flaw,
            other => panic!("{other}"),
        },
        _ => panic!("{arrivals:?}"),
    }
}

#[test]
fn a_message_arrives_as_it_was_sent() {
    let mut records = row(&Recipe { hops: 3, ..Recipe::default() }, 5);
    records.push(
        Recipe { id: "f".into(), failed: Some((Phase::Wait, Cause::ConnectionReset)), ..Recipe::default() }.record(),
    );
    assert_eq!(decode(&bytes(&records), NOW), Arrivals { sound: records, ..Arrivals::default() });
    assert_eq!(decode(&bytes(&[]), NOW), Arrivals::default());
}

#[test]
fn numbers_no_probe_can_have_measured_are_poison() {
    let cases: Vec<(&str, Alteration)> = vec![
        ("more than an hour", Box::new(|s| s.elapsed_us = Micros(u64::MAX))),
        ("add up to 104321", Box::new(|s| s.elapsed_us.0 += 1)),
        ("add up to 18446744073709551615", Box::new(|s| s.hops[0].overhead_us = Micros(u64::MAX))),
        (
            "of network",
            Box::new(|s| {
                let wait = s.hops[1].phases.wait.as_mut().unwrap();
                wait.network_us = Some(wait.elapsed_us + Micros(1));
            }),
        ),
        ("clock is wrong", Box::new(|s| s.started_at_ms = UnixMillis(i64::MAX))),
        ("not set", Box::new(|s| s.started_at_ms = UnixMillis(12))),
        ("not set", Box::new(|s| s.started_at_ms = UnixMillis(i64::MIN))),
        ("before its slot", Box::new(|s| s.slot_ms = Some(UnixMillis(i64::MAX)))),
        ("after its slot", Box::new(|s| s.slot_ms = Some(UnixMillis(i64::MIN)))),
        ("hops, more than", Box::new(|s| s.hops = vec![s.hops[0].clone(); 65])),
        ("answered by no hop", Box::new(|s| s.hops.clear())),
        ("status 42", Box::new(|s| s.hops[1].response.as_mut().unwrap().status = 42)),
        (
            "status 0",
            Box::new(|s| match &mut s.outcome {
                Outcome::Answered(answer) => answer.status = Some(0),
                Outcome::Failed(_) => unreachable!(),
            }),
        ),
        ("`url` is", Box::new(|s| s.hops[0].url = "x".repeat(TEXT_MAX + 1))),
        (
            "together",
            Box::new(|s| {
                s.hops = vec![
                    {
                        s.hops[0].url = "x".repeat(TEXT_MAX);
                        s.hops[0].clone()
                    };
                    9
                ]
            }),
        ),
    ];
    for (said, alter) in cases {
        let arrivals = altered(alter);
        assert!(flaw(&arrivals).to_string().contains(said), "{said}: {}", flaw(&arrivals));
        assert_eq!(arrivals.poison[0].id.as_ref().unwrap().as_str(), "sample-0");
    }
    assert_eq!(altered(|_| ()).sound.len(), 1);
}

#[test]
fn a_total_without_hops_is_sound_only_in_an_import_or_a_failure() {
    assert_eq!(
        altered(|s| {
            s.hops.clear();
            s.method = "zabbix".parse().unwrap();
        })
        .sound
        .len(),
        1
    );
    let mut failed = Recipe { failed: Some((Phase::Resolve, Cause::Tool)), ..Recipe::default() }.record();
    failed.sample.hops.clear();
    assert_eq!(decode(&bytes(&[failed]), NOW).sound.len(), 1);
}

#[test]
fn one_bad_sample_takes_no_other_with_it() {
    let mut value = serde_json::to_value(message(&row(&Recipe::default(), 3))).unwrap();
    value["samples"][1]["outcome"] = json!({"kind": "invented"});
    let arrivals = decode(value.to_string().as_bytes(), NOW);
    assert_eq!((arrivals.sound.len(), arrivals.poison.len()), (2, 1));
    assert!(arrivals.poison[0].reason.to_string().starts_with("sample 2: not a sample"));
    value["samples"] = Value::Array(vec![Value::Null; 4]);
    assert_eq!(decode(value.to_string().as_bytes(), NOW).poison.len(), 4);
}

#[test]
fn a_message_that_is_none_is_one_poison_with_its_reason() {
    let whole = bytes(&row(&Recipe::default(), 2));
    let many = message(&vec![Recipe::default().record(); SAMPLES_MAX + 1]);
    let mut newer = serde_json::to_value(message(&[])).unwrap();
    newer["schema"] = json!(SCHEMA + 1);
    let mut wordy = serde_json::to_value(message(&[])).unwrap();
    wordy["environment"]["kernel"] = json!("x".repeat(TEXT_MAX + 1));
    for (bytes, said) in [
        (vec![], "cannot be read"),
        (b"null".to_vec(), "cannot be read"),
        (b"{}".to_vec(), "no `schema`"),
        (vec![0xff; 64], "cannot be read"),
        (b"[".repeat(100_000), "cannot be read"),
        (whole[..whole.len() - 1].to_vec(), "EOF"),
        (vec![b' '; MESSAGE_MAX + 1], "more than"),
        (serde_json::to_vec(&many).unwrap(), "more than"),
        (newer.to_string().into_bytes(), "update parallax"),
        (wordy.to_string().into_bytes(), "`kernel` is 8193 bytes"),
    ] {
        let arrivals = decode(&bytes, NOW);
        assert!(arrivals.sound.is_empty());
        let reason = arrivals.poison[0].reason.to_string();
        assert!(reason.contains(said), "{said}: {reason}");
    }
}

#[test]
fn a_repeat_is_known_from_the_archive_and_within_the_message() {
    let mut records = row(&Recipe::default(), 3);
    records.push(records[1].clone());
    let known = [records[2].sample.id.clone()];
    let plan = decide(decode(&bytes(&records), NOW), &known);
    assert_eq!(plan.fresh, records[..2]);
    assert_eq!(plan.repeated, [known[0].clone(), records[1].sample.id.clone()]);
    assert_eq!(plan.poison, []);
}

/// A valid message with one byte range replaced: reaches deeper than noise alone.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let whole = bytes(&row(&Recipe { hops: 2, ..Recipe::default() }, 2));
    (0..whole.len(), 0..8_usize, proptest::collection::vec(any::<u8>(), 0..8)).prop_map(move |(at, cut, put)| {
        let mut bytes = whole.clone();
        let end = (at + cut).min(bytes.len());
        bytes.splice(at..end, put);
        bytes
    })
}

proptest! {
    #[test]
    fn any_bytes_end_up_somewhere(
        bytes in prop_oneof![proptest::collection::vec(any::<u8>(), 0..2_000), damaged()],
        now in any::<i64>(),
    ) {
        let plan = decide(decode(&bytes, UnixMillis(now)), &[]);
        prop_assert!(!(plan.fresh.is_empty() && plan.repeated.is_empty() && plan.poison.is_empty())
            || serde_json::from_slice::<Message>(&bytes).is_ok_and(|message| message.samples.is_empty()));
    }

    #[test]
    fn each_arrival_is_in_exactly_one_list(ids in proptest::collection::vec(0..12_u32, 0..40), known in 0..12_u32) {
        let records: Vec<Record> = ids.iter().map(|n| Recipe::default().nth(*n).record()).collect();
        let known: Vec<_> = row(&Recipe::default(), known).into_iter().map(|record| record.sample.id).collect();
        let plan = decide(decode(&bytes(&records), NOW), &known);
        prop_assert_eq!(plan.fresh.len() + plan.repeated.len(), records.len());
        let fresh: HashSet<_> = plan.fresh.iter().map(|record| &record.sample.id).collect();
        prop_assert_eq!(fresh.len(), plan.fresh.len());
        prop_assert!(known.iter().all(|id| !fresh.contains(id)));
    }
}

fn missed(slot: i64, reason: &str) -> Value {
    json!({"target": "page", "vantage": "lambda/eu-west-1/1769", "method": "fresh", "slot_ms": slot, "reason": reason})
}

#[test]
fn missed_slots_travel_with_the_samples_and_a_bad_one_is_alone_in_being_poison() {
    let records = row(&Recipe::default(), 2);
    let mut document = serde_json::to_value(message(&records)).unwrap();
    assert!(document.get("missed").is_none(), "a message without them is as it always was");
    document["missed"] = json!([missed(START, "deadline"), missed(START, "bored"), missed(0, "header"), 7]);
    let plan = decide(decode(&serde_json::to_vec(&document).unwrap(), NOW), &[]);
    assert_eq!(plan.fresh, records);
    assert_eq!(plan.missed.iter().map(|miss| miss.reason.as_str()).collect::<Vec<_>>(), ["deadline"]);
    let places: Vec<usize> = plan
        .poison
        .iter()
        .map(|poison| match poison.reason {
            Reason::Missed { place, .. } => place,
            _ => panic!("{poison:?}"),
        })
        .collect();
    assert_eq!(places, [2, 3, 4]);
    document["missed"] = vec![missed(START, "deadline"); SAMPLES_MAX + 1].into();
    let arrivals = decode(&serde_json::to_vec(&document).unwrap(), NOW);
    assert!(matches!(arrivals.poison[0].reason, Reason::Many(1_001)) && arrivals.sound.is_empty());
}

#[test]
fn refused_rows_travel_with_the_samples_and_nonsense_is_alone_in_being_poison() {
    let records = row(&Recipe::default(), 2);
    let mut document = serde_json::to_value(message(&records)).unwrap();
    assert!(document.get("refused").is_none(), "a message without them is as it always was");
    let mut read = |refused: Value| {
        document["refused"] = refused;
        let arrivals = decode(&serde_json::to_vec(&document).unwrap(), NOW);
        assert_eq!(arrivals.sound, records);
        let reasons: Vec<String> = arrivals.poison.iter().map(|poison| poison.reason.to_string()).collect();
        (arrivals.refused, reasons.join("; "))
    };
    let refused = Refused { region: "us-east-1".to_owned(), rows: 2, slot_ms: UnixMillis(START) };
    assert_eq!(read(serde_json::to_value(&refused).unwrap()), (Some(refused), String::new()));
    assert_eq!(read(Value::Null), (None, String::new()));
    for nonsense in [json!(7), json!({"region": "r", "rows": -1, "slot_ms": START}), json!({"rows": 1})] {
        let (found, why) = read(nonsense);
        assert!(found.is_none() && why.contains("not a number of refused rows"), "{why}");
    }
    let (_, why) = read(json!({"region": "r", "rows": 1, "slot_ms": 0}));
    assert!(why.starts_with("refused rows: ") && why.contains("not set"), "{why}");
}

#[test]
fn a_reader_that_knows_nothing_of_what_was_not_measured_reads_the_samples() {
    #[derive(serde::Deserialize)]
    struct Before {
        samples: Vec<Sample>,
    }
    let records = row(&Recipe::default(), 2);
    let mut message = message(&records);
    message.missed = vec![serde_json::from_value(missed(START, "header")).unwrap()];
    message.refused = Some(Refused { region: "us-east-1".to_owned(), rows: 2, slot_ms: UnixMillis(START) });
    let read: Before = serde_json::from_slice(&serde_json::to_vec(&message).unwrap()).unwrap();
    assert_eq!(read.samples.len(), 2);
}
