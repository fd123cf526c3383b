//! The `pooled` method against real servers: what is kept between measurements, and what is not.

use std::time::Duration;

use parallax::adapters::curl::Curl;
use parallax::adapters::exchange::Fresh;
use parallax::adapters::pooled::Pooled;
use parallax::measurement::hop::Hop;
use parallax::measurement::outcome::{Answer, Cause, Outcome};
use parallax::measurement::phase::Phase;
use parallax::measurement::sample::Observation;
use parallax::probe::port::Measure;
use parallax::probe::target::{Coding, HttpMethod, HttpVersions, Secret, Timeouts, TlsVersions};

use crate::hostile::target;
use crate::support::hostile::Behaviour;
use crate::support::pages::{self, Site};
use crate::support::proxy;
use crate::support::server::Server;

fn answer(seen: &Observation) -> &Answer {
    match &seen.outcome {
        Outcome::Answered(answer) => answer,
        Outcome::Failed(failure) => panic!("{failure:?}"),
    }
}

fn phases(hop: &Hop) -> Vec<Phase> {
    hop.phases.present().map(|(phase, _)| phase).collect()
}

fn reused(seen: &Observation) -> Vec<bool> {
    seen.hops.iter().map(|hop| hop.connection.as_ref().unwrap().reused).collect()
}

#[test]
fn the_first_measurement_makes_a_connection_and_the_next_keeps_it() {
    for http in [HttpVersions::Http1, HttpVersions::Http2] {
        let site = pages::HTTPS.start();
        let mut target = target(site.url_at("localhost", "/page?bytes=60000"));
        target.http = http;
        let mut pooled = Pooled::new().unwrap();
        let (first, second) = (pooled.measure(&target), pooled.measure(&target));
        assert_eq!((reused(&first), reused(&second)), (vec![false], vec![true]), "{http:?}");
        assert_eq!(phases(&first.hops[0]), [Phase::Resolve, Phase::Connect, Phase::Tls, Phase::Wait, Phase::Receive]);
        assert_eq!(phases(&second.hops[0]), [Phase::Wait, Phase::Receive]);
        for seen in [first, second] {
            assert_eq!(answer(&seen).bytes, Some(60_000));
            assert_eq!(seen.elapsed, seen.hops.iter().map(Hop::elapsed_us).sum());
            let connection = seen.hops[0].connection.as_ref().unwrap();
            assert_eq!(connection.peer, site.address.to_string());
            let tls = connection.tls.as_ref().unwrap();
            assert_eq!((tls.version.as_str(), tls.verified), ("1.3", Some(true)));
            assert!(tls.certificate_days_left.unwrap() > 300);
            // Over TLS the handshake's own round trip is not to be had, and counters are the connection's.
            let tcp = connection.tcp.unwrap_or_default();
            assert_eq!(tcp.min_rtt_us.is_some(), cfg!(target_os = "linux"));
            assert_eq!((tcp.handshake_rtt_us, tcp.retransmits), (None, None));
            assert_eq!(seen.local.cpu_us.is_some(), cfg!(target_os = "linux"));
        }
    }
}

#[test]
fn targets_share_no_connection_and_changed_settings_start_anew() {
    let site = pages::HTTPS.start();
    let mut one = target(site.url("/page"));
    let mut pooled = Pooled::new().unwrap();
    assert_eq!(reused(&pooled.measure(&one)), [false]);
    let mut other = one.clone();
    other.id = "other".parse().unwrap();
    assert_eq!(reused(&pooled.measure(&other)), [false]);
    assert_eq!(reused(&pooled.measure(&one)), [true]);
    one.tls.versions = TlsVersions::Tls12;
    let changed = pooled.measure(&one);
    assert_eq!(reused(&changed), [false]);
    assert_eq!(changed.hops[0].connection.as_ref().unwrap().tls.as_ref().unwrap().version, "1.2");
}

#[test]
fn a_connection_the_server_closed_is_made_again() {
    let server = Behaviour::PlainHttp.start();
    let target = target(server.url("/"));
    let mut pooled = Pooled::new().unwrap();
    for _ in 0..3 {
        let seen = pooled.measure(&target);
        assert_eq!((answer(&seen).bytes, reused(&seen)), (Some(2), vec![false]));
    }
}

#[test]
fn each_hop_has_its_own_timeline_and_keeps_secrets_at_home() {
    let (site, other) = (pages::HTTPS.start(), pages::HTTP.start());
    let mut target = target(site.url(&format!("/redirect-to?url={}", other.url("/headers"))));
    target.headers = vec![
        ("X-Token".to_owned(), Secret::new("secret".to_owned())),
        ("User-Agent".to_owned(), Secret::new("me".to_owned())),
    ];
    target.expect.body_contains = Some("x-token".to_owned());
    let seen = Pooled::new().unwrap().measure(&target);
    assert_eq!((seen.hops.len(), answer(&seen).failed_checks.len()), (2, 1), "the other origin got the header");
    target.expect.body_contains = Some("user-agent: me".to_owned());
    assert_eq!(answer(&Pooled::new().unwrap().measure(&target)).failed_checks, []);
    target.url = site.url("/headers");
    target.expect.body_contains = Some("x-token: secret".to_owned());
    let seen = Pooled::new().unwrap().measure(&target);
    assert_eq!(answer(&seen).failed_checks, []);
    assert!(!format!("{seen:?}").contains("secret"));
    target.url = site.url("/redirect?n=3");
    assert_eq!(reused(&Pooled::new().unwrap().measure(&target)), [false, true, true, true]);
}

