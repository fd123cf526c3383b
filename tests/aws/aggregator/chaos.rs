//! Everything goes wrong, and each sample is in the archive once.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use parallax::measurement::units::{Micros, UnixMillis};
use parallax::measurement::wire::{Message, Record};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::hub::{Hub, NAMESPACE, event, given_back, program};
use crate::aws::cloudwatch::count;
use crate::support::faults::{Fault, Faults};
use crate::support::ministack::ministack;
use crate::support::samples::Recipe;
use crate::support::sandbox::{Answer, Sandbox};

const SEED: u64 = 20_261_124;
const SAMPLES: u32 = 10_000;
/// Samples of one run of a function: the pages of one region.
const A_MESSAGE: u32 = 25;
const KILLS: usize = 50;
/// Calls from one kill to the next, on average: so few that all kills come before the last sample is kept, since each
/// sample takes a call.
const CALLS_TO_A_KILL: u64 = 180;
/// How long an invocation may take.
const TIME: Duration = Duration::from_secs(60);

const REGIONS: [&str; 2] = ["eu-west-1", "us-east-1"];
const VANTAGES: [&str; 2] = ["lambda/eu-west-1/1769", "lambda/us-east-1/1769"];
const TARGETS: [&str; 4] = ["front", "search", "cart", "help"];

/// The n-th sample. Messages are ten seconds apart and alternate between the regions.
fn record(n: u32, begin: UnixMillis) -> Record {
    let (message, at) = (n / A_MESSAGE, n % A_MESSAGE);
    let region = (message % 2) as usize;
    let recipe = Recipe {
        id: format!("sample-{n:05}"),
        target: TARGETS[(at % 4) as usize],
        vantage: VANTAGES[region],
        slot_ms: None,
        started_ms: begin.0 + i64::from(message) * 10_000 + i64::from(at) * 100,
        elapsed_us: 80_000 + u64::from(n),
        ..Recipe::default()
    };
    let mut record = recipe.record();
    record.environment.platform = "lambda".to_owned();
    record.environment.region = Some(REGIONS[region].to_owned());
    record
}

fn body(records: &[Record]) -> String {
    let samples = records.iter().map(|record| record.sample.clone()).collect();
    let environment = records[0].environment.clone();
    serde_json::to_string(&Message::new(environment, samples)).unwrap()
}

/// What is sent: messages, of which some are poison, whole or in one sample.
struct Sent {
    sound: BTreeMap<String, Record>,
    poison: BTreeSet<String>,
    bodies: Vec<String>,
}

