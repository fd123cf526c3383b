mod asked;
mod laws;
mod obstacles;

use super::*;
use crate::measurement::hop::{Connection, Fallback, Hop, Response, Tls};
use crate::measurement::identity::{Method, SampleId, Stopwatch, TargetId, Vantage};
use crate::measurement::local::Local;
use crate::measurement::outcome::{Answer, Cause, Failure};
use crate::measurement::phase::{PhaseTime, Phases};
use crate::measurement::sample::CurlRun;
use crate::measurement::units::UnixMillis;
use crate::stopwatch::catalogue;
use crate::stopwatch::series::Told;

/// Resolve, connect, tls, send, wait, receive; zero is absent.
fn hop(lengths: [u64; 6], overhead: u64, status: u16) -> Hop {
    let mut phases = Phases::default();
    for (phase, length) in Phase::ALL.into_iter().zip(lengths).filter(|(_, length)| *length > 0) {
        *phases.slot(phase) = Some(PhaseTime { elapsed_us: Micros(length), ..PhaseTime::default() });
    }
    let secure = lengths[2] > 0;
    let tls = secure.then(|| Tls { verified: Some(true), ..Tls::default() });
    Hop {
        on_wire: None,
        url: format!("{}://www.example.com/", if secure { "https" } else { "http" }),
        phases,
        overhead_us: Micros(overhead),
        connection: Some(Connection { family: Some(Family::Ipv4), tls, ..Connection::default() }),
        response: Some(Response { status, body_bytes: 5_000, ..Response::default() }),
    }
}

fn sample(hops: Vec<Hop>) -> Sample {
    let name = "x";
    Sample {
        id: SampleId::new(name).unwrap(),
        target: TargetId::new(name).unwrap(),
        vantage: Vantage::new(name).unwrap(),
        method: Method::Fresh,
        stopwatch: Method::Fresh.stopwatch(),
        tool_version: None,
        slot_ms: None,
        slot_guessed: false,
        started_at_ms: UnixMillis(0),
        elapsed_us: hops.iter().map(Hop::elapsed_us).sum(),
        asked: None,
        outcome: Outcome::Answered(Answer { status: Some(200), ..Answer::default() }),
        hops,
        local: Local::default(),
        invocation: None,
        curl: None,
        clock_suspect: false,
    }
}

/// 10 000 + 20 000 + 30 000 + 1 000 + 40 000 + 5 000, and 600 between them.
fn plain() -> Sample {
    sample(vec![hop([10_000, 20_000, 30_000, 1_000, 40_000, 5_000], 600, 200)])
}

/// A redirect of 50 ms over plain HTTP, then the page of [`plain`].
fn redirected() -> Sample {
    let mut both = plain();
    both.hops.insert(0, hop([8_000, 12_000, 0, 500, 29_000, 400], 100, 302));
    both.elapsed_us = both.hops.iter().map(Hop::elapsed_us).sum();
    both
}

/// As one process of curl with `-L` sums it.
fn summed() -> Sample {
    let mut one = sample(vec![hop([18_000, 32_000, 30_000, 1_500, 69_000, 5_400], 700, 200)]);
    (one.method, one.stopwatch) = (Method::Curl, Method::Curl.stopwatch());
    one.curl = Some(CurlRun {
        time_total_us: one.elapsed_us,
        time_redirect_us: Micros(50_000),
        process_us: one.elapsed_us + Micros(9_000),
        processes: 1,
        ..CurlRun::default()
    });
    one
}

fn failed(phase: Phase, cause: Cause) -> Sample {
    let reached = |at: usize, length: u64| if Phase::ALL[at] <= phase { length } else { 0 };
    let lengths = [10_000, 20_000, 30_000, 1_000, 40_000, 5_000];
    let mut broken = sample(vec![hop(std::array::from_fn(|at| reached(at, lengths[at])), 0, 200)]);
    if phase < Phase::Receive {
        broken.hops[0].response = None;
    }
    broken.outcome = Outcome::Failed(Failure { phase, cause, detail: String::new() });
    broken
}

fn kept() -> Sample {
    let mut kept = sample(vec![hop([0, 0, 0, 1_000, 40_000, 5_000], 0, 200)]);
    kept.hops[0].connection.as_mut().unwrap().reused = true;
    kept
}

fn by(name: &str, sample: &Sample) -> Replay {
    replay(catalogue::find(name).unwrap(), sample, Assumptions::default())
}

#[track_caller]
fn shown(name: &str, sample: &Sample) -> Shown {
    match by(name, sample) {
        Replay::Shown(shown) => shown,
        other => panic!("{name}: {other:?}"),
    }
}

#[track_caller]
fn obstacle(name: &str, sample: &Sample) -> Obstacle {
    match by(name, sample) {
        Replay::CannotSay(obstacle) => obstacle,
        other => panic!("{name}: {other:?}"),
    }
}

#[track_caller]
fn phase(name: &str, series: &str, sample: &Sample) -> Told {
    shown(name, sample).series.into_iter().find(|reading| reading.name == series).unwrap().told
}

const BLACKBOX: &str = "blackbox_exporter";
const HEADERS: [&str; 4] = ["cloudprober", "gatus", "openstatus", "otel"];

#[test]
fn a_plain_exchange_is_what_curl_and_blackbox_say_it_is() {
    for name in ["curl", BLACKBOX, "parallax/pooled"] {
        assert_eq!(shown(name, &plain()).value_us, Micros(106_600), "{name}");
    }
}

