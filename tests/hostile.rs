//! One table: what each method must make of each way in which a server can fail, on real sockets.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use parallax::adapters::curl::Curl;
use parallax::adapters::exchange::Fresh;
use parallax::adapters::pooled::Pooled;
use parallax::measurement::outcome::Cause::{self, *};
use parallax::measurement::outcome::Outcome;
use parallax::measurement::phase::Phase::{self, *};
use parallax::measurement::sample::Observation;
use parallax::probe::port::Measure;
use parallax::probe::target::{Coding, HttpVersions, Target, Timeouts, TrustStore};
use url::Url;

use crate::support::certificates::{Authority, Certificate};
use crate::support::hostile::Behaviour;
use crate::support::pages::{self, Site};
use crate::support::proxy;
use crate::support::server::{Server, closed_port};

/// A target on loopback that follows redirects and trusts our authority.
pub fn target(url: Url) -> Target {
    let mut target = Target::new("t".parse().unwrap(), url);
    target.allow_private = true;
    target.follow_redirects = true;
    target.tls.trust = TrustStore::File(Authority::get().pem_file().to_owned());
    target.timeouts = Timeouts::total(Duration::from_secs(10));
    target
}

/// What must come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Failed(Phase, Cause),
    /// Phases in which tools may honestly differ.
    FailedIn(&'static [Phase], &'static [Cause]),
    Answered(u16),
    Truncated,
}

use Expected::{Answered, Failed, FailedIn, Truncated};

struct Case {
    name: &'static str,
    target: Target,
    expected: Expected,
    /// Kept until the case has run.
    servers: Vec<Server>,
}

fn behaviour(behaviour: Behaviour, scheme: &str, expected: Expected) -> Case {
    let server = behaviour.start();
    let mut target = target(server.url_as(scheme, "/"));
    target.timeouts = Timeouts::total(Duration::from_secs(3));
    Case { name: "", target, expected, servers: vec![server] }
}

fn certificate(certificate: Certificate, cause: Cause) -> Case {
    let site = Site { certificate: Some(certificate), ..pages::HTTPS }.start();
    Case { name: "", target: target(site.url("/page")), expected: Failed(Tls, cause), servers: vec![site] }
}

fn page(path: &str, expected: Expected) -> Case {
    let site = pages::HTTPS.start();
    Case { name: "", target: target(site.url(path)), expected, servers: vec![site] }
}

fn named(name: &'static str, case: Case) -> Case {
    Case { name, ..case }
}

fn refused(url: &str) -> Case {
    let mut target = target(Url::parse(url).unwrap());
    target.allow_private = false;
    Case { name: "", target, expected: FailedIn(&[Resolve, Connect], &[AddressRefused]), servers: Vec::new() }
}

/// An address of another machine, behind a proxy that says no: were the guard broken, the request would still end here.
fn refused_elsewhere(url: &str) -> Case {
    through(proxy::start(Some("403 Forbidden")), refused(url))
}

/// A case whose target is changed.
fn but(mut case: Case, change: impl FnOnce(&mut Target)) -> Case {
    change(&mut case.target);
    case
}

fn through(proxy: Server, case: Case) -> Case {
    let mut case = but(case, |target| target.proxy = Some(proxy.url("/")));
    case.servers.push(proxy);
    case
}

