//! The method `fresh` against real sockets.

use std::time::Duration;

use parallax::adapters::exchange::Fresh;
use parallax::measurement::hop::{Hop, Response};
use parallax::measurement::identity::TargetId;
use parallax::measurement::outcome::{Answer, Cause, Failure, Outcome};
use parallax::measurement::phase::Phase;
use parallax::measurement::sample::Observation;
use parallax::measurement::units::Micros;
use parallax::probe::port::Measure;
use parallax::probe::target::{HttpVersions, Target, Timeouts, TlsVersions, TrustStore};
use url::Url;

use crate::support::certificates::{Authority, Certificate};
use crate::support::hostile::Behaviour;
use crate::support::pages::{HTTP, HTTPS, Site};
use crate::support::server::closed_port;
use crate::support::stamps;

mod causes;
mod network;
mod requests;

/// A page that this machine serves and our own authority vouches for.
fn target(url: Url) -> Target {
    let mut target = Target::new(TargetId::new("page").unwrap(), url);
    target.allow_private = true;
    target.tls.trust = TrustStore::File(Authority::get().pem_file().to_owned());
    target
}

/// Measures once; whatever happened, the time is all accounted for.
fn measured(target: &Target) -> Observation {
    stamps::held();
    let seen = Fresh::new().unwrap().measure(target);
    adds_up(&seen);
    seen
}

fn adds_up(seen: &Observation) {
    assert_eq!(seen.hops.iter().map(Hop::elapsed_us).sum::<Micros>(), seen.elapsed, "{seen:#?}");
    for (phase, time) in seen.hops.iter().flat_map(|hop| hop.phases.present()) {
        assert!(time.network_us.is_none_or(|network| network <= time.elapsed_us), "{phase:?} {seen:#?}");
        if cfg!(target_os = "linux") {
            assert!(time.network_us.is_some(), "{phase:?} {seen:#?}");
        }
    }
}

fn answer(seen: &Observation) -> &Answer {
    match &seen.outcome {
        Outcome::Answered(answer) => answer,
        Outcome::Failed(failure) => panic!("{failure:?} {seen:#?}"),
    }
}

fn failure(seen: &Observation) -> &Failure {
    match &seen.outcome {
        Outcome::Failed(failure) => failure,
        Outcome::Answered(_) => panic!("{seen:#?}"),
    }
}

fn last(seen: &Observation) -> (&Hop, &Response) {
    let hop = seen.hops.last().unwrap();
    (hop, hop.response.as_ref().unwrap())
}

fn phases(hop: &Hop) -> Vec<Phase> {
    hop.phases.present().map(|(phase, _)| phase).collect()
}

#[test]
fn every_exchange_adds_up_whatever_it_meets() {
    let sites = [
        HTTP.start(),
        HTTPS.start(),
        Site { http2: false, ..HTTPS }.start(),
        Site { tls12_only: true, ..HTTPS }.start(),
        Site { certificate: Some(Certificate::Expired), ..HTTPS }.start(),
        Behaviour::Garbage.start(),
        Behaviour::ClosesMidBody.start(),
        Behaviour::ResetsAtOnce.start(),
    ];
    let paths =
        ["/page?bytes=60000", "/redirect?n=3", "/gzip", "/status/204", "/broken-gzip", "/loop", "/page?bytes=0"];
    stamps::held();
    let mut fresh = Fresh::new().unwrap();
    // A seeded walk: the same exchanges in each run.
    let mut state = 20_251_123_u64;
    for _ in 0..150 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (site, path) = ((state >> 33) as usize % sites.len(), (state >> 45) as usize % paths.len());
        let mut target = target(sites[site].url(paths[path]));
        target.follow_redirects = state >> 60 & 1 == 0;
        target.accept_encoding =
            if state >> 61 & 1 == 0 { vec![parallax::probe::target::Coding::Gzip] } else { vec![] };
        adds_up(&fresh.measure(&target));
    }
}