#[test]
fn a_tool_that_stops_at_the_header_does_not_see_the_body() {
    assert_eq!(shown("cloudprober", &plain()).value_us, Micros(101_600));
    assert_eq!(shown("zabbix/agent2.web.page.perf", &plain()).value_us, Micros(101_600));
    for name in ["openstatus", "otel"] {
        assert_eq!(shown(name, &plain()).value_us, Micros(101_000), "{name} cuts to whole milliseconds");
    }
    for name in HEADERS {
        let caveats = shown(name, &plain()).caveats;
        assert!(caveats.contains(&Caveat::HeaderEnd) && caveats.contains(&Caveat::Loose(Micros(600))), "{name}");
    }
}

#[test]
fn k6_sees_neither_lookup_nor_connecting_nor_handshake() {
    assert_eq!(shown("k6", &plain()).value_us, Micros(46_000));
    let last = shown("k6", &redirected());
    assert_eq!(last.value_us, Micros(46_000), "each hop is a value of its own");
    assert!(last.caveats.contains(&Caveat::LastHopOnly));
    assert_eq!(shown("k6", &kept()).value_us, Micros(46_000));
}

#[test]
fn smokeping_begins_after_the_lookup() {
    assert_eq!(shown("smokeping", &plain()).value_us, Micros(96_600));
}

#[test]
fn a_followed_chain_is_its_first_hop_to_a_tool_that_does_not_follow() {
    let mut chain = redirected();
    let first = shown("smokeping", &chain);
    assert_eq!((first.value_us, first.caveats.contains(&Caveat::FirstHopOnly)), (Micros(42_000), true));
    chain.outcome = failed(Phase::Tls, Cause::TlsHandshake).outcome;
    assert_eq!(shown("smokeping", &chain).value_us, Micros(42_000), "what failed later is not its failure");
    assert_eq!(by("zabbix/web.page.perf", &redirected()), Replay::CannotSay(Obstacle::PerhapsCoded));
    assert_eq!(shown("zabbix/web.page.perf-before-2019", &redirected()).value_us, Micros(50_000));
}

#[test]
fn the_old_tls_phase_of_blackbox_counts_connecting_twice() {
    let of = |name: &str| phase(BLACKBOX, &format!("probe_http_duration_seconds{{phase={name}"), &redirected());
    let told = |value| Told::ValueUs(Micros(value));
    assert_eq!(of("resolve}"), told(18_000));
    assert_eq!(of("connect}"), told(32_000));
    assert_eq!(of("tls}"), told(30_000));
    assert_eq!(of("tls} before 0.19.0"), told(50_000), "only of the hop that went over TLS");
    assert_eq!(of("processing}"), told(70_500));
    assert_eq!(of("transfer}"), told(5_000), "of the last hop only");
}

#[test]
fn counters_of_curl_are_cumulative_sums_over_the_chain() {
    let of = |name| phase("curl", name, &redirected());
    let told = |value| Told::ValueUs(Micros(value));
    assert_eq!(of("time_namelookup"), told(18_000));
    assert_eq!(of("time_connect"), told(50_000));
    assert_eq!(of("time_appconnect"), told(60_000), "over the hops with TLS");
    assert_eq!(of("time_starttransfer"), told(151_200));
    assert_eq!(of("time_redirect"), told(50_000));
    assert_eq!(of("time_total"), told(156_600));
}

#[test]
fn failures_are_shown_as_each_tool_shows_them() {
    let broken = failed(Phase::Connect, Cause::Timeout);
    for name in ["curl", BLACKBOX, "gatus"] {
        let time = shown(name, &broken);
        assert_eq!((time.value_us, time.caveats.contains(&Caveat::Failed)), (Micros(30_000), true), "{name}");
    }
    for name in ["zabbix/web.test.time", "cloudprober", "uptime-kuma"] {
        assert_eq!(by(name, &broken), Replay::Nothing, "{name}");
    }
    assert_eq!(obstacle("smokeping", &broken), Obstacle::FailureUnknown);
    assert_eq!(shown("k6", &broken).value_us, Micros::ZERO, "it never sent");
    assert_eq!(obstacle("curl", &failed(Phase::Connect, Cause::AddressRefused)), Obstacle::NotAsked);
}

#[test]
fn a_page_that_is_an_error_is_a_value_to_some_and_a_failure_to_others() {
    let missing = sample(vec![hop([10_000, 20_000, 30_000, 1_000, 40_000, 5_000], 0, 404)]);
    assert_eq!(by("uptime-kuma", &missing), Replay::Nothing);
    for name in ["curl", BLACKBOX, "cloudprober", "gatus"] {
        assert!(matches!(by(name, &missing), Replay::Shown(_)), "{name}");
    }
}

#[test]
fn a_body_that_breaks_off_is_no_failure_to_a_tool_that_stopped_before() {
    let broken = failed(Phase::Receive, Cause::ConnectionClosed);
    assert_eq!(shown("cloudprober", &broken).value_us, Micros(101_000));
    assert_eq!(by("uptime-kuma", &broken), Replay::Nothing);
    assert_eq!(by("cloudprober", &failed(Phase::Receive, Cause::TooManyRedirects)), Replay::Nothing);
}

#[test]
fn a_handler_takes_at_least_as_long_as_what_it_runs() {
    let handler = shown("lambda", &summed());
    assert_eq!((handler.value_us, handler.at_least), (summed().elapsed_us + Micros(9_000), true));
    assert_eq!(shown("lambda", &plain()).value_us, Micros(106_600));
}