#[test]
fn a_redirect_into_the_private_network_is_refused_on_the_way() {
    let (site, proxy) = (pages::HTTP.start(), proxy::start(None));
    for to in ["http://169.254.169.254/", "http://127.1:9/", "http://[::ffff:10.0.0.1]/", "http://0x7f000001/"] {
        let mut target = target(site.url_at("localhost", &format!("/redirect-to?url={to}")));
        target.proxy = Some(proxy.url("/"));
        target.allow_private = false;
        let seen = Pooled::new().unwrap().measure(&target);
        let Outcome::Failed(failure) = &seen.outcome else { panic!("{to}: {:?}", seen.outcome) };
        assert_eq!((failure.cause, seen.hops.len()), (Cause::AddressRefused, 2), "{to}: {failure:?}");
    }
    assert!(proxy.seen().iter().all(|line| line.contains("localhost")), "{:?}", proxy.seen());
}

#[test]
fn codings_ipv6_head_and_credentials_work() {
    let site = Site { ip: "::1".parse().unwrap(), ..pages::HTTPS }.start();
    let mut pooled = Pooled::new().unwrap();
    for (coding, path) in [(Coding::Gzip, "/gzip"), (Coding::Brotli, "/br"), (Coding::Zstd, "/zstd")] {
        let mut target = target(site.url(path));
        target.accept_encoding = vec![coding];
        let seen = pooled.measure(&target);
        let response = seen.hops[0].response.as_ref().unwrap();
        assert_eq!(answer(&seen).bytes, Some(pages::coded_text().len() as u64), "{path}");
        assert_eq!(response.content_encoding.as_deref(), Some(coding.as_str()));
        assert!(response.body_bytes < 2000, "{path}: {}", response.body_bytes);
    }
    let mut head = target(site.url("/page?bytes=500"));
    head.http_method = HttpMethod::Head;
    assert_eq!(answer(&pooled.measure(&head)).bytes, Some(0));
    let mut user = target(site.url("/headers"));
    user.url.set_username("u").unwrap();
    user.url.set_password(Some("p")).unwrap();
    user.expect.body_contains = Some("authorization: Basic dTpw\n".to_owned());
    let seen = pooled.measure(&user);
    assert_eq!(answer(&seen).failed_checks, []);
    assert!(!seen.hops[0].url.contains("u:p"));
}

/// The parser of the client forgets each interim response, and its task goes on for a while as they come. Where the
/// kernel counts what is read, the size of a header ends it, long before this limit.
#[cfg(target_os = "linux")]
#[test]
fn a_flood_of_interim_responses_ends_by_its_size() {
    let server = Behaviour::FloodsContinue.start();
    let mut target = target(server.url_as("http", "/"));
    target.timeouts = Timeouts::total(Duration::from_secs(300));
    let seen = Pooled::new().unwrap().measure(&target);
    let Outcome::Failed(failure) = &seen.outcome else { panic!("{seen:?}") };
    assert_eq!((failure.phase, failure.cause), (Phase::Receive, Cause::Protocol), "{failure:?}");
    assert_eq!(failure.detail, "the response header has no end");
}

/// Bytes that wait before the header has been looked at are none of the header's, however late it comes.
#[test]
fn a_long_body_right_behind_a_late_header_is_no_header() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    const LONG: usize = 5_000_000;
    let server = Server::start("http", |mut stream, _| async move {
        let _ = stream.read(&mut [0; 4_096]).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {LONG}\r\n\r\n").into_bytes();
        let _ = stream.write_all(&[answer, vec![b'x'; LONG]].concat()).await;
        let _ = stream.read(&mut [0; 4_096]).await;
    });
    let mut target = target(server.url("/"));
    target.timeouts = Timeouts::total(Duration::from_secs(60));
    assert_eq!(answer(&Pooled::new().unwrap().measure(&target)).bytes, Some(LONG as u64));
}

/// The limit in time holds as well.
#[test]
fn a_flood_of_interim_responses_ends_by_the_limit() {
    let server = Behaviour::FloodsContinue.start();
    let mut target = target(server.url_as("http", "/"));
    // Shorter than it takes to tell a flood by its size.
    target.timeouts = Timeouts::total(Duration::from_millis(80));
    let seen = Pooled::new().unwrap().measure(&target);
    let Outcome::Failed(failure) = &seen.outcome else { panic!("{seen:?}") };
    assert_eq!(failure.cause, Cause::Timeout, "{failure:?}");
}

#[test]
fn lines_of_header_that_others_get_along_with_are_no_failure() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let odd: [&[u8]; 7] = [
        b"X-Latin: caf\xe9",
        b"X Spaced: 1",
        b"X-Space-After : 1",
        b"X-Control: a\x01b",
        b"X-Folded: a\r\n b",
        b"X(bracket): 1",
        b": no name",
    ];
    let mut complaints = Vec::new();
    for line in odd {
        let server = Server::start("http", move |mut stream, _| async move {
            let _ = stream.read(&mut [0; 4_096]).await;
            let answer = [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", line, b"\r\nX-After: 1\r\n\r\nok"].concat();
            let _ = stream.write_all(&answer).await;
            let _ = stream.read(&mut [0; 4_096]).await;
        });
        let target = target(server.url("/"));
        let methods: [(&str, Box<dyn Measure>); 3] = [
            ("curl", Box::new(Curl::find().unwrap())),
            ("fresh", Box::new(Fresh::new().unwrap())),
            ("pooled", Box::new(Pooled::new().unwrap())),
        ];
        for (name, mut method) in methods {
            let seen = method.measure(&target);
            if !matches!(&seen.outcome, Outcome::Answered(answer) if answer.bytes == Some(2)) {
                complaints.push(format!("{name}, {:?}: {:?}", String::from_utf8_lossy(line), seen.outcome));
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