#[test]
fn a_page_over_plain_http_has_four_phases_and_a_connection() {
    let site = HTTP.start();
    let seen = measured(&target(site.url("/page?bytes=60000")));
    let (hop, response) = last(&seen);
    assert_eq!(phases(hop), [Phase::Connect, Phase::Send, Phase::Wait, Phase::Receive]);
    assert_eq!((answer(&seen).status, answer(&seen).bytes), (Some(200), Some(60_000)));
    assert_eq!((response.body_bytes, response.http_version.as_deref()), (60_000, Some("1.1")));
    assert!(response.header_bytes.is_some_and(|bytes| (20..500).contains(&bytes)), "{response:?}");
    let connection = hop.connection.as_ref().unwrap();
    assert_eq!(connection.peer, site.address.to_string());
    assert!(connection.local.is_some() && connection.tls.is_none() && !connection.reused);
    assert!(!seen.clock_suspect);
}

#[test]
fn http2_is_chosen_by_alpn_and_not_where_it_is_not_offered() {
    let (both, old) = (HTTPS.start(), Site { http2: false, ..HTTPS }.start());
    let version = |url, http| {
        let seen = measured(&Target { http, ..target(url) });
        assert_eq!(phases(last(&seen).0), [Phase::Connect, Phase::Tls, Phase::Send, Phase::Wait, Phase::Receive]);
        assert_eq!(last(&seen).1.body_bytes, 60_000);
        assert!(last(&seen).1.header_bytes.is_some());
        last(&seen).1.http_version.clone().unwrap()
    };
    assert_eq!(version(both.url("/page?bytes=60000"), HttpVersions::Best), "2");
    assert_eq!(version(both.url("/page?bytes=60000"), HttpVersions::Http2), "2");
    assert_eq!(version(both.url("/page?bytes=60000"), HttpVersions::Http1), "1.1");
    assert_eq!(version(old.url("/page?bytes=60000"), HttpVersions::Best), "1.1");
}

#[test]
fn the_session_is_told() {
    let (new, old) = (HTTPS.start(), Site { tls12_only: true, ..HTTPS }.start());
    let session = |target: &Target| last(&measured(target)).0.connection.clone().unwrap().tls.unwrap();
    let tls = session(&target(new.url("/page")));
    assert_eq!((tls.version.as_str(), tls.verified, tls.resumed), ("1.3", Some(true), false));
    assert!(tls.certificate_days_left.is_some_and(|days| days > 365), "{tls:?}");
    assert!(tls.certificate_issuer.unwrap().contains("Parallax test authority"));
    assert_eq!(session(&target(old.url("/page"))).version, "1.2");
    let mut chosen = target(new.url("/page"));
    chosen.tls.versions = TlsVersions::Tls12;
    assert_eq!(session(&chosen).version, "1.2");
}

#[test]
fn a_certificate_that_is_not_checked_is_still_read() {
    let site = Site { certificate: Some(Certificate::Expired), ..HTTPS }.start();
    let mut target = target(site.url("/page"));
    target.tls.verify = false;
    let tls = last(&measured(&target)).0.connection.clone().unwrap().tls.unwrap();
    assert_eq!(tls.verified, Some(false));
    assert!(tls.certificate_days_left.is_some_and(|days| days < -365), "{tls:?}");
}

#[test]
fn what_the_machine_did_is_told_on_linux() {
    if cfg!(target_os = "linux") {
        let site = HTTPS.start();
        let seen = measured(&target(site.url("/page")));
        let local = seen.local;
        assert!(local.cpu_us.is_some_and(|cpu| cpu > Micros(0)), "{local:?}");
        assert!(local.run_delay_us.is_some() && local.voluntary_switches.is_some(), "{local:?}");
        assert!(local.largest_stall_us.is_some() && local.steal_us.is_some(), "{local:?}");
        // One thread cannot use more than the time there was; its clock is read just after the instant.
        assert!(local.cpu_us < Some(seen.elapsed + Micros(1_000)), "{local:?} in {:?}", seen.elapsed);
        let tcp = last(&seen).0.connection.as_ref().unwrap().tcp.unwrap();
        assert!(tcp.handshake_rtt_us.is_some() && tcp.segments_in.is_some(), "{tcp:?}");
        // Nothing is lost on loopback; a kernel whose peer is not let run in time probes for a loss, but not every time.
        let again =
            || last(&measured(&target(site.url("/page")))).0.connection.as_ref().unwrap().tcp.unwrap().retransmits;
        assert!((0..20).any(|_| again() == Some(0)), "{tcp:?}");
        assert!(last(&seen).0.phases.present().all(|(_, time)| time.cpu_us.is_some() && time.run_delay_us.is_some()));
    }
}
