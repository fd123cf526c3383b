//! A world with known causes: its own physics, which shares no code with the estimator.
//!
//! Every round trip meets its own queue, every sandbox is somewhat faster or slower than the next, shocks in time hit
//! both sides, and packets are lost. What comes out are samples as a probe would have kept them; what is known beside
//! them is why they took as long as they did.

mod host;
mod quota;
mod side;
mod spent;
mod truth;

use parallax::measurement::environment::{Environment, Init, Invocation};
use parallax::measurement::hop::{Cdn, Connection, Fallback, Hop, Response, ServerTiming, Tcp, Tls};
use parallax::measurement::identity::{Method, SampleId, TargetId, Vantage};
use parallax::measurement::local::Local;
use parallax::measurement::outcome::{Answer, Cause, Failure, Outcome};
use parallax::measurement::phase::{Phase, PhaseTime, Phases};
use parallax::measurement::sample::Sample;
use parallax::measurement::units::{Micros, UnixMillis};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use host::Host;
pub use quota::Quota;
pub use side::Side;
pub use spent::Spent;
pub use truth::truth;

pub const SLOT_MS: i64 = 180_000;
pub const START: i64 = 1_767_225_600_000;

/// What a miss costs behind the edge.
pub const ORIGIN: f64 = 45.0;

/// The kernel's first timeout.
pub const TIMEOUT: f64 = 1_000.0;

/// An address that does not answer is given up after this long (RFC 8305).
pub const ATTEMPT: f64 = 250.0;

/// Over a day the server slows down and recovers, by this much each way.
pub const SWING: f64 = 20.0;

/// One sample, and what its tool reports.
pub struct Seen {
    pub sample: Sample,
    pub environment: Environment,
    pub reported_ms: f64,
    /// The part of the server's time that the moment made, whoever asked.
    pub moment: f64,
    /// What befell it.
    pub befell: Befell,
    /// Where its time went: before the last hop, and in it.
    pub spent: [Spent; 2],
}

/// What really befell a request. Times are of its last hop, in milliseconds, and without what a cold start added.
#[derive(Clone, Copy, Debug, Default)]
pub struct Befell {
    pub redirected: bool,
    /// On a kept connection.
    pub kept: bool,
    pub lost: bool,
    pub fell: bool,
    pub missed: bool,
    pub dns: f64,
    /// A round trip beyond the shortest, on average.
    pub queue: f64,
    pub stolen: f64,
    /// What the first use of a sandbox was robbed of beyond that; absent on later uses.
    pub stolen_cold: Option<f64>,
    pub server: f64,
    pub hidden: f64,
    pub transfer: f64,
}

fn exponential(random: &mut ChaCha8Rng, mean: f64) -> f64 {
    -mean * (1.0 - random.random::<f64>()).ln()
}

fn micros(ms: f64) -> Micros {
    Micros((ms.max(0.0) * 1_000.0).round() as u64)
}

/// Shocks that hit everybody in a slot: a slowly wandering load of the server.
pub fn shocks(seed: u64, slots: u32) -> Vec<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed ^ 0x5eed);
    let mut level = 0.0;
    (0..slots)
        .map(|_| {
            level = 0.7 * level + 4.0 * (random.random::<f64>() - 0.5);
            level
        })
        .collect()
}

fn swing_at(slot: u32) -> f64 {
    SWING * (std::f64::consts::TAU * f64::from(slot) / 480.0).sin()
}

/// All samples of one side. `daily` turns the swing of the day on.
pub fn sample(side: &Side, seed: u64, slots: u32, shocks: &[f64], daily: bool) -> Vec<Seen> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut seen = Vec::new();
    for (place, trip) in side.trips.iter().enumerate() {
        let offset = if side.life > 0 { random.random_range(0..side.life) } else { 0 };
        let mut speed = 1.0;
        for slot in 0..slots {
            let swing = if daily { swing_at(slot) } else { 0.0 };
            let first = side.life > 0 && (slot + offset) % side.life == 0;
            if first || slot == 0 {
                speed = if side.life > 0 { 0.6 + 0.8 * random.random::<f64>() } else { 1.0 };
            }
            let preferred = 1.0 - side.skew * (0.5 - swing_at(slot) / (2.0 * SWING));
            if random.random::<f64>() > preferred {
                continue;
            }
            let sandbox = (slot + offset).checked_div(side.life).unwrap_or(0);
            let at = At { slot, place, sandbox, trip: *trip, first, speed, extra: shocks[slot as usize] + swing };
            let mut made = one(side, &at, &mut random);
            made.moment = at.extra;
            seen.push(made);
        }
    }
    seen
}

