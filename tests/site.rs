//! The laboratory's site: it is what it says it is, and a client that trusts its authority can prove it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use parallax::adapters::exchange::Fresh;
use parallax::lab::site::{ASIDE, Director, Options, Site, TlsOffer};
use parallax::measurement::identity::TargetId;
use parallax::measurement::outcome::{Cause, Outcome};
use parallax::measurement::sample::Observation;
use parallax::measurement::units::Micros;
use parallax::probe::port::Measure;
use parallax::probe::target::{HttpVersions, Target, TlsVersions, TrustStore};

fn target(site: &Site, path: &str) -> Target {
    let mut target = Target::new(TargetId::new("site").unwrap(), site.url(path));
    target.allow_private = true;
    target.follow_redirects = true;
    target.tls.trust = TrustStore::File(site.authority_path().to_owned());
    target
}

fn measure(target: &Target) -> Observation {
    Fresh::new().unwrap().measure(target)
}

fn cause(observation: &Observation) -> Option<Cause> {
    match &observation.outcome {
        Outcome::Failed(failure) => Some(failure.cause),
        Outcome::Answered(_) => None,
    }
}

#[test]
fn the_front_page_is_a_redirect_and_sixty_kilobytes_with_a_server_timing() {
    let site = Site::start(Options::default()).unwrap();
    let seen = measure(&target(&site, "/"));
    assert!(seen.outcome.is_good(), "{:?}", seen.outcome);
    let answers: Vec<_> = seen.hops.iter().map(|hop| hop.response.as_ref().unwrap()).collect();
    assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [302, 200]);
    assert!((60 * 1024..62 * 1024).contains(&answers[1].body_bytes), "{}", answers[1].body_bytes);
    let timing = &answers[1].server_timing[0];
    assert_eq!(timing.name, "app");
    assert!(timing.duration_us.unwrap() >= Micros(3_000), "{timing:?}");
    // A thread that is not let run right after the kernel took its request counts that time as sending.
    let phases = seen.hops[1].phases;
    let asked = phases.send.unwrap().elapsed_us + phases.wait.unwrap().elapsed_us;
    assert!(asked >= timing.duration_us.unwrap(), "the server cannot think longer than we wait: {phases:?} {timing:?}");
}

#[test]
fn every_version_of_http_and_tls_is_spoken() {
    let site = Site::start(Options::default()).unwrap();
    for (http, said) in [(HttpVersions::Http1, "1.1"), (HttpVersions::Http2, "2"), (HttpVersions::Best, "2")] {
        for (versions, tls) in [(TlsVersions::Tls12, "1.2"), (TlsVersions::Tls13, "1.3")] {
            let mut target = target(&site, "/page");
            (target.http, target.tls.versions) = (http, versions);
            let seen = measure(&target);
            assert!(seen.outcome.is_good(), "{http:?} {versions:?}: {:?}", seen.outcome);
            let hop = &seen.hops[0];
            assert_eq!(hop.response.as_ref().unwrap().http_version.as_deref(), Some(said));
            assert_eq!(hop.connection.as_ref().unwrap().tls.as_ref().unwrap().version, tls);
        }
    }
}

#[test]
fn options_are_honoured() {
    let options = Options {
        think: Duration::ZERO,
        slow: Duration::from_millis(40),
        redirect: false,
        page_bytes: 1_000,
        tls: TlsOffer::Tls12,
        ..Options::default()
    };
    let site = Site::start(options).unwrap();
    let front = measure(&target(&site, "/"));
    assert_eq!(front.hops.len(), 1, "no redirect");
    assert!(front.hops[0].response.as_ref().unwrap().body_bytes < 1_200);
    let slow = measure(&target(&site, "/slow"));
    assert!(slow.hops[0].phases.wait.unwrap().elapsed_us >= Micros(40_000));
    let mut newer = target(&site, "/");
    newer.tls.versions = TlsVersions::Tls13;
    assert_eq!(cause(&measure(&newer)), Some(Cause::TlsHandshake));
}

#[test]
fn who_does_not_know_the_authority_does_not_trust_the_site() {
    let site = Site::start(Options::default()).unwrap();
    let mut stranger = target(&site, "/page");
    stranger.tls.trust = TrustStore::Mozilla;
    assert_eq!(cause(&measure(&stranger)), Some(Cause::CertificateUntrusted));
}

#[test]
fn two_sites_share_neither_port_nor_authority_and_leave_nothing_behind() {
    let (one, other) = (Site::start(Options::default()).unwrap(), Site::start(Options::default()).unwrap());
    assert_ne!(one.address(), other.address());
    let mut confused = target(&one, "/page");
    confused.tls.trust = TrustStore::File(other.authority_path().to_owned());
    assert_eq!(cause(&measure(&confused)), Some(Cause::CertificateUntrusted));
    let (file, gone) = (one.authority_path().to_owned(), target(&one, "/page"));
    drop(one);
    assert!(!file.exists());
    let mut gone = gone;
    gone.tls.verify = false;
    assert_eq!(cause(&measure(&gone)), Some(Cause::ConnectionRefused));
}

#[test]
fn garbage_and_silence_do_not_stop_the_site() {
    let site = Site::start(Options::default()).unwrap();
    let silent: Vec<TcpStream> = (0..20).map(|_| TcpStream::connect(site.address()).unwrap()).collect();
    let mut rude = TcpStream::connect(site.address()).unwrap();
    rude.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    rude.write_all(&[0; 4096]).unwrap();
    let _ = rude.read_to_end(&mut Vec::new());
    assert!(measure(&target(&site, "/page")).outcome.is_good());
    drop(silent);
}

#[test]
fn so_many_authorities_stand_between_it_and_the_one_that_is_known_and_the_client_takes_all_of_them() {
    for between in [0, 1, 6] {
        let site = Site::start(Options { between, ..Options::default() }).unwrap();
        let seen = measure(&target(&site, "/page"));
        assert!(seen.outcome.is_good(), "{between}: {:?}", seen.outcome);
        let tls = seen.hops[0].connection.as_ref().unwrap().tls.as_ref().unwrap();
        let issuer = tls.certificate_issuer.as_deref().unwrap();
        assert_eq!(issuer.contains("0 above the last"), between > 0, "{issuer}");
        let other = Site::start(Options::default()).unwrap();
        let mut stranger = target(&site, "/page");
        stranger.tls.trust = TrustStore::File(other.authority_path().to_owned());
        assert_eq!(cause(&measure(&stranger)), Some(Cause::CertificateUntrusted), "{between}");
    }
}

#[test]
fn who_asks_aside_is_answered_and_not_in_the_account() {
    let director = Arc::new(Director::default());
    let options = Options { tls: TlsOffer::Plain, ..Options::default() };
    let site = Site::directed(options, 0, &[], Arc::clone(&director)).unwrap();
    for (agent, noted) in [("someone", 1), (ASIDE, 0)] {
        let mut stream = TcpStream::connect(site.address()).unwrap();
        write!(stream, "GET /page HTTP/1.1\r\nhost: x\r\nuser-agent: {agent}\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{agent}: {answer}");
        assert_eq!(director.met().len(), noted, "{agent}");
    }
}
