//! What goes wrong has the right phase and cause.

use super::*;

fn failed(target: &Target) -> (Phase, Cause) {
    let seen = measured(target);
    let failure = failure(&seen);
    assert!(!failure.detail.is_empty(), "{failure:?}");
    assert!(!failure.detail.contains("hidden"), "{failure:?}");
    if let Some(time) = seen.hops.last().unwrap().phases.get(failure.phase) {
        assert!(time.elapsed_us <= seen.elapsed);
    } else {
        panic!("the failed phase took no time: {seen:#?}");
    }
    (failure.phase, failure.cause)
}

#[test]
fn servers_that_misbehave_are_told_apart() {
    use Behaviour::*;
    for (behaviour, phase, cause) in [
        (ClosesAtOnce, Phase::Wait, Cause::ConnectionClosed),
        (ResetsAtOnce, Phase::Wait, Cause::ConnectionReset),
        (ResetsMidBody, Phase::Receive, Cause::ConnectionReset),
        (ClosesMidBody, Phase::Receive, Cause::ConnectionClosed),
        (ClosesMidChunk, Phase::Receive, Cause::ConnectionClosed),
        (ClosesMidHeader, Phase::Receive, Cause::ConnectionClosed),
        (Garbage, Phase::Receive, Cause::Protocol),
        (GarbageChunk, Phase::Receive, Cause::Protocol),
        (OversizedHeader, Phase::Receive, Cause::Protocol),
        (ManyHeaders, Phase::Receive, Cause::Protocol),
    ] {
        let server = behaviour.start();
        assert_eq!(failed(&target(server.url("/?token=hidden"))), (phase, cause), "{behaviour:?}");
    }
}

#[test]
fn what_is_no_tls_fails_in_the_handshake() {
    use Behaviour::*;
    for (behaviour, cause) in [
        (Garbage, Cause::TlsHandshake),
        (PlainHttp, Cause::TlsHandshake),
        (ClosesAtOnce, Cause::ConnectionClosed),
        (ResetsAtOnce, Cause::ConnectionReset),
    ] {
        let server = behaviour.start();
        assert_eq!(failed(&target(server.url_as("https", "/"))), (Phase::Tls, cause), "{behaviour:?}");
    }
}

#[test]
fn bad_certificates_are_told_apart() {
    for (certificate, cause) in [
        (Certificate::Expired, Cause::CertificateExpired),
        (Certificate::OtherName, Cause::CertificateName),
        (Certificate::SelfSigned, Cause::CertificateUntrusted),
    ] {
        let site = Site { certificate: Some(certificate), ..HTTPS }.start();
        assert_eq!(failed(&target(site.url("/page"))), (Phase::Tls, cause), "{certificate:?}");
    }
    let site = HTTPS.start();
    let mut stranger = target(site.url("/page"));
    stranger.tls.trust = TrustStore::Mozilla;
    assert_eq!(failed(&stranger), (Phase::Tls, Cause::CertificateUntrusted));
    stranger.tls.trust = TrustStore::File("/nonexistent.pem".into());
    assert_eq!(failed(&stranger), (Phase::Tls, Cause::Other));
}

#[test]
fn a_port_where_nothing_listens_refuses() {
    let url = Url::parse(&format!("http://{}/", closed_port())).unwrap();
    assert_eq!(failed(&target(url)), (Phase::Connect, Cause::ConnectionRefused));
}

#[test]
fn private_addresses_are_refused_as_names_literals_and_redirects() {
    let site = HTTP.start();
    for url in
        ["http://127.0.0.1/", "http://[::1]/", "http://0x7f.1/", "http://[::ffff:10.0.0.1]/", "http://localhost/"]
    {
        let mut target = target(Url::parse(url).unwrap());
        target.allow_private = false;
        assert_eq!(failed(&target), (Phase::Connect, Cause::AddressRefused), "{url}");
        target.proxy = Some(Url::parse(&format!("http://{}/", closed_port())).unwrap());
        if url != "http://localhost/" {
            assert_eq!(failed(&target), (Phase::Connect, Cause::AddressRefused), "{url} through a proxy");
        }
    }
    assert!(site.seen().is_empty());
}

#[test]
fn an_address_of_the_wrong_family_is_not_found() {
    let mut target = target(Url::parse("http://[::1]/").unwrap());
    target.family = parallax::probe::target::AddressFamily::Ipv4;
    assert_eq!(failed(&target), (Phase::Resolve, Cause::NameNotFound));
}

#[test]
fn each_limit_ends_its_own_phase() {
    use Behaviour::*;
    let short = Duration::from_millis(150);
    let long = Timeouts::total(Duration::from_secs(30));
    for (behaviour, scheme, timeouts, phase) in [
        (NeverAnswers, "https", Timeouts { tls: short, ..long }, Phase::Tls),
        (NeverAnswers, "http", Timeouts { wait: short, ..long }, Phase::Wait),
        (DripsHeader, "http", Timeouts { receive: short, ..long }, Phase::Receive),
        (DripsBody, "http", Timeouts { receive: short, ..long }, Phase::Receive),
    ] {
        for (timeouts, named) in [(timeouts, phase.as_str()), (Timeouts::total(short), "whole exchange")] {
            let server = behaviour.start();
            let mut target = target(server.url_as(scheme, "/"));
            target.timeouts = timeouts;
            let seen = measured(&target);
            let failure = failure(&seen);
            assert_eq!((failure.phase, failure.cause), (phase, Cause::Timeout), "{behaviour:?}");
            assert!(failure.detail.contains(named) && failure.detail.contains("150ms"), "{failure:?}");
            assert!(seen.elapsed >= Micros(150_000) && seen.elapsed < Micros(5_000_000), "{seen:#?}");
            let time = seen.hops[0].phases.get(phase).unwrap();
            assert!(time.network_us.is_none_or(|network| network > Micros(100_000)), "{time:?}");
        }
    }
}

#[test]
fn redirects_that_do_not_end_or_lead_astray_fail() {
    let site = HTTP.start();
    let mut circle = target(site.url("/loop"));
    circle.follow_redirects = true;
    let seen = measured(&circle);
    assert_eq!(failure(&seen).cause, Cause::TooManyRedirects);
    assert_eq!(seen.hops.len(), 11);
    let mut astray = target(site.url("/redirect-to?url=file:///etc/passwd"));
    astray.follow_redirects = true;
    assert_eq!(failed(&astray), (Phase::Receive, Cause::BadRedirect));
}

#[test]
fn a_coding_that_is_none_fails_only_where_it_was_asked_for() {
    let site = HTTP.start();
    for path in ["/broken-gzip", "/cut-gzip"] {
        let mut target = target(site.url(path));
        assert_eq!(answer(&measured(&target)).status, Some(200), "{path}");
        target.accept_encoding = vec![parallax::probe::target::Coding::Gzip];
        assert_eq!(failed(&target), (Phase::Receive, Cause::Decoding), "{path}");
    }
}