struct At {
    slot: u32,
    place: usize,
    sandbox: u32,
    trip: f64,
    first: bool,
    speed: f64,
    extra: f64,
}

/// One hop over a connection of its own; `body` rounds after the first answer.
fn hop(host: &mut Host<'_>, at: &At, random: &mut ChaCha8Rng, kept: bool, last: bool) -> (Hop, Befell, Spent) {
    let (side, before) = (host.side, host.throttled);
    let cold = if at.first && last && !kept { side.cold } else { [0.0; 3] };
    let mut smallest = f64::INFINITY;
    let mut handshake = 0.0;
    let mut queues = (0.0, 0.0);
    let mut trips = |random: &mut ChaCha8Rng, count: u32| -> f64 {
        (0..count)
            .map(|_| {
                let queue = exponential(random, side.queue);
                queues = (queues.0 + queue, queues.1 + 1.0);
                let one = at.trip + queue;
                smallest = smallest.min(one);
                one
            })
            .sum()
    };
    let luck = exponential(random, 1.0);
    let stolen = (side.stolen * at.speed + cold[2]) * luck;
    let cpu = (side.cpu + if kept { 0.0 } else { side.handshake_cpu }) * at.speed.sqrt() / 0.993_2 + cold[1];
    let mut phases = Phases::default();
    let first = at.first && last && !kept;
    let stolen_cold = first.then_some(side.cold[2] * luck);
    let mut befell = Befell { kept, stolen: side.stolen * at.speed * luck, stolen_cold, ..Befell::default() };
    if !kept {
        befell.dns = exponential(random, side.dns);
        phases.resolve = Some(host.phase(befell.dns + cold[0], 0.1 * cpu, 0.1 * stolen));
        handshake = trips(random, 1);
        befell.lost = last && random.random::<f64>() < side.lost;
        befell.fell = last && side.fallback > 0.0 && random.random::<f64>() < side.fallback;
        let idle = if befell.lost { TIMEOUT } else { 0.0 } + if befell.fell { ATTEMPT } else { 0.0 };
        phases.connect = Some(host.phase(handshake + idle, 0.0, 0.0));
        let flights = trips(random, if side.tls12 { 2 } else { 1 });
        phases.tls = Some(host.phase(flights, 0.5 * cpu, 0.6 * stolen));
    }
    let (all_cpu, all_stolen) = (cpu, stolen);
    let left = if kept { 1.0 } else { 0.4 };
    let (cpu, stolen) = (if kept { cpu } else { cpu * left }, if kept { stolen } else { 0.3 * stolen });
    befell.missed = last && random.random::<f64>() < side.miss;
    befell.server = if last { exponential(random, side.server / 3.0) + side.server * 2.0 / 3.0 } else { 3.0 };
    let work = befell.server + if last { at.extra } else { 0.0 };
    befell.hidden = if last { exponential(random, side.hidden) } else { 0.0 };
    let origin = if befell.missed { ORIGIN } else { 0.0 };
    let wait = trips(random, 1) + work.max(0.0) + origin + befell.hidden;
    phases.send = Some(host.phase(0.0, 0.0, 0.0));
    phases.wait = Some(host.phase(wait, 0.5 * cpu, 0.5 * stolen));
    let rounds = if last { trips(random, side.rounds) } else { 0.0 };
    befell.transfer = if last { exponential(random, side.transfer) } else { 0.0 };
    let body = rounds + befell.transfer;
    befell.queue = queues.0 / queues.1;
    phases.receive = Some(host.phase(body, 0.5 * cpu, 0.5 * stolen));
    befell.stolen += host.throttled - before;
    let spent = Spent {
        dns: if kept { 0.0 } else { befell.dns + cold[0] },
        path: at.trip * queues.1,
        queue: queues.0,
        idle: if befell.lost { TIMEOUT } else { 0.0 },
        fallback: if befell.fell { ATTEMPT } else { 0.0 },
        cpu: all_cpu,
        stolen: all_stolen + host.throttled - before,
        origin,
        server: work.max(0.0),
        hidden: befell.hidden,
        transfer: befell.transfer,
    };
    let speaks = last && random.random::<f64>() < side.said;
    let entry =
        |ms: f64| ServerTiming { name: "app".into(), duration_us: Some(micros(ms * side.boast)), description: None };
    let made = Hop {
        on_wire: None,
        url: "https://www.example.com/".into(),
        phases,
        overhead_us: Micros::ZERO,
        connection: Some(Connection {
            peer: format!("192.0.2.{}:443", at.place + 1),
            reused: kept,
            tcp: Some(Tcp {
                handshake_rtt_us: (!kept).then(|| micros(handshake)),
                min_rtt_us: Some(micros(smallest)),
                retransmits: Some(u32::from(befell.lost)),
                mss: Some(1_448),
                ..Tcp::default()
            }),
            fallback: befell.fell.then(|| Fallback {
                from: "[2001:db8::1]:443".into(),
                after_us: micros(ATTEMPT),
                reason: "slow".into(),
            }),
            tls: Some(Tls { version: if side.tls12 { "1.2" } else { "1.3" }.into(), ..Tls::default() }),
            ..Connection::default()
        }),
        response: Some(Response {
            status: if last { 200 } else { 302 },
            body_bytes: 60_000,
            arrival_bursts: Some(if last { side.rounds + 1 } else { 1 }),
            server_timing: if speaks { vec![entry(work.max(0.0))] } else { Vec::new() },
            cdn: Cdn { cache: Some(if befell.missed { "MISS" } else { "HIT" }.into()), ..Cdn::default() },
            ..Response::default()
        }),
    };
    (made, befell, spent)
}