fn cases() -> Vec<Case> {
    let plain = || {
        let site = pages::HTTP.start();
        Case { name: "", target: target(site.url("/page")), expected: Answered(200), servers: vec![site] }
    };
    let nothing_there = Url::parse(&format!("http://{}/", closed_port())).unwrap();
    // Longer than a label may be: it fails here, and no name server is asked.
    let nowhere = Url::parse(&format!("http://{}.example/", "x".repeat(64))).unwrap();
    let bare = |url: Url, expected| Case { name: "", target: target(url), expected, servers: Vec::new() };
    let http2 = |target: &mut Target| target.http = HttpVersions::Http2;
    let http1 = |target: &mut Target| target.http = HttpVersions::Http1;
    let gzip = |target: &mut Target| target.accept_encoding = vec![Coding::Gzip];
    let capped = |target: &mut Target| target.body_max = 1_000_000;
    use Behaviour::*;
    vec![
        named("nothing listens", bare(nothing_there, Failed(Connect, ConnectionRefused))),
        named("no such name", bare(nowhere, FailedIn(&[Resolve], &[NameNotFound, ResolverFailed]))),
        named("closes at once", behaviour(ClosesAtOnce, "http", Failed(Wait, ConnectionClosed))),
        named("resets at once", behaviour(ResetsAtOnce, "http", Failed(Wait, ConnectionReset))),
        named("resets mid-body", behaviour(ResetsMidBody, "http", Failed(Receive, ConnectionReset))),
        named("closes mid-body", behaviour(ClosesMidBody, "http", Failed(Receive, ConnectionClosed))),
        named("closes mid-chunk", behaviour(ClosesMidChunk, "http", Failed(Receive, ConnectionClosed))),
        named("closes mid-header", behaviour(ClosesMidHeader, "http", FailedIn(&[Wait, Receive], &[ConnectionClosed]))),
        named("never answers", behaviour(NeverAnswers, "http", Failed(Wait, Timeout))),
        named("drips the body", behaviour(DripsBody, "http", Failed(Receive, Timeout))),
        named("drips the header", behaviour(DripsHeader, "http", FailedIn(&[Wait, Receive], &[Timeout]))),
        named("garbage", behaviour(Garbage, "http", Failed(Receive, Protocol))),
        named("garbage for a chunk", behaviour(GarbageChunk, "http", Failed(Receive, Protocol))),
        named("a header of 2 MB", behaviour(OversizedHeader, "http", Failed(Receive, Protocol))),
        named("no handshake", behaviour(NeverAnswers, "https", Failed(Tls, Timeout))),
        named("garbage for TLS", behaviour(Garbage, "https", Failed(Tls, TlsHandshake))),
        named("HTTP for TLS", behaviour(PlainHttp, "https", Failed(Tls, TlsHandshake))),
        named(
            "closes in the handshake",
            behaviour(ClosesAtOnce, "https", FailedIn(&[Tls], &[ConnectionClosed, TlsHandshake])),
        ),
        named(
            "resets in the handshake",
            behaviour(ResetsAtOnce, "https", FailedIn(&[Tls], &[ConnectionReset, TlsHandshake])),
        ),
        named("expired", certificate(Certificate::Expired, CertificateExpired)),
        named("for another name", certificate(Certificate::OtherName, CertificateName)),
        named("signed itself", certificate(Certificate::SelfSigned, CertificateUntrusted)),
        named("expired and not verified", {
            let case = certificate(Certificate::Expired, CertificateExpired);
            but(Case { expected: Answered(200), ..case }, |target| target.tls.verify = false)
        }),
        named("redirects in a circle", page("/loop", Failed(Receive, TooManyRedirects))),
        named("more redirects than allowed", page("/redirect?n=11", Failed(Receive, TooManyRedirects))),
        named("as many as allowed", page("/redirect?n=10", Answered(200))),
        named("redirect without a place", page("/no-location", Answered(302))),
        named("redirect to a file", page("/redirect-to?url=file:///etc/passwd", Failed(Receive, BadRedirect))),
        named("100 MB", but(page("/huge", Truncated), capped)),
        named("100 MB, length not told", but(page("/endless", Truncated), capped)),
        named("100 MB over HTTP/1.1", but(but(page("/huge", Truncated), capped), http1)),
        named("broken gzip", but(page("/broken-gzip", Failed(Receive, Decoding)), gzip)),
        named("gzip", but(page("/gzip", Answered(200)), gzip)),
        named("an error page", page("/status/503", Answered(503))),
        named("HTTP/2 asked for and had", but(page("/page", Answered(200)), http2)),
        named("HTTP/2 only, of a server without", {
            let site = Site { http2: false, ..pages::HTTPS }.start();
            let case =
                Case { name: "", target: target(site.url("/page")), expected: Answered(200), servers: vec![site] };
            but(Case { expected: Failed(Tls, TlsHandshake), ..case }, http2)
        }),
        named("a tunnel", through(proxy::start(None), page("/page", Answered(200)))),
        named("a forwarding proxy", through(proxy::start(None), plain())),
        named("no tunnel", through(proxy::start(Some("403 Forbidden")), page("/page", Failed(Connect, Proxy)))),
        named("loopback", refused("http://127.0.0.1:9/")),
        named("loopback by name", refused("http://localhost:9/")),
        named("loopback in one number", refused("http://2130706433/")),
        named("loopback in octal", refused("http://0177.1/")),
        named("loopback with a dot behind", refused("http://127.0.0.1./")),
        named("loopback mapped into IPv6", refused("http://[::ffff:127.0.0.1]/")),
        named("metadata", refused_elsewhere("http://169.254.169.254/latest/meta-data/")),
        named("private", refused_elsewhere("http://10.0.0.1/")),
    ]
}

