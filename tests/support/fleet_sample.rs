//! A sample as a function of a fleet makes it of a page behind a content delivery network: all that can be seen is there.

use parallax::measurement::environment::{Environment, Init, Invocation};
use parallax::measurement::hop::{Cdn, Connection, Family, Hop, OnWire, Response, ServerTiming, Tcp, Tls};
use parallax::measurement::outcome::{Answer, Outcome};
use parallax::measurement::phase::{Phase, PhaseTime, Phases};
use parallax::measurement::sample::CurlRun;
use parallax::measurement::units::Micros;
use parallax::measurement::wire::Record;

use super::samples::{Recipe, START};

/// Two hops over HTTPS: a redirect from the edge, then the page, with no two numbers alike. `n` is any number: samples of
/// several have the same texts and other digits.
pub fn rich(n: u64, method: &'static str) -> Record {
    let mut digits = Digits((n * 8 + method.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let started_ms = START + 180_000 * i64::try_from(n % 480).unwrap() + 217;
    let id = format!(
        "019b7{:03x}-{:04x}-7{:03x}-b{:03x}-{:012x}",
        n % 4_096,
        digits.up_to(65_536),
        digits.up_to(4_096),
        digits.up_to(4_096),
        digits.up_to(1 << 48)
    );
    let recipe = Recipe {
        id,
        vantage: "lambda/ap-northeast-1/1769",
        method,
        slot_ms: Some(started_ms - 217),
        started_ms,
        ..Recipe::default()
    };
    let mut record = recipe.record();
    let sample = &mut record.sample;
    sample.hops = vec![
        hop("https://example.com/dna", 301, None, &mut digits),
        hop(
            "https://www.example.com/news/world/asia-pacific/2026/a-headline-that-editors-found-worth-eleven-words?utm_source=&utm_medium=&utm_campaign=&ref=",
            200,
            Some("gzip"),
            &mut digits,
        ),
    ];
    sample.elapsed_us = sample.hops.iter().map(Hop::elapsed_us).sum();
    sample.outcome =
        Outcome::Answered(Answer { status: Some(200), bytes: Some(digits.up_to(400_000)), ..Answer::default() });
    sample.local.cpu_us = Some(Micros(digits.up_to(9_000)));
    sample.local.run_delay_us = Some(Micros(digits.up_to(900)));
    sample.local.largest_stall_us = Some(Micros(digits.up_to(400)));
    sample.local.voluntary_switches = Some(digits.up_to(60));
    let age = Micros(digits.up_to(9_000_000_000));
    sample.invocation = Some(Invocation { init: Init::Warm, number: digits.up_to(600), sandbox_age_us: Some(age) });
    if method == "curl" {
        sample.tool_version = Some("8.17.0".to_owned());
        sample.curl = Some(CurlRun {
            version: "8.17.0".to_owned(),
            time_total_us: sample.elapsed_us,
            time_redirect_us: Micros(digits.up_to(90_000)),
            process_us: Micros(digits.up_to(400_000)),
            processes: 2,
            user_cpu_us: Some(Micros(digits.up_to(60_000))),
            system_cpu_us: Some(Micros(digits.up_to(20_000))),
            exit_code: 0,
        });
    }
    record.environment = environment(n);
    record
}

fn environment(n: u64) -> Environment {
    Environment {
        platform: "lambda".to_owned(),
        region: Some("ap-northeast-1".to_owned()),
        az_id: Some("apne1-az4".to_owned()),
        sandbox: Some(format!("2026/01/01/[$LATEST]{:032x}", n / 40)),
        init_type: Some("on-demand".to_owned()),
        init_duration_us: Some(Micros(21_034)),
        memory_mb: Some(1_769),
        function: Some("parallax-probe-fresh".to_owned()),
        cpus: Some(2),
        architecture: "aarch64".to_owned(),
        kernel: Some("Linux 5.10.245-266.983.amzn2.aarch64".to_owned()),
        resolvers: vec!["169.254.100.5".to_owned()],
        probe_version: "0.1.0".to_owned(),
        ..Environment::default()
    }
}

fn hop(url: &str, status: u16, encoding: Option<&str>, digits: &mut Digits) -> Hop {
    let mut phases = Phases::default();
    for (phase, most) in Phase::ALL.into_iter().zip([4_000, 60_000, 90_000, 300, 300_000, 40_000]) {
        let elapsed = digits.up_to(most);
        *phases.slot(phase) = Some(PhaseTime {
            elapsed_us: Micros(elapsed),
            network_us: Some(Micros(elapsed - digits.up_to(elapsed))),
            cpu_us: Some(Micros(digits.up_to(2_000))),
            run_delay_us: Some(Micros(digits.up_to(90))),
        });
    }
    let timing = |name: &str, duration: Option<u64>, description: Option<&str>| ServerTiming {
        name: name.to_owned(),
        duration_us: duration.map(Micros),
        description: description.map(str::to_owned),
    };
    let last = status == 200;
    Hop {
        url: url.to_owned(),
        phases,
        overhead_us: Micros(digits.up_to(400)),
        connection: Some(Connection {
            peer: format!("18.65.{}.{}:443", digits.up_to(255), digits.up_to(255)),
            local: Some(format!("169.254.100.6:{}", 30_000 + digits.up_to(30_000))),
            family: Some(Family::Ipv4),
            tcp: Some(Tcp {
                handshake_rtt_us: Some(Micros(digits.up_to(60_000))),
                min_rtt_us: Some(Micros(digits.up_to(60_000))),
                smoothed_rtt_us: Some(Micros(digits.up_to(60_000))),
                retransmits: Some(0),
                segments_in: Some(u32::try_from(digits.up_to(90)).unwrap()),
                segments_out: Some(u32::try_from(digits.up_to(40)).unwrap()),
                mss: Some(1_448),
                out_of_order: Some(digits.up_to(20) as u32),
            }),
            tls: Some(Tls {
                version: "1.3".to_owned(),
                verified: Some(true),
                certificate_days_left: Some(173),
                certificate_issuer: Some("Amazon RSA 2048 M04".to_owned()),
                ..Tls::default()
            }),
            ..Connection::default()
        }),
        response: Some(Response {
            status,
            http_version: Some("1.1".to_owned()),
            header_bytes: Some(digits.up_to(1_400)),
            body_bytes: if last { digits.up_to(90_000) } else { 0 },
            content_encoding: encoding.map(str::to_owned),
            arrival_bursts: Some(u32::try_from(digits.up_to(9)).unwrap()),
            server_timing: if last {
                vec![
                    timing("cdn-upstream-layer", None, Some("REC")),
                    timing("cdn-upstream-dns", Some(0), None),
                    timing("cdn-upstream-connect", Some(1_000 * digits.up_to(90)), None),
                    timing("cdn-upstream-fbl", Some(1_000 * digits.up_to(900)), None),
                    timing("cdn-cache-miss", None, None),
                    timing("cdn-pop", None, Some("NRT57-P4")),
                    timing("cdn-rid", None, Some("eI1QVRx7mHhE0Kc9ZpVQ2cWm8m1oT5tTjUO3rB4uJk2aLw9sXyZA==")),
                    timing("origin", Some(digits.up_to(400_000)), Some("render")),
                ]
            } else {
                Vec::new()
            },
            server: Some(if last { "nginx/1.27.3" } else { "CloudFront" }.to_owned()),
            cdn: Cdn {
                pop: Some("NRT57-P4".to_owned()),
                cache: Some(if last { "Miss from cloudfront" } else { "Hit from cloudfront" }.to_owned()),
                age_s: (!last).then(|| digits.up_to(86_400)),
            },
        }),
        on_wire: Some(OnWire {
            first_packet_us: last.then(|| Micros(digits.up_to(400_000))),
            first_byte_us: Micros(digits.up_to(400_000)),
            last_byte_us: Micros(digits.up_to(400_000)),
        }),
    }
}

/// Digits that no compression foresees, and that are the same in every run.
struct Digits(u64);

impl Digits {
    /// In the upper half, so that as many digits are needed as a number of that size has.
    fn up_to(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        if most < 2 { 0 } else { most / 2 + (self.0 >> 8) % (most / 2) }
    }
}
