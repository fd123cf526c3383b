//! Batches: each sample in the archive once, each message taken in, set aside or given back.

use std::cell::RefCell;
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsMessage};
use parallax::adapters::aws::failure::Kind;
use parallax::archive::error::ArchiveError;
use parallax::measurement::identity::Method;
use parallax::measurement::miss::{Miss, Reason};
use parallax::measurement::refused::Refused;
use parallax::measurement::units::{Micros, UnixMillis};
use parallax::measurement::wire::{Message, Record};
use parallax::metrics::catalogue::{Dimension, Metric};
use parallax::metrics::error::PublishError;
use parallax_aggregator::batch::take_in::TakeIn;
use parallax_aggregator::journal::Line;

use crate::support::at_once::now;
use crate::support::memory::{Clock, Memory, MemoryLetters, MemoryMarks, MemoryMetrics, NOW, settings, throttled};
use crate::support::samples::{Recipe, START, environment, row};

#[derive(Default)]
pub(crate) struct World {
    pub(crate) archive: Memory,
    pub(crate) marks: MemoryMarks,
    pub(crate) metrics: MemoryMetrics,
    pub(crate) letters: MemoryLetters,
    pub(crate) lines: RefCell<Vec<Line>>,
}

/// How long an invocation has.
const TIME: Duration = Duration::from_secs(30);

impl World {
    /// One invocation: the ids that are given back, and how long it took.
    pub(crate) fn invoke(&mut self, messages: &[SqsMessage]) -> (Vec<String>, Duration) {
        let (clock, settings) = (Clock::at(NOW), settings());
        let lines = &self.lines;
        let taking = TakeIn {
            archive: &mut self.archive,
            marks: &mut self.marks,
            metrics: &mut self.metrics,
            dead_letters: &mut self.letters,
            pace: &clock,
            settings: &settings,
            journal: &|line| lines.borrow_mut().push(line.clone()),
            until: NOW.plus(TIME),
        };
        let SqsBatchResponse { batch_item_failures, .. } = now(taking.batch(messages.to_vec()));
        let given_back = batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect();
        (given_back, clock.now.get().since(NOW))
    }

    fn said(&self) -> String {
        self.lines.borrow().iter().map(Line::json).collect::<Vec<_>>().join("\n")
    }
}

pub(crate) fn letter(id: &str, body: &str) -> SqsMessage {
    let mut message = SqsMessage::default();
    (message.message_id, message.body) = (Some(id.to_owned()), Some(body.to_owned()));
    message
}

pub(crate) fn message(id: &str, records: &[Record]) -> SqsMessage {
    letter(id, &body(records))
}

fn body(records: &[Record]) -> String {
    let samples = records.iter().map(|record| record.sample.clone()).collect();
    let message = Message::new(environment(Recipe::default().sandbox), samples);
    serde_json::to_string(&message).unwrap()
}

pub(crate) fn records(count: u32) -> Vec<Record> {
    row(&Recipe::default(), count)
}

/// A sample that says that it took a microsecond longer than its hops.
pub(crate) fn impossible(id: &str) -> Record {
    let mut record = Recipe { id: id.to_owned(), ..Recipe::default() }.record();
    record.sample.elapsed_us = Micros(record.sample.elapsed_us.0 + 1);
    record
}

pub(crate) fn publish_error(of: fn(String, String, String) -> PublishError) -> PublishError {
    of("cloudwatch:PutMetricData".to_owned(), "eu-west-1".to_owned(), "its words".to_owned())
}

fn denied() -> PublishError {
    publish_error(|action, region, reason| PublishError::Denied {
        action,
        region,
        reason,
        namespace: "Parallax".to_owned(),
    })
}

fn miss() -> Miss {
    Miss {
        target: "daily-news".parse().unwrap(),
        vantage: "lambda/eu-west-1/1769".parse().unwrap(),
        method: Method::Fresh,
        slot_ms: UnixMillis(START),
        reason: Reason::Deadline,
    }
}