/// How an observation differs from what was expected; nothing if it does not.
fn complaint(case: &Case, seen: &Observation) -> Option<String> {
    let fits = match (&seen.outcome, case.expected) {
        (Outcome::Failed(failure), Failed(phase, cause)) => (failure.phase, failure.cause) == (phase, cause),
        (Outcome::Failed(failure), FailedIn(phases, causes)) => {
            phases.contains(&failure.phase) && causes.contains(&failure.cause)
        }
        (Outcome::Answered(answer), Answered(status)) => answer.status == Some(status) && !answer.truncated,
        (Outcome::Answered(answer), Truncated) => answer.truncated && answer.bytes == Some(case.target.body_max),
        _ => false,
    };
    let sum = seen.hops.iter().map(parallax::measurement::hop::Hop::elapsed_us).sum();
    let late = Duration::from(seen.elapsed) > case.target.timeouts.total + Duration::from_secs(5);
    if !fits {
        Some(format!("{}: expected {:?}, found {:?}", case.name, case.expected, seen.outcome))
    } else if seen.elapsed != sum {
        Some(format!("{}: elapsed {:?}, its parts {sum:?}", case.name, seen.elapsed))
    } else if late {
        Some(format!("{}: took {:?}", case.name, seen.elapsed))
    } else {
        None
    }
}

fn all_cases_by(method: &mut dyn Measure) {
    let complaints: Vec<String> =
        cases().iter().filter_map(|case| complaint(case, &method.measure(&case.target))).collect();
    assert!(complaints.is_empty(), "{} of the table's cases:\n{}", complaints.len(), complaints.join("\n"));
}

#[test]
fn fresh_names_every_way_a_server_can_fail() {
    all_cases_by(&mut Fresh::new().unwrap());
}

#[test]
fn pooled_names_every_way_a_server_can_fail() {
    all_cases_by(&mut Pooled::new().unwrap());
}

#[test]
fn curl_names_every_way_a_server_can_fail() {
    all_cases_by(&mut Curl::find().unwrap());
}

#[test]
fn interim_responses_without_end_are_no_header() {
    let mut case = behaviour(Behaviour::FloodsContinue, "http", Failed(Receive, Protocol));
    // A debug build on a busy machine reads what comes at some megabytes a second.
    case.target.timeouts = Timeouts::total(Duration::from_secs(300));
    let mut methods: Vec<Box<dyn Measure>> = vec![Box::new(Fresh::new().unwrap()), Box::new(Curl::find().unwrap())];
    // Its parser forgets each of them; elsewhere it ends by its limit in time.
    if cfg!(target_os = "linux") {
        methods.push(Box::new(Pooled::new().unwrap()));
    }
    for mut method in methods {
        let seen = method.measure(&case.target);
        assert_eq!(complaint(&case, &seen), None, "{:?}", seen.outcome);
        assert!(!matches!(seen.outcome, Outcome::Answered(_)));
    }
}

fn raw(server: &Server, request: &str) -> Result<String, std::io::Error> {
    let mut stream = TcpStream::connect(server.address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[test]
fn hostile_servers_misbehave_as_named() {
    let request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    assert_eq!(raw(&Behaviour::ClosesAtOnce.start(), request).unwrap(), "");
    let reset = raw(&Behaviour::ResetsMidBody.start(), request).unwrap_err();
    assert_eq!(reset.kind(), std::io::ErrorKind::ConnectionReset);
    let cut = raw(&Behaviour::ClosesMidBody.start(), request).unwrap();
    assert!(cut.contains("Content-Length: 1000") && cut.ends_with(&"b".repeat(100)));
    assert!(!raw(&Behaviour::Garbage.start(), request).unwrap().contains("HTTP"));
    assert!(raw(&Behaviour::OversizedHeader.start(), request).unwrap().len() > 2_000_000);
}

/// `pooled` begins to speak HTTP/2 all the same, and cannot tell why it is not understood.
#[test]
fn a_server_that_agrees_on_no_version_of_http_fails_in_the_handshake_of_who_asks_for_http2_only() {
    let site = Site { alpn: false, http2: false, ..pages::HTTPS }.start();
    let target = Target { http: HttpVersions::Http2, ..target(site.url("/page")) };
    let methods: [Box<dyn Measure>; 2] = [Box::new(Fresh::new().unwrap()), Box::new(Curl::find().unwrap())];
    for mut method in methods {
        let seen = method.measure(&target);
        let Outcome::Failed(failure) = &seen.outcome else { panic!("{seen:?}") };
        assert_eq!((failure.phase, failure.cause), (Tls, TlsHandshake), "{failure:?}");
        assert!(failure.detail.contains("HTTP/2"), "{failure:?}");
        assert!(seen.hops[0].phases.send.is_none() || seen.curl.is_some(), "curl goes on, and we judge afterwards");
    }
}
