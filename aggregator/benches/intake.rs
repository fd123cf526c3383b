//! What taking in costs of a processor, a sample: from the event's bytes to what is sent, with nobody to send it to.

use std::hint::black_box;
use std::time::Duration;

use parallax::adapters::aws::failure::Failure;
use parallax::archive::error::ArchiveError;
use parallax::archive::marks::Touch;
use parallax::archive::port::{Append, Appended, Known};
use parallax::intake::arrival::decode;
use parallax::intake::plan::decide;
use parallax::measurement::identity::SampleId;
use parallax::measurement::units::UnixMillis;
use parallax::measurement::wire::{Message, Record};
use parallax::metrics::error::PublishError;
use parallax::metrics::observed::observed;
use parallax::metrics::port::Publish;
use parallax::metrics::request::{Request, requests};
use parallax::metrics::wanted::Wanted;
use parallax_aggregator::batch::port::SetAside;
use parallax_aggregator::batch::take_in::TakeIn;
use parallax_aggregator::event::{Event, Work};
use parallax_aggregator::pace::Pace;
use parallax_aggregator::settings::Settings;
use samples::{Recipe, START};

#[path = "../../tests/support/at_once.rs"]
#[expect(unreachable_pub, reason = "what tests stand on, too")]
mod at_once;
#[path = "../../tests/support/samples.rs"]
#[expect(dead_code, unreachable_pub, clippy::unwrap_used, reason = "what tests stand on, too")]
mod samples;

const NOW: UnixMillis = UnixMillis(START + 3_600_000);
const MESSAGES: u32 = 10;
const A_MESSAGE: u32 = 25;
const ROUNDS: usize = 15;
/// The least that is measured at once: the kernel adds up by its ticks of a few milliseconds.
const ENOUGH: u64 = 200_000_000;

/// Takes everything, keeps nothing.
struct Nowhere;

impl Known for Nowhere {
    async fn known(&mut self, _: &[Record]) -> Result<Vec<SampleId>, ArchiveError> {
        Ok(Vec::new())
    }
}

impl parallax::archive::port::Miss for Nowhere {
    async fn miss(&mut self, _: &[parallax::measurement::miss::Miss]) -> Result<(), ArchiveError> {
        Ok(())
    }
}

impl Append for Nowhere {
    async fn append(&mut self, records: &[Record]) -> Result<Appended, ArchiveError> {
        Ok(Appended { new: black_box(records).len(), repeated: 0 })
    }
}

impl Touch for Nowhere {
    async fn touch(&mut self, windows: &[UnixMillis], _: UnixMillis) -> Result<(), ArchiveError> {
        black_box(windows);
        Ok(())
    }
}

impl Publish for Nowhere {
    async fn publish(&mut self, request: &Request) -> Result<(), PublishError> {
        black_box(request);
        Ok(())
    }
}

impl SetAside for Nowhere {
    async fn set_aside(&mut self, _: &str, _: &str) -> Result<(), Failure> {
        Ok(())
    }
}

impl Pace for Nowhere {
    fn now(&self) -> UnixMillis {
        NOW
    }

    fn draw(&self) -> f64 {
        0.5
    }

    async fn pause(&self, _: Duration) {}

    async fn within<T>(&self, _: Duration, work: impl Future<Output = T>) -> Option<T> {
        Some(work.await)
    }
}

fn record(n: u32) -> Record {
    let target = ["front", "search", "cart", "help"][(n % 4) as usize];
    let started_ms = START + i64::from(n / A_MESSAGE) * 180_000 + i64::from(n % A_MESSAGE) * 100;
    let id = format!("0199a2c4-7d10-7000-8000-{n:012}");
    Recipe { id, target, slot_ms: None, started_ms, elapsed_us: 80_000 + u64::from(n), hops: 2, ..Recipe::default() }
        .record()
}

/// Nanoseconds on a processor so far: neighbours of the machine do not count.
fn on_processor() -> u64 {
    let line = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    line.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0)
}

/// The median of some rounds, in microseconds a sample.
fn measure(what: &str, mut round: impl FnMut()) {
    let mut took: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let (begun, mut times) = (on_processor(), 0_u32);
            while on_processor() - begun < ENOUGH {
                (0..10).for_each(|_| round());
                times += 10;
            }
            (on_processor() - begun) as f64 / f64::from(times)
        })
        .collect();
    took.sort_unstable_by(f64::total_cmp);
    let samples = f64::from(MESSAGES * A_MESSAGE);
    let micros = |rank: usize| took[rank] / 1_000.0 / samples;
    println!("| {what} | {:.1} | {:.1} |", micros(ROUNDS / 2), micros(ROUNDS - 1));
}

fn main() {
    let records: Vec<Record> = (0..MESSAGES * A_MESSAGE).map(record).collect();
    let bodies: Vec<String> = records
        .chunks(A_MESSAGE as usize)
        .map(|records| {
            let samples = records.iter().map(|record| record.sample.clone()).collect();
            let message = Message::new(records[0].environment.clone(), samples);
            serde_json::to_string(&message).unwrap_or_default()
        })
        .collect();
    let messages: Vec<serde_json::Value> = bodies
        .iter()
        .map(|body| serde_json::json!({ "messageId": "a", "body": body, "attributes": {}, "messageAttributes": {} }))
        .collect();
    let event = serde_json::json!({ "Records": messages }).to_string();
    let settings = settings();
    println!(
        "{MESSAGES} messages of {A_MESSAGE} two-hop samples, {} bytes; processor time, µs a sample\n",
        event.len()
    );
    println!("| | median | slowest of 15 |\n|---|---|---|");
    measure("all of it: the event's bytes to calls", || {
        let event: Event = serde_json::from_str(&event).unwrap_or_default();
        let Ok(Work::Batch(messages)) = event.work(NOW) else { return };
        let taking = TakeIn {
            archive: &mut Nowhere,
            marks: &mut Nowhere,
            metrics: &mut Nowhere,
            dead_letters: &mut Nowhere,
            pace: &Nowhere,
            settings: &settings,
            journal: &|line| drop(black_box(line.json())),
            until: NOW.plus(Duration::from_secs(60)),
        };
        assert_eq!(at_once::now(taking.batch(messages)).batch_item_failures, []);
    });
    measure("of that: decode, check, tell new from known", || {
        bodies.iter().for_each(|body| assert_eq!(decide(decode(body.as_bytes(), NOW), &[]).repeated, []));
    });
    measure("of that: points, datums, requests", || {
        black_box(requests(observed(&records, Wanted::ALL, NOW).datums));
    });
}

fn settings() -> Settings {
    let of = |name: &str| match name {
        "PARALLAX_NAMESPACE" => "Parallax",
        "PARALLAX_METRICS" => "latency,availability",
        "PARALLAX_REGIONS" => "eu-west-1",
        "PARALLAX_DEAD_LETTERS_URL" => "https://sqs.eu-west-1.amazonaws.com/1/dead",
        "PARALLAX_ARCHIVE_TABLE" | "PARALLAX_TARGETS_TABLE" => "a-table",
        _ => "3",
    };
    match Settings::read(|name| Some(of(name).to_owned())) {
        Ok(settings) => settings,
        Err(error) => panic!("{error}"),
    }
}