pub(crate) fn unanswered() -> PublishError {
    publish_error(|action, region, reason| PublishError::Unanswered { action, region, reason })
}

#[test]
fn a_sample_is_kept_once_however_often_it_comes_and_in_however_many_messages() {
    let mut world = World::default();
    let of = records(4);
    let batch = [message("a", &of[..3]), message("b", &of[1..]), message("c", &of[1..])];
    for _ in 0..2 {
        assert_eq!(world.invoke(&batch).0, [""; 0]);
    }
    assert_eq!(world.archive.records.len(), 4);
    assert_eq!(world.metrics.of(Metric::Availability), (4, 400.0));
    assert_eq!(world.letters.letters, []);
    assert!(world.said().contains(r#""messages":3,"new":0,"repeated":9"#), "{}", world.said());
}

#[test]
fn missed_slots_are_kept_or_their_message_is_given_back() {
    let mut world = World::default();
    let miss = miss();
    let mut message = Message::new(environment(Recipe::default().sandbox), Vec::new());
    message.missed = vec![miss.clone()];
    let batch = [letter("missed", &serde_json::to_string(&message).unwrap())];
    let refused = ArchiveError::Service { place: String::new(), reason: "denied".to_owned(), may_pass: false };
    // What is known is asked of the archive too, of no samples.
    world.archive.faults = [None, Some(refused)].into();
    assert_eq!(world.invoke(&batch).0, ["missed"]);
    assert_eq!(world.archive.missed, []);
    assert_eq!(world.invoke(&batch).0, [""; 0]);
    assert_eq!(world.archive.missed, [miss]);
    assert!(world.said().contains(r#""missed":1"#), "{}", world.said());
    assert_eq!(world.metrics.of(Metric::SlotsMissed).1, 1.0, "what was given back is not counted before it is kept");
}

#[test]
fn missed_slots_beside_samples_that_are_not_kept_are_counted_once_those_are() {
    let mut world = World::default();
    let mut message = Message::new(environment(Recipe::default().sandbox), Vec::new());
    message.samples = records(2).into_iter().map(|record| record.sample).collect();
    message.missed = vec![miss()];
    let batch = [letter("both", &serde_json::to_string(&message).unwrap())];
    // Throttled until the invocation ends, whichever call it is: three deliveries, each a call further.
    for calls in 0..3 {
        world.archive.faults = (0..1_000).map(|call| (call >= calls).then(throttled)).collect();
        assert_eq!(world.invoke(&batch).0, ["both"]);
        assert_eq!(world.metrics.of(Metric::SlotsMissed).1, 0.0, "after {calls} calls");
    }
    world.archive.faults.clear();
    // The samples are known by now, so that only one call is left; it is refused once.
    world.metrics.faults = [Some(denied())].into();
    assert_eq!(world.invoke(&batch).0, ["both"]);
    assert_eq!(world.invoke(&batch).0, [""; 0]);
    assert_eq!((world.archive.records.len(), world.metrics.of(Metric::SlotsMissed).1), (2, 1.0));
}

#[test]
fn refused_rows_of_any_region_are_published_or_their_message_is_given_back() {
    let mut world = World::default();
    let mut message = Message::new(environment(Recipe::default().sandbox), Vec::new());
    message.refused = Some(Refused { region: "us-east-1".to_owned(), rows: 2, slot_ms: UnixMillis(START) });
    let batch = [letter("refused", &serde_json::to_string(&message).unwrap())];
    world.metrics.faults.push_back(Some(denied()));
    assert_eq!(world.invoke(&batch).0, ["refused"]);
    assert_eq!(world.metrics.of(Metric::RowsRefused), (0, 0.0));
    assert_eq!(world.invoke(&batch).0, [""; 0]);
    assert_eq!(world.metrics.of(Metric::RowsRefused), (1, 2.0));
    assert_eq!(world.metrics.of(Metric::TargetsRefused), (1, 2.0), "the series of the alarm");
    let datum = world.metrics.datums.iter().find(|datum| datum.series().metric() == Metric::RowsRefused).unwrap();
    assert_eq!(datum.series().label(Dimension::ProbeRegion).unwrap().as_str(), "us-east-1");
}

#[test]
fn what_cannot_be_taken_in_is_set_aside_with_the_reason_and_its_neighbours_are_taken_in() {
    let mut world = World::default();
    let of = records(3);
    let newer = body(&of).replacen(r#""schema":1"#, r#""schema":2"#, 1);
    let mixed = [of[0].clone(), impossible("impossible")];
    let large = " ".repeat(1_048_577);
    let batch = [
        letter("garbage", "\u{1b}[2J not JSON"),
        letter("newer", &newer),
        message("mixed", &mixed),
        letter("large", &large),
        message("sound", &of[1..]),
    ];
    assert_eq!(world.invoke(&batch).0, [""; 0]);
    assert_eq!(world.archive.ids().len(), 3, "the sound one of the mixed message is kept");
    let bodies: Vec<&str> = world.letters.letters.iter().map(|(body, _)| body.as_str()).collect();
    assert_eq!(bodies, ["\u{1b}[2J not JSON", newer.as_str(), &body(&mixed), &large]);
    let reasons: Vec<&str> = world.letters.letters.iter().map(|(_, reason)| reason.as_str()).collect();
    for (reason, said) in reasons.iter().zip(["cannot be read", "update parallax", "add up to", "bytes long"]) {
        assert!(reason.contains(said), "{reason}");
        assert!(world.said().contains(said), "{}", world.said());
    }
    assert!(world.said().contains(r#""message":"mixed","sample":"impossible""#), "{}", world.said());
}

#[test]
fn an_end_between_publishing_and_keeping_counts_twice_in_cloudwatch_and_once_in_the_archive() {
    let mut world = World::default();
    let batch = [message("a", &records(10))];
    // It is known, published, marked; and then it ends with four of ten kept.
    world.archive.append_breaks_after = Some(4);
    let permanent = ArchiveError::Service { place: "x".into(), reason: "gone".into(), may_pass: false };
    world.archive.faults.extend([None, None, Some(permanent)]);
    assert_eq!(world.invoke(&batch).0, ["a"]);
    assert_eq!((world.archive.records.len(), world.metrics.of(Metric::Latency).0), (4, 10));
    // Delivered again: six are new, and only those are published again.
    assert_eq!(world.invoke(&batch).0, [""; 0]);
    assert_eq!((world.archive.records.len(), world.metrics.of(Metric::Latency).0), (10, 16));
}

#[test]
fn deliveries_at_the_same_time_keep_once_and_may_count_twice() {
    let mut world = World::default();
    let batch = [message("a", &records(5))];
    world.invoke(&batch);
    // The other one asked what is known before the first one had kept.
    world.archive.knows_nothing = true;
    assert_eq!(world.invoke(&batch).0, [""; 0]);
    assert_eq!((world.archive.records.len(), world.metrics.of(Metric::Latency).0), (5, 10));
}

#[test]
fn what_was_not_answered_is_published_again_and_may_count_twice() {
    let mut world = World::default();
    world.metrics.faults.push_back(Some(unanswered()));
    assert_eq!(world.invoke(&[message("a", &records(5))]).0, [""; 0]);
    assert_eq!((world.archive.records.len(), world.metrics.of(Metric::Latency).0), (5, 10));
}

#[test]
fn throttling_is_waited_out_within_the_invocation() {
    let mut world = World::default();
    world.archive.faults.extend((0..4).flat_map(|_| [Some(throttled()), None]));
    world.metrics.faults.push_back(Some(publish_error(|action, region, reason| PublishError::Throttled {
        action,
        region,
        reason,
    })));
    world.letters.faults.extend([Some(Kind::Throttled), Some(Kind::Unanswered)]);
    let (given_back, took) = world.invoke(&[message("a", &records(3)), letter("b", "poison")]);
    assert_eq!((given_back.len(), world.archive.records.len(), world.letters.letters.len()), (0, 3, 1));
    assert!(took > Duration::ZERO && took < TIME, "{took:?}");
    assert_eq!(world.metrics.of(Metric::Latency).0, 3, "a throttled request published nothing");
}

#[test]
fn what_does_not_fit_into_the_deadline_is_given_back_and_the_batch_is_no_error() {
    let mut world = World::default();
    world.archive.faults.extend((0..1_000).map(|_| Some(throttled())));
    let batch = [message("a", &records(3)), letter("b", "poison"), message("c", &[])];
    let (given_back, took) = world.invoke(&batch);
    // Poison alone does not wait for the archive.
    assert_eq!(given_back, ["a"]);
    assert!(took <= TIME, "{took:?}");
    assert!(world.said().contains("dynamodb:PutItem on table archive"), "{}", world.said());
    assert_eq!(world.letters.letters.len(), 1);
}

#[test]
fn a_denial_gives_back_and_is_named_in_the_log() {
    let mut world = World::default();
    world.metrics.faults.push_back(Some(denied()));
    let batch = [message("a", &records(3)), message("b", &[records(4)[3].clone(), impossible("x")])];
    assert_eq!(world.invoke(&batch).0, ["a", "b"]);
    assert_eq!(world.archive.records.len(), 0, "what is not published is not kept, or it never would be published");
    assert_eq!(world.letters.letters, [], "a message that comes again is not set aside yet");
    let said = world.said();
    assert!(said.contains("cloudwatch:PutMetricData in eu-west-1 was denied") && said.contains("`Parallax`"), "{said}");
    assert_eq!(world.invoke(&batch).0, [""; 0]);
    assert_eq!((world.archive.records.len(), world.letters.letters.len()), (4, 1));
    world.letters.faults.push_back(Some(Kind::Denied));
    assert_eq!(world.invoke(&[letter("c", "poison")]).0, ["c"]);
    assert!(world.said().contains("sqs:SendMessage on dead: access denied"), "{}", world.said());
}

#[test]
fn what_cloudwatch_refuses_is_kept_all_the_same() {
    let mut world = World::default();
    world.metrics.faults.push_back(Some(publish_error(|action, region, reason| PublishError::Refused {
        action,
        region,
        reason,
    })));
    assert_eq!(world.invoke(&[message("a", &records(3))]).0, [""; 0]);
    assert_eq!((world.archive.records.len(), world.metrics.datums.len()), (3, 0));
    assert!(world.said().contains("not_published") && world.said().contains("its words"), "{}", world.said());
}

#[test]
fn samples_too_old_for_cloudwatch_are_in_the_archive_alone() {
    let mut world = World::default();
    let old = |id: &str, days: i64| {
        let started_ms = NOW.0 - days * 86_400_000;
        Recipe { id: id.to_owned(), slot_ms: None, started_ms, ..Recipe::default() }.record()
    };
    assert_eq!(world.invoke(&[message("a", &[old("old", 14), old("new", 12)])]).0, [""; 0]);
    assert_eq!(world.archive.records.len(), 2);
    assert_eq!(world.metrics.of(Metric::Latency).0, 1);
    assert_eq!(world.metrics.of(Metric::SamplesArchivedOnly), (1, 1.0));
    assert_eq!(world.marks.marks.len(), 2, "both windows are to be summarised");
}

#[test]
fn a_window_is_marked_before_its_samples_are_kept() {
    let mut world = World::default();
    world.archive.append_breaks_after = Some(0);
    world.archive.faults.extend([None, None, Some(throttled())]);
    world.invoke(&[message("a", &records(2))]);
    let marked: Vec<_> = world.marks.marks.iter().map(|(window, settled)| (window.0, *settled)).collect();
    assert_eq!(marked, [(START, NOW.plus(TIME))]);
}
