mod asked;

use proptest::prelude::*;

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
fn a_redirect_that_was_not_followed_cannot_tell_of_one_that_is() {
    let end = sample(vec![hop([8_000, 12_000, 0, 500, 29_000, 400], 100, 302)]);
    for name in HEADERS.into_iter().chain([BLACKBOX]) {
        assert_eq!(obstacle(name, &end), Obstacle::NotFollowed, "{name}");
    }
    assert_eq!(shown("curl", &end).value_us, Micros(50_000), "curl follows when told");
}

#[test]
fn a_sum_over_a_chain_has_no_hops_to_tell_apart() {
    let sum = summed();
    assert_eq!(sum.elapsed_us, redirected().elapsed_us);
    assert_eq!(shown(BLACKBOX, &sum).value_us, sum.elapsed_us, "the total is known");
    for name in ["zabbix/agent2.web.page.perf", "k6", "smokeping", "gatus"] {
        assert_eq!(obstacle(name, &sum), Obstacle::ChainSummed, "{name}");
    }
    let transfer = "probe_http_duration_seconds{phase=transfer}";
    assert_eq!(phase(BLACKBOX, transfer, &sum), Told::CannotSay(Obstacle::ChainSummed));
    let connect = "probe_http_duration_seconds{phase=connect}";
    assert_eq!(phase(BLACKBOX, connect, &sum), phase(BLACKBOX, connect, &redirected()));
    assert_eq!(phase("curl", "time_redirect", &sum), Told::ValueUs(Micros(50_000)));
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
fn a_kept_connection_cannot_tell_of_a_new_one_but_a_new_one_of_a_kept() {
    for name in ["curl", BLACKBOX, "cloudprober", "zabbix/agent2.web.page.perf"] {
        assert_eq!(obstacle(name, &kept()), Obstacle::KeptConnection, "{name}");
    }
    assert_eq!(shown("gatus", &kept()).value_us, Micros(41_000));
    assert_eq!(shown("gatus", &kept()).if_kept_us, None);
    assert_eq!(shown("gatus", &plain()).if_kept_us, Some(Micros(41_600)));
    assert_eq!(shown("otel", &plain()).if_kept_us, Some(Micros(41_000)), "cut to whole milliseconds");
    assert_eq!(shown("curl", &plain()).if_kept_us, None);
}

#[test]
fn a_body_of_another_coding_is_not_the_tools_body() {
    let zabbix = catalogue::find("zabbix/web.test.time").unwrap();
    let same = Assumptions { same_body: true };
    assert_eq!(obstacle(zabbix.name, &plain()), Obstacle::PerhapsCoded);
    let Replay::Shown(assumed) = replay(zabbix, &plain(), same) else { panic!("said so") };
    assert_eq!((assumed.value_us, assumed.caveats.contains(&Caveat::SameBody)), (Micros(106_600), true));
    let mut coded = plain();
    coded.hops[0].response.as_mut().unwrap().content_encoding = Some("gzip".to_owned());
    assert_eq!(shown(zabbix.name, &coded).value_us, Micros(106_600));
    assert_eq!(obstacle(BLACKBOX, &coded), Obstacle::Coded("gzip".to_owned()));
    let blackbox = catalogue::find(BLACKBOX).unwrap();
    assert!(matches!(replay(blackbox, &coded, same), Replay::CannotSay(Obstacle::Coded(_))));
    coded.hops[0].response.as_mut().unwrap().body_bytes = 0;
    assert_eq!(shown(BLACKBOX, &coded).value_us, Micros(106_600), "of no bytes no coding matters");
}

#[test]
fn a_header_asked_for_alone_is_told_by_a_sample_without_a_body_only() {
    assert_eq!(obstacle("globalping", &plain()), Obstacle::HeadNotGet);
    let mut empty = plain();
    empty.hops[0].response.as_mut().unwrap().body_bytes = 0;
    assert_eq!(shown("globalping", &empty).value_us, Micros(106_600));
    assert!(shown("curl", &empty).caveats.contains(&Caveat::NoBody));
}

#[test]
fn a_cut_body_is_no_obstacle_to_a_tool_that_does_not_read_it() {
    let mut cut = plain();
    cut.outcome = Outcome::Answered(Answer { truncated: true, ..Answer::default() });
    assert_eq!(obstacle("curl", &cut), Obstacle::Truncated);
    assert_eq!(shown("cloudprober", &cut).value_us, Micros(101_600));
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
fn a_total_says_nothing_but_itself() {
    let mut total = plain();
    total.hops.clear();
    total.stopwatch = Stopwatch::new("zabbix/web.test.time").unwrap();
    for definition in catalogue::all() {
        let said = replay(definition, &total, Assumptions::default());
        match definition.name {
            "zabbix/web.test.time" => {
                assert!(matches!(said, Replay::Shown(shown) if shown.value_us == total.elapsed_us));
            }
            name => assert_eq!(said, Replay::CannotSay(Obstacle::TotalOnly), "{name}"),
        }
    }
}

#[test]
fn the_other_family_and_the_other_protocol_are_obstacles() {
    assert_eq!(obstacle("ripe-atlas", &plain()), Obstacle::Tls);
    let mut six = plain();
    six.hops[0].connection.as_mut().unwrap().family = Some(Family::Ipv6);
    assert_eq!(obstacle("cloudprober", &six), Obstacle::Family);
    let mut fallback = plain();
    fallback.hops[0].connection.as_mut().unwrap().fallback =
        Some(Fallback { from: "[2001:db8::1]:443".to_owned(), after_us: Micros(200_000), reason: "slow".to_owned() });
    assert_eq!(obstacle(BLACKBOX, &fallback), Obstacle::Fallback);
    assert!(shown("gatus", &fallback).caveats.contains(&Caveat::FallbackDelay));
    assert!(!shown("curl", &fallback).caveats.contains(&Caveat::FallbackDelay));
}

#[test]
fn verification_on_one_side_only_is_said() {
    assert!(shown("zabbix/agent2.web.page.perf", &plain()).caveats.contains(&Caveat::Verification));
    assert!(!shown("curl", &plain()).caveats.contains(&Caveat::Verification));
}

#[test]
fn a_handler_takes_at_least_as_long_as_what_it_runs() {
    let handler = shown("lambda", &summed());
    assert_eq!((handler.value_us, handler.at_least), (summed().elapsed_us + Micros(9_000), true));
    assert_eq!(shown("lambda", &plain()).value_us, Micros(106_600));
}

#[test]
fn a_lookup_that_was_not_timed_is_not_taken_for_none() {
    let mut pinned = plain();
    (pinned.method, pinned.stopwatch) = (Method::Curl, Method::Curl.stopwatch());
    pinned.curl = Some(CurlRun::default());
    pinned.hops[0].phases.resolve = None;
    assert_eq!(obstacle(BLACKBOX, &pinned), Obstacle::LookupNotTimed);
    pinned.hops[0].url = "https://192.0.2.1/".to_owned();
    assert!(matches!(by(BLACKBOX, &pinned), Replay::Shown(_)), "an address needs no lookup");
}

fn any_hop() -> impl Strategy<Value = Hop> {
    (prop::array::uniform6(0_u64..2_000_000), 0_u64..10_000, prop::sample::select(vec![200_u16, 302, 404, 500]))
        .prop_map(|(lengths, overhead, status)| hop(lengths, overhead, status))
}

fn any_sample() -> impl Strategy<Value = Sample> {
    let end = prop::option::of((0_usize..6, prop::sample::select(vec![Cause::Timeout, Cause::Decoding, Cause::Tool])));
    (prop::collection::vec(any_hop(), 0..4), end, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(hops, end, reused, gzip, curl)| {
            let mut any = sample(hops);
            if let Some((phase, cause)) = end {
                let phase = Phase::ALL[phase];
                any.outcome = Outcome::Failed(Failure { phase, cause, detail: String::new() });
            }
            if let Some(hop) = any.hops.first_mut() {
                hop.connection.as_mut().unwrap().reused = reused;
                hop.response.as_mut().unwrap().content_encoding = gzip.then(|| "gzip".to_owned());
            }
            any.curl = curl.then(|| CurlRun { time_redirect_us: Micros(7), ..CurlRun::default() });
            any
        },
    )
}

proptest! {
    #[test]
    fn curl_of_a_plain_fresh_sample_is_the_sum_of_its_phases(lengths in prop::array::uniform6(1_u64..2_000_000)) {
        let plain = sample(vec![hop(lengths, 0, 200)]);
        let curl = shown("curl", &plain);
        prop_assert_eq!(curl.value_us, Micros(lengths.iter().sum()));
        let counters: Vec<u64> = curl
            .series
            .iter()
            .filter(|reading| reading.name != "time_redirect")
            .map(|reading| match &reading.told {
                Told::ValueUs(value) => value.0,
                Told::CannotSay(obstacle) => panic!("{obstacle}"),
            })
            .collect();
        prop_assert!(counters.is_sorted(), "{:?}", counters);
    }

    #[test]
    fn no_tool_sees_more_than_there_was(any in any_sample(), same_body in any::<bool>()) {
        for definition in catalogue::all() {
            if let Replay::Shown(shown) = replay(definition, &any, Assumptions { same_body }) {
                prop_assert!(shown.at_least || shown.value_us <= any.elapsed_us, "{}", definition.name);
                prop_assert!(shown.if_kept_us.is_none_or(|kept| kept <= shown.value_us), "{}", definition.name);
            }
        }
    }

    #[test]
    fn an_assumption_adds_answers_and_changes_none(any in any_sample()) {
        for definition in catalogue::all() {
            let without = replay(definition, &any, Assumptions::default());
            if let (Replay::Shown(before), Replay::Shown(after)) =
                (without, replay(definition, &any, Assumptions { same_body: true }))
            {
                prop_assert_eq!(before.value_us, after.value_us);
            }
        }
    }
}
