//! A real nginx as a site of the lab: it does what its scenario says, and what was injected is told by packets and its log.

use std::fs;

use parallax::lab::nginx::SERVER;
use parallax::lab::run::Asked;
use parallax::lab::truth::facts::Facts;
use parallax::measurement::hop::Response;

use crate::lab_run::{meets_its_turn, of_b, once};
use crate::support::command::{finished, parallax};
use crate::support::needs;

/// Root, and nginx, is here; else the test says so, or fails under CI.
pub fn can(test: &str) -> bool {
    let missing: Vec<String> = SERVER.find().err().map(|error| error.to_string()).into_iter().collect();
    needs::root(test) && needs::nothing(test, &missing)
}

fn page(asked: &Asked) -> &Response {
    asked.record.sample.hops.last().unwrap().response.as_ref().unwrap()
}

#[test]
fn what_an_nginx_met_is_in_the_truth_of_each_request() {
    if !can("what_an_nginx_met_is_in_the_truth_of_each_request") {
        return;
    }
    let text = "about = 'x'\n[both.site]\nprogram = 'nginx'\nbody_kb = 20\n\
                [b]\naccept_gzip = true\n[b.path]\ndelay_ms = 12\n[b.resolver]\ndelay_ms = 9\n\
                [b.site]\nredirect = 0.5\ntls = '1.2'\ncompress = true\n";
    let (_, found, truth) = once(text, 16);
    let b = of_b(&found, &truth);
    assert_eq!(b.len(), 16);
    for (asked, met) in &b {
        meets_its_turn(asked, met);
        // Compressed, it fits into one flight.
        assert_eq!((met.setup_trips, met.base_trips, met.fresh), (3.0, 1.0, true), "{met:?}");
        assert_eq!((met.think_ms, met.hidden_ms, met.origin_ms, met.miss), (0.0, 0.0, 0.0, false), "{met:?}");
        let response = page(asked);
        assert!(response.server.as_deref().is_some_and(|name| name.starts_with("nginx")), "{response:?}");
        assert_eq!((response.status, response.content_encoding.as_deref()), (200, Some("gzip")), "{response:?}");
        assert!(response.server_timing.is_empty() && response.body_bytes < 14_000, "{response:?}");
    }
    assert!(b.iter().any(|(asked, _)| asked.turn.redirected) && b.iter().any(|(asked, _)| !asked.turn.redirected));
    assert!((24.0..25.0).contains(&truth.sides[1].floor_ms), "{:?}", truth.sides[1]);
    let version = truth.sides[1].server.as_deref().and_then(|said| said.strip_prefix("nginx/"));
    assert!(version.is_some_and(|version| version.starts_with(|first: char| first.is_ascii_digit())), "{version:?}");
    let a: Vec<Facts> = truth.requests.iter().filter(|one| one.side == 0).filter_map(|one| one.injected).collect();
    assert_eq!(a.len(), 16);
    for met in a {
        // 20 KB do not fit into the first ten segments: a round trip passes before the last of them, whatever it is called.
        assert!(met.setup_trips == 2.0, "{met:?}");
        assert!(met.transfer_ms + met.queue_ms + (met.base_trips - 1.0) * met.floor_ms > 9.0, "{met:?}");
    }
    for asked in found.asked.iter().filter(|asked| asked.turn.side == 0) {
        let response = page(asked);
        assert!(response.content_encoding.is_none() && response.body_bytes >= 20 * 1_024, "{response:?}");
        // The header lies in the record of 16 KB whose end is in the second flight.
        let on_wire = asked.record.sample.hops[0].on_wire.unwrap();
        assert!(on_wire.first_packet_us.is_some_and(|first| first < on_wire.first_byte_us), "{on_wire:?}");
    }
}

#[test]
fn an_nginx_keeps_connections_open_or_does_not() {
    if !can("an_nginx_keeps_connections_open_or_does_not") {
        return;
    }
    let text = "about = 'x'\n[both]\nmethod = 'pooled'\n[both.site]\nprogram = 'nginx'\n[b.site]\nkeep_open = false\n";
    let (_, found, truth) = once(text, 6);
    for (asked, known) in found.asked.iter().zip(&truth.requests) {
        let met = known.injected.expect("every request is answered and found");
        assert_eq!(met.fresh, asked.turn.side == 1, "{met:?}");
    }
}

#[test]
fn an_nginx_that_is_not_installed_is_named_and_nothing_is_left() {
    if !needs::root("an_nginx_that_is_not_installed_is_named_and_nothing_is_left") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    // What makes networks is there, and nothing else.
    let programs = directory.path().join("programs");
    fs::create_dir(&programs).unwrap();
    let ip = needs::program("an_nginx_that_is_not_installed_is_named_and_nothing_is_left", &["ip"]).unwrap();
    std::os::unix::fs::symlink(ip, programs.join("ip")).unwrap();
    for words in [&["lab", "run", "nginx"][..], &["lab", "score", "--suite", "full"]] {
        let ended = finished(parallax(directory.path(), words).env("PATH", &programs).output().unwrap());
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{}", ended.err);
        let said = "the lab cannot run here; it needs nginx (Debian package nginx)";
        assert!(ended.err.contains(said) && ended.err.lines().count() == 1, "{}", ended.err);
    }
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}
