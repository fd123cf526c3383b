//! Builder of valid records: what a probe would have kept, without probing.

use parallax::measurement::asked::Asked;
use parallax::measurement::environment::{Environment, Init, Invocation};
use parallax::measurement::hop::{Connection, Family, Hop, Response, Tcp, Tls};
use parallax::measurement::identity::{Method, SampleId, TargetId, Vantage};
use parallax::measurement::local::Local;
use parallax::measurement::outcome::{Answer, Cause, Failure, Outcome};
use parallax::measurement::phase::{Phase, PhaseTime, Phases};
use parallax::measurement::sample::Sample;
use parallax::measurement::units::{Micros, UnixMillis};
use parallax::measurement::wire::Record;

/// 2026-01-01T00:00:00Z: the first sample of most tests.
pub const START: i64 = 1_767_225_600_000;

/// What the sample shall say; change what the test is about: `Recipe { elapsed_us: 5, ..Recipe::default() }.record()`.
#[derive(Clone, Debug)]
pub struct Recipe {
    pub id: String,
    pub target: &'static str,
    pub vantage: &'static str,
    pub method: &'static str,
    /// On the three-minute grid by default.
    pub slot_ms: Option<i64>,
    pub started_ms: i64,
    pub elapsed_us: u64,
    /// Exchanges in the redirect chain; the last one is answered.
    pub hops: usize,
    /// Nothing answered, and this is why.
    pub failed: Option<(Phase, Cause)>,
    pub init: Init,
    pub invocation: u64,
    pub sandbox: &'static str,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            id: "sample-0".to_owned(),
            target: "daily-news",
            vantage: "host/tokyo-office",
            method: "fresh",
            slot_ms: Some(START),
            started_ms: START + 12,
            elapsed_us: 104_321,
            hops: 1,
            failed: None,
            init: Init::Warm,
            invocation: 7,
            sandbox: "6a1cf7b2-0d6f-4f0f-8f0e-3b8d8b5c1c11",
        }
    }
}

impl Recipe {
    /// The n-th of a row: its own id, three minutes after the one before, a little slower.
    pub fn nth(self, n: u32) -> Self {
        let later = i64::from(n) * 180_000;
        Self {
            id: format!("{}-{}-{}-{n}", self.target, self.vantage, self.method),
            slot_ms: self.slot_ms.map(|slot| slot + later),
            started_ms: self.started_ms + later,
            elapsed_us: self.elapsed_us + u64::from(n),
            ..self
        }
    }

    pub fn record(self) -> Record {
        let outcome = match self.failed {
            Some((phase, cause)) => Outcome::Failed(Failure { phase, cause, detail: "as the test says".to_owned() }),
            None => Outcome::Answered(Answer { status: Some(200), bytes: Some(61_440), ..Answer::default() }),
        };
        let method: Method = self.method.parse().unwrap();
        let sample = Sample {
            id: SampleId::new(&self.id).unwrap(),
            target: TargetId::new(self.target).unwrap(),
            vantage: Vantage::new(self.vantage).unwrap(),
            stopwatch: method.stopwatch(),
            method,
            tool_version: None,
            slot_ms: self.slot_ms.map(UnixMillis),
            slot_guessed: false,
            started_at_ms: UnixMillis(self.started_ms),
            elapsed_us: Micros(self.elapsed_us),
            asked: Some(Asked {
                method: "GET".to_owned(),
                accept_encoding: Some(Vec::new()),
                http: vec!["2".to_owned(), "1.1".to_owned()],
                verify: true,
                follow_redirects: true,
            }),
            outcome,
            hops: hops(&self),
            local: local(),
            invocation: Some(Invocation {
                init: self.init,
                number: self.invocation,
                sandbox_age_us: Some(Micros(1_000_000)),
            }),
            curl: None,
            clock_suspect: false,
        };
        Record::new(sample, environment(self.sandbox))
    }
}

/// As many records as asked for, of one source, on the grid.
pub fn row(recipe: &Recipe, count: u32) -> Vec<Record> {
    (0..count).map(|n| recipe.clone().nth(n).record()).collect()
}

pub fn environment(sandbox: &str) -> Environment {
    Environment {
        platform: "host".to_owned(),
        sandbox: Some(sandbox.to_owned()),
        cpus: Some(2),
        architecture: "x86_64".to_owned(),
        cpu_model: Some("Test Processor 3000".to_owned()),
        kernel: Some("Linux 6.1.0".to_owned()),
        resolvers: vec!["192.0.2.53".to_owned()],
        probe_version: "0.1.0".to_owned(),
        ..Environment::default()
    }
}

fn local() -> Local {
    Local {
        cpu_us: Some(Micros(2_100)),
        run_delay_us: Some(Micros(130)),
        largest_stall_us: Some(Micros(90)),
        voluntary_switches: Some(14),
        involuntary_switches: Some(1),
        steal_us: Some(Micros(0)),
    }
}

fn hops(recipe: &Recipe) -> Vec<Hop> {
    let count = recipe.hops.max(1) as u64;
    let share = recipe.elapsed_us / count;
    (0..count)
        .map(|n| {
            let elapsed = if n + 1 == count { recipe.elapsed_us - share * n } else { share };
            let last = n + 1 == count;
            hop(elapsed, n, recipe.failed.filter(|_| last).map(|(phase, _)| phase), last)
        })
        .collect()
}

/// Each phase a fixed share of the hop, the rest overhead, so that they add up exactly.
fn hop(elapsed_us: u64, n: u64, failed: Option<Phase>, last: bool) -> Hop {
    let mut phases = Phases::default();
    let mut left = elapsed_us;
    for (phase, percent) in Phase::ALL.into_iter().zip([5, 20, 30, 1, 35, 8]) {
        if failed.is_some_and(|failed| phase > failed) {
            break;
        }
        let elapsed = elapsed_us * percent / 100;
        left -= elapsed;
        *phases.slot(phase) = Some(PhaseTime {
            elapsed_us: Micros(elapsed),
            network_us: Some(Micros(elapsed * 9 / 10)),
            cpu_us: Some(Micros(elapsed / 20)),
            run_delay_us: Some(Micros(elapsed / 100)),
        });
    }
    Hop {
        on_wire: None,
        url: format!("https://www.example.com/{n}"),
        phases,
        overhead_us: Micros(left),
        connection: failed.is_none_or(|phase| phase > Phase::Connect).then(connection),
        response: failed.is_none_or(|phase| phase > Phase::Wait).then(|| Response {
            status: if last { 200 } else { 302 },
            http_version: Some("1.1".to_owned()),
            header_bytes: Some(412),
            body_bytes: if last { 61_440 } else { 0 },
            arrival_bursts: Some(3),
            server: Some("example".to_owned()),
            ..Response::default()
        }),
    }
}

fn connection() -> Connection {
    Connection {
        peer: "192.0.2.10:443".to_owned(),
        local: Some("192.0.2.200:50712".to_owned()),
        family: Some(Family::Ipv4),
        tcp: Some(Tcp {
            handshake_rtt_us: Some(Micros(20_100)),
            min_rtt_us: Some(Micros(19_800)),
            smoothed_rtt_us: Some(Micros(20_400)),
            retransmits: Some(0),
            segments_in: Some(48),
            segments_out: Some(22),
            mss: Some(1_448),
            out_of_order: Some(0),
        }),
        tls: Some(Tls {
            version: "1.3".to_owned(),
            verified: Some(true),
            certificate_days_left: Some(61),
            certificate_issuer: Some("Example Authority".to_owned()),
            ..Tls::default()
        }),
        ..Connection::default()
    }
}
