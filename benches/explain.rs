//! How long an account takes: 10 000 samples a side, point values and intervals; a million for the mean.

use std::hint::black_box;

use parallax::explain::interval::of_mean;
use parallax::explain::ledger::Row;
use parallax::explain::percentile;
use parallax::explain::sides::Sides;
use parallax::explain::{interval, mean};
use parallax::measurement::environment::Environment;
use parallax::measurement::hop::{Cdn, Connection, Hop, Response, ServerTiming, Tcp, Tls};
use parallax::measurement::identity::{Method, SampleId, TargetId, Vantage};
use parallax::measurement::outcome::{Answer, Outcome};
use parallax::measurement::phase::{PhaseTime, Phases};
use parallax::measurement::sample::Sample;
use parallax::measurement::units::{Micros, UnixMillis};
use parallax::statistics::level::Level;

const LEVELS: [Level; 3] = [Level::P50, Level::P90, Level::P99];

fn main() {
    divan::main();
}

/// Plain numbers that look random: the bench is about time, not about chance.
fn noise(key: u64) -> u64 {
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) % 9_973
}

fn row(side: &'static str, n: u64, places: u64) -> Row {
    let lambda = side == "b";
    let phase = |at: u64, about: u64| {
        let (cpu, delay) = (noise(n * 16 + at) / 40, noise(n * 16 + at + 7) / 30);
        Some(PhaseTime {
            elapsed_us: Micros(about + noise(n * 16 + at) + cpu + delay),
            network_us: None,
            cpu_us: Some(Micros(cpu)),
            run_delay_us: Some(Micros(delay)),
        })
    };
    let trip = 8_000 + (n % places) * 5_000;
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
    let vantage = format!("bench/{side}/{}", n % places);
    let sample = Sample {
        id: SampleId::new(&format!("{side}-{n}")).expect("letters and digits"),
        target: TargetId::new("page").expect("letters"),
        vantage: Vantage::new(&vantage).expect("letters and digits"),
        stopwatch: Method::Fresh.stopwatch(),
        method: Method::Fresh,
        tool_version: None,
        slot_ms: Some(UnixMillis(1_767_225_600_000 + (n / places) as i64 * 180_000)),
        started_at_ms: UnixMillis(0),
        elapsed_us: hops.iter().map(Hop::elapsed_us).sum(),
        asked: None,
        outcome: Outcome::Answered(Answer::default()),
        hops,
        local: parallax::measurement::local::Local::default(),
        invocation: None,
        curl: None,
        clock_suspect: false,
    };
    let environment = Environment {
        platform: if lambda { "lambda" } else { "host" }.to_owned(),
        region: lambda.then(|| vantage.clone()),
        sandbox: Some(format!("{vantage}-{}", n / 200)),
        ..Environment::default()
    };
    Row::of(&sample, &environment, None).expect("answered")
}

fn sides(count: u64) -> Sides {
    let of = |side, places| (0..count).map(|n| row(side, n, places)).collect();
    Sides::new(of("a", 1), of("b", 4)).expect("one grid")
}

#[divan::bench(sample_count = 5)]
fn points_of_the_mean_and_three_percentiles(bencher: divan::Bencher) {
    let sides = sides(10_000);
    bencher.bench_local(|| (black_box(mean::explain(&sides)), black_box(percentile::explain(&sides, &LEVELS, 1))));
}

#[divan::bench(sample_count = 3)]
fn intervals_of_the_mean(bencher: divan::Bencher) {
    let sides = sides(10_000);
    let point = mean::explain(&sides);
    bencher.bench_local(|| black_box(of_mean(&sides, &point, 1, interval::REPLICATES)));
}

#[divan::bench(sample_count = 3)]
fn intervals_of_three_percentiles(bencher: divan::Bencher) {
    let sides = sides(10_000);
    let points = percentile::explain(&sides, &LEVELS, 1);
    bencher.bench_local(|| black_box(percentile::intervals(&sides, &points, 1, percentile::REPLICATES)));
}

#[divan::bench(sample_count = 1)]
fn a_million_samples_the_mean_with_intervals(bencher: divan::Bencher) {
    let sides = sides(500_000);
    bencher.bench_local(|| {
        let point = mean::explain(&sides);
        black_box(of_mean(&sides, &point, 1, interval::REPLICATES))
    });
}
