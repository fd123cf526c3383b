//! Samples of two sides that differ: A from one place, B from functions at four.

use parallax::measurement::environment::{Environment, Init, Invocation};
use parallax::measurement::hop::{Cdn, Connection, Hop, Response, ServerTiming, Tcp, Tls};
use parallax::measurement::identity::{Method, SampleId, TargetId, Vantage};
use parallax::measurement::local::Local;
use parallax::measurement::outcome::{Answer, Outcome};
use parallax::measurement::phase::{PhaseTime, Phases};
use parallax::measurement::sample::Sample;
use parallax::measurement::units::{Micros, UnixMillis};
use parallax::measurement::wire::Record;

/// Who measures.
#[derive(Clone, Copy)]
pub(crate) struct Side {
    pub(crate) name: &'static str,
    /// Several are regions of a function.
    pub(crate) places: u64,
    /// Samples of one sandbox.
    pub(crate) life: u64,
}

pub(crate) const A: Side = Side { name: "a", places: 1, life: 200 };
pub(crate) const B: Side = Side { name: "b", places: 4, life: 200 };

/// Plain numbers that look random: the bench is about time, not about chance.
fn noise(key: u64) -> u64 {
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) % 9_973
}

/// The n-th sample of a side: one a minute on the whole, all places at once.
pub(crate) fn record(side: Side, n: u64) -> Record {
    let phase = |at: u64, about: u64| {
        let (cpu, delay) = (noise(n * 16 + at) / 40, noise(n * 16 + at + 7) / 30);
        Some(PhaseTime {
            elapsed_us: Micros(about + noise(n * 16 + at) + cpu + delay),
            network_us: None,
            cpu_us: Some(Micros(cpu)),
            run_delay_us: Some(Micros(delay)),
        })
    };
    let trip = 8_000 + (n % side.places) * 5_000;
    let hop = Hop {
        on_wire: None,
        phases: Phases {
            resolve: phase(0, 2_000),
            connect: phase(1, trip),
            tls: phase(2, trip),
            send: phase(3, 0),
            wait: phase(4, trip + 30_000),
            receive: phase(5, trip),
        },
        connection: Some(Connection {
            peer: "192.0.2.1:443".to_owned(),
            tcp: Some(Tcp {
                handshake_rtt_us: Some(Micros(trip + noise(n * 16 + 9))),
                min_rtt_us: Some(Micros(trip + noise(n * 16 + 10) / 9)),
                retransmits: Some(0),
                ..Tcp::default()
            }),
            tls: Some(Tls { version: "1.3".to_owned(), ..Tls::default() }),
            ..Connection::default()
        }),
        response: Some(Response {
            status: 200,
            arrival_bursts: Some(2),
            server_timing: vec![ServerTiming {
                name: "app".to_owned(),
                duration_us: Some(Micros(20_000 + noise(n * 16 + 11))),
                description: None,
            }],
            cdn: Cdn { cache: Some(if n.is_multiple_of(9) { "MISS" } else { "HIT" }.to_owned()), ..Cdn::default() },
            ..Response::default()
        }),
        ..Hop::default()
    };
    let redirect = n.is_multiple_of(3).then(|| hop.clone());
    let hops: Vec<Hop> = redirect.into_iter().chain([hop]).collect();
    let function = side.places > 1;
    let vantage = format!("bench/{}", side.name);
    let place = format!("place-{}", n % side.places);
    let age = n / side.places % side.life;
    let slot = UnixMillis(1_767_225_600_000 + (n / side.places * side.places) as i64 * 60_000);
    let sample = Sample {
        id: SampleId::new(&format!("{}-{n}", side.name)).expect("letters and digits"),
        target: TargetId::new("page").expect("letters"),
        vantage: Vantage::new(&vantage).expect("letters and digits"),
        stopwatch: Method::Fresh.stopwatch(),
        method: Method::Fresh,
        tool_version: None,
        slot_ms: Some(slot),
        slot_guessed: false,
        started_at_ms: slot,
        elapsed_us: hops.iter().map(Hop::elapsed_us).sum(),
        asked: None,
        outcome: Outcome::Answered(Answer::default()),
        hops,
        local: Local::default(),
        invocation: function.then(|| Invocation {
            init: if age == 0 { Init::Cold } else { Init::Warm },
            number: age + 1,
            sandbox_age_us: None,
        }),
        curl: None,
        clock_suspect: false,
    };
    let environment = Environment {
        platform: if function { "lambda" } else { "host" }.to_owned(),
        sandbox: Some(format!("{}-{place}-{}", side.name, n / side.places / side.life)),
        region: function.then_some(place),
        ..Environment::default()
    };
    Record::new(sample, environment)
}