fn one(side: &Side, at: &At, random: &mut ChaCha8Rng) -> Seen {
    let kept = random.random::<f64>() < side.reused;
    let quota = side.throttled.then(|| Quota::new(side.memory_mb, random.random::<f64>()));
    let mut host = Host::new(side, quota);
    let mut hops = Vec::new();
    let mut spent = [Spent::default(); 2];
    let redirected = random.random::<f64>() < side.redirected;
    if redirected {
        let (first, _, first_spent) = hop(&mut host, at, random, false, false);
        hops.push(first);
        spent[0] = first_spent;
    }
    let (last, befell, last_spent) = hop(&mut host, at, random, kept, true);
    hops.push(last);
    spent[1] = last_spent;
    let befell = Befell { redirected, ..befell };
    let answered = side.unanswered <= 0.0 || random.random::<f64>() >= side.unanswered;
    let elapsed: Micros = if answered { hops.iter().map(Hop::elapsed_us).sum() } else { micros(10_000.0) };
    let failure = || Failure { phase: Phase::Wait, cause: Cause::Timeout, detail: String::new() };
    let whole = |part: fn(&PhaseTime) -> Option<Micros>| {
        let times = hops.iter().flat_map(|hop| hop.phases.present().map(|(_, time)| time).collect::<Vec<_>>());
        Some(times.filter_map(|time| part(&time)).sum())
    };
    let (cpu_us, run_delay_us) = (whole(|time| time.cpu_us), whole(|time| time.run_delay_us));
    let lambda = side.life > 0;
    let sample = Sample {
        id: SampleId::new(&format!("{}-{}-{}", side.name, at.place, at.slot)).unwrap(),
        target: TargetId::new("daily-news").unwrap(),
        vantage: Vantage::new(&format!("simulated/{}/{}", side.name, at.place)).unwrap(),
        stopwatch: Method::Fresh.stopwatch(),
        method: Method::Fresh,
        tool_version: None,
        slot_ms: Some(UnixMillis(START + i64::from(at.slot) * SLOT_MS)),
        started_at_ms: UnixMillis(START + i64::from(at.slot) * SLOT_MS + 40),
        elapsed_us: elapsed,
        asked: None,
        outcome: if answered {
            Outcome::Answered(Answer { status: Some(200), ..Answer::default() })
        } else {
            Outcome::Failed(failure())
        },
        hops,
        local: Local { cpu_us, run_delay_us, ..Local::default() },
        invocation: Some(Invocation {
            init: if at.first { Init::Cold } else { Init::Warm },
            number: if at.first { 1 } else { 2 },
            sandbox_age_us: None,
        }),
        curl: None,
        clock_suspect: false,
    };
    let environment = Environment {
        platform: if lambda { "lambda" } else { "host" }.into(),
        region: lambda.then(|| format!("place-{}", at.place)),
        sandbox: Some(format!("{}-{}-{}", side.name, at.place, at.sandbox)),
        memory_mb: lambda.then_some(side.memory_mb),
        architecture: "x86_64".into(),
        probe_version: "0".into(),
        ..Environment::default()
    };
    Seen { sample, environment, reported_ms: elapsed.as_millis() + side.definition, moment: 0.0, befell, spent }
}
