//! A part of a sample that cannot be true is refused, and one that can is not.

use parallax::intake::arrival::decode;
use parallax::measurement::hop::{Fallback, ServerTiming, Tcp};
use parallax::measurement::phase::{Phase, PhaseTime};
use parallax::measurement::sample::{CurlRun, Sample};
use parallax::measurement::units::Micros;
use serde_json::json;

use super::{Alteration, NOW, altered, flaw, message};
use crate::support::samples::{Recipe, row};

fn tcp(sample: &mut Sample) -> &mut Tcp {
    sample.hops[1].connection.as_mut().unwrap().tcp.as_mut().unwrap()
}

/// The second hop's phases: resolve, connect and wait take 2.6, 10.4 and 18.2 ms of 104 ms.
fn phase(sample: &mut Sample, phase: Phase) -> &mut PhaseTime {
    sample.hops[1].phases.slot(phase).as_mut().unwrap()
}

fn said(entry: u64) -> Vec<ServerTiming> {
    vec![ServerTiming { name: "app".to_owned(), duration_us: Some(Micros(entry)), description: None }]
}

fn run_of(process: u64) -> CurlRun {
    CurlRun { version: "8.5.0".to_owned(), process_us: Micros(process), ..CurlRun::default() }
}

#[test]
fn a_part_that_is_longer_than_its_whole_is_poison() {
    let far = |ms: u64| Some(Micros(ms * 1_000));
    let cases: Vec<(&str, Alteration)> = vec![
        (
            "`cpu_us` is 9000000000 µs, and wait took 18256 µs",
            Box::new(move |s| phase(s, Phase::Wait).cpu_us = far(9_000_000)),
        ),
        (
            "`run_delay_us` is 60000000 µs, and tls took",
            Box::new(move |s| phase(s, Phase::Tls).run_delay_us = far(60_000)),
        ),
        (
            "`handshake_rtt_us` is 9000000 µs, and connect took 10432 µs",
            Box::new(move |s| tcp(s).handshake_rtt_us = far(9_000)),
        ),
        ("`min_rtt_us` is 9000000 µs, and connect took", Box::new(move |s| tcp(s).min_rtt_us = far(9_000))),
        (
            "`min_rtt_us` is 120000001 µs, and no round trip",
            Box::new(|s| {
                s.hops[1].connection.as_mut().unwrap().reused = true;
                tcp(s).min_rtt_us = Some(Micros(120_000_001));
            }),
        ),
        (
            "`fallback.after_us` is",
            Box::new(|s| {
                let lost = Fallback { from: "::1".to_owned(), after_us: Micros(9_000_000), reason: "slow".to_owned() };
                s.hops[1].connection.as_mut().unwrap().fallback = Some(lost);
            }),
        ),
        (
            "`server_timing` says 9000000000000 µs",
            Box::new(|s| s.hops[1].response.as_mut().unwrap().server_timing = said(9_000_000_000_000)),
        ),
        (
            "`local.cpu_us` is 9000000000000 µs, and a sample took",
            Box::new(move |s| s.local.cpu_us = far(9_000_000_000)),
        ),
        ("`local.run_delay_us` is", Box::new(move |s| s.local.run_delay_us = far(60_000))),
        ("`local.largest_stall_us` is", Box::new(move |s| s.local.largest_stall_us = far(60_000))),
        (
            "`local.cpu_us` is 9000000 µs, and a process took 400000 µs",
            Box::new(move |s| (s.curl, s.local.cpu_us) = (Some(run_of(400_000)), far(9_000))),
        ),
        (
            "`curl.time_redirect_us` is",
            Box::new(move |s| s.curl = Some(CurlRun { time_redirect_us: Micros(9_000_000), ..run_of(400_000) })),
        ),
        (
            "`curl.user_cpu_us` is",
            Box::new(move |s| s.curl = Some(CurlRun { user_cpu_us: far(9_000), ..run_of(400_000) })),
        ),
    ];
    for (said, alter) in cases {
        let arrivals = altered(alter);
        assert!(flaw(&arrivals).to_string().contains(said), "{said}: {}", flaw(&arrivals));
    }
}

/// Clocks are read one after another, a child process begins before its timer, a kept connection has had other exchanges,
/// and what a server says of itself may be anything.
#[test]
fn a_part_that_can_be_true_is_sound_however_odd() {
    let cases: Vec<Alteration> = vec![
        Box::new(|s| phase(s, Phase::Wait).cpu_us = Some(Micros(18_900))),
        Box::new(|s| phase(s, Phase::Resolve).run_delay_us = Some(Micros(990_000))),
        Box::new(|s| tcp(s).handshake_rtt_us = Some(Micros(20_500))),
        Box::new(|s| {
            s.hops[1].connection.as_mut().unwrap().reused = true;
            s.hops[1].phases.connect.as_mut().unwrap().network_us = None;
            tcp(s).min_rtt_us = Some(Micros(3_000_000));
        }),
        Box::new(|s| s.hops[1].response.as_mut().unwrap().server_timing = said(86_400_000_000)),
        Box::new(|s| (s.curl, s.local.cpu_us) = (Some(run_of(9_000_000)), Some(Micros(8_000_000)))),
        Box::new(|s| (s.clock_suspect, s.local.largest_stall_us) = (true, Some(Micros(3_600_000_000)))),
    ];
    for (place, alter) in cases.into_iter().enumerate() {
        let arrivals = altered(alter);
        assert!(arrivals.poison.is_empty() && arrivals.sound.len() == 1, "{place}: {:?}", arrivals.poison);
    }
}

#[test]
fn surroundings_without_memory_are_poison_with_all_that_they_surround() {
    let mut value = serde_json::to_value(message(&row(&Recipe::default(), 3))).unwrap();
    value["environment"]["memory_mb"] = json!(0);
    let arrivals = decode(value.to_string().as_bytes(), NOW);
    assert!(arrivals.sound.is_empty() && arrivals.poison.len() == 1);
    assert!(arrivals.poison[0].reason.to_string().contains("`memory_mb` is 0"), "{}", arrivals.poison[0].reason);
}