fn sent(begin: UnixMillis, random: &mut ChaCha8Rng) -> Sent {
    let all: Vec<Record> = (0..SAMPLES).map(|n| record(n, begin)).collect();
    let (mut bodies, mut poison) = (Vec::new(), BTreeSet::new());
    for (n, records) in all.chunks(A_MESSAGE as usize).enumerate() {
        // One in fifty besides: 2 %.
        if n % 50 == 0 {
            let mut impossible = records[0].clone();
            impossible.sample.id = format!("impossible-{n}").parse().unwrap();
            impossible.sample.elapsed_us = Micros(impossible.sample.elapsed_us.0 + 1);
            let made = match n / 50 % 4 {
                0 => format!("garbage {n}"),
                1 => body(&[impossible]).replacen(r#""schema":1"#, r#""schema":2"#, 1),
                2 => body(&[impossible]),
                // Sound samples and a poisoned one: both have to end up where they belong.
                _ => body(&[&records[..3], &[impossible]].concat()),
            };
            poison.insert(made.clone());
            bodies.push(made);
        }
        bodies.push(body(records));
    }
    let twice: Vec<String> = bodies.iter().filter(|_| random.random_bool(0.2)).cloned().collect();
    bodies.extend(twice);
    bodies.shuffle(random);
    let sound = all.into_iter().map(|record| (record.sample.id.to_string(), record)).collect();
    Sent { sound, poison, bodies }
}

/// When the process is killed, and what is throttled.
struct Chaos {
    /// Calls to go until each kill, and whether the call it comes with goes through.
    kills: Vec<(u64, bool)>,
    throttles: ChaCha8Rng,
    killer: Option<Arc<dyn Fn() + Send + Sync>>,
}

impl Chaos {
    fn new(random: &mut ChaCha8Rng) -> Self {
        let kill = |_| (random.random_range(1..2 * CALLS_TO_A_KILL), random.random_bool(0.5));
        let kills: Vec<(u64, bool)> = (0..KILLS).map(kill).collect();
        assert!(kills.iter().map(|(calls, _)| calls).sum::<u64>() < u64::from(SAMPLES), "all of them come");
        Self { kills, throttles: ChaCha8Rng::seed_from_u64(SEED + 1), killer: None }
    }

    fn decide(&mut self, action: &str, dead: &Arc<AtomicBool>) -> Fault {
        if dead.load(Ordering::SeqCst) {
            return Fault::Cut { goes_through: false, then: Arc::new(|| ()) };
        }
        if let Some((calls, goes_through)) = self.kills.last_mut() {
            *calls -= 1;
            if *calls == 0 {
                let (goes_through, killer, dead) = (*goes_through, self.killer.clone().unwrap(), dead.clone());
                self.kills.pop();
                let then = move || {
                    dead.store(true, Ordering::SeqCst);
                    killer();
                };
                return Fault::Cut { goes_through, then: Arc::new(then) };
            }
        }
        if self.throttles.random_bool(0.1) {
            return Fault::Refused(match action {
                "PutMetricData" => "ThrottlingException",
                "SendMessage" => "RequestThrottled",
                _ => "ProvisionedThroughputExceededException",
            });
        }
        Fault::None
    }
}

#[test]
fn ten_thousand_samples_through_fifty_kills() {
    let Some(ministack) = ministack("ten_thousand_samples_through_fifty_kills") else { return };
    let program = program();
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    // Yesterday at midnight: all of it lies in one day and is not too old.
    let now = parallax::adapters::clock::wall();
    let begin = UnixMillis(now.0.div_euclid(86_400_000) * 86_400_000 - 86_400_000);
    let sent = sent(begin, &mut random);
    let hub = Hub::new(ministack.account());
    hub.send(&sent.bodies);

    let (dead, kept) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let chaos = Arc::new(Mutex::new(Chaos::new(&mut random)));
    let (deciding, is_dead, counted) = (chaos.clone(), dead.clone(), kept.clone());
    let faults = Faults::before(
        hub.account.endpoint(),
        Arc::new(move |action| deciding.lock().unwrap().decide(action, &is_dead)),
        Arc::new(move |action, body, done| {
            // The condition that has a sample kept once, and the words of no other item.
            let of_sample = || String::from_utf8_lossy(body).contains("#sample-");
            if action == "PutItem" && done && of_sample() {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        }),
    );
    let published = || {
        let series =
            VANTAGES.iter().zip(REGIONS).flat_map(|(vantage, region)| TARGETS.map(|of| (*vantage, region, of)));
        let count = series.map(|(vantage, region, target)| {
            let of = [("Method", "fresh"), ("ProbeRegion", region), ("Target", target), ("Vantage", vantage)];
            count(&hub.account, NAMESPACE, "Availability", &of, begin)
        });
        count.sum::<f64>() as i64
    };

    let folder = tempfile::TempDir::new().unwrap();
    let log = folder.path().join("log");
    let environment = hub.environment(&faults.endpoint());
    let (mut sandbox, mut deaths, mut doubles, mut in_hands) = (None::<Sandbox>, 0, 0, 0);
    loop {
        let messages = hub.receive();
        if messages.is_empty() {
            break;
        }
        let running = sandbox.get_or_insert_with(|| {
            let started = Sandbox::start(program, &environment, &log);
            chaos.lock().unwrap().killer = Some(started.killer());
            dead.store(false, Ordering::SeqCst);
            started
        });
        let answer = running.invoke(&event(&messages), TIME);
        let back: HashSet<String> = match &answer {
            Answer::Done(answer) => given_back(answer).into_iter().collect(),
            Answer::Died => messages.iter().map(|message| message.message_id.clone().unwrap()).collect(),
            Answer::Failed(error) => panic!("a batch is never an error as a whole: {error}"),
        };
        let is_back = |message: &&aws_sdk_sqs::types::Message| back.contains(message.message_id.as_ref().unwrap());
        let (back, done): (Vec<_>, Vec<_>) = messages.iter().partition(is_back);
        let ids = |message: &aws_sdk_sqs::types::Message| message.body.as_ref().unwrap().matches("sample-").count();
        in_hands += if back.is_empty() { 0 } else { messages.iter().map(ids).sum::<usize>() as i64 };
        if answer == Answer::Died {
            (deaths, sandbox) = (deaths + 1, None);
            // Published and not kept: what will be published again. It grows where the process died or gave back, and
            // nowhere else, by no more than was in its hands.
            faults.wait_for_calls();
            let unkept = published() - kept.load(Ordering::SeqCst) as i64;
            assert!((doubles..=doubles + in_hands).contains(&unkept), "{unkept} after {doubles}, {in_hands} in hands");
            (doubles, in_hands) = (unkept, 0);
        }
        hub.give_back(&back);
        hub.delete(&done);
    }

    let said = std::fs::read_to_string(&log).unwrap();
    assert_eq!(deaths, KILLS, "it died when it was killed, and never else:\n{said}");
    // The archive equals the set that was sent, and nothing is doubled.
    let archived = hub.archived();
    assert_eq!(archived.len(), sent.sound.len());
    for record in &archived {
        assert_eq!(Some(record), sent.sound.get(record.sample.id.as_str()));
    }
    assert_eq!(archived.iter().map(|record| &record.sample.id).collect::<HashSet<_>>().len(), archived.len());
    assert_eq!(kept.load(Ordering::SeqCst), u64::from(SAMPLES));
    // All of the poison in the dead letters, each with its reason, and nothing else.
    let letters = hub.set_aside();
    assert_eq!(letters.iter().map(|(body, _)| body.clone()).collect::<BTreeSet<_>>(), sent.poison);
    assert!(letters.iter().all(|(_, reason)| !reason.is_empty() && said.contains("poison")), "{letters:?}");
    // CloudWatch has each sample at least once; those that it has more often were in the hands of one that died. After the
    // last death, only what was given back can have been published twice.
    let twice = published() - i64::from(SAMPLES);
    assert!(
        (doubles..=doubles + in_hands).contains(&twice),
        "{twice} twice, {doubles} by deaths, {in_hands} given back"
    );
    let (_, throttled) = faults.seen("PutItem");
    assert!(throttled > u64::from(SAMPLES) / 20, "{throttled}");
    println!("{deaths} kills, {twice} of {SAMPLES} counted twice, {} letters, {throttled} puts refused", letters.len());
}
