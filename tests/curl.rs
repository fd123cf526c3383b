//! The `curl` method against the real curl and real servers.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use parallax::adapters::curl::{Curl, CurlError};
use parallax::measurement::hop::{Family, Hop};
use parallax::measurement::outcome::{Answer, Cause, Check, Outcome};
use parallax::measurement::phase::Phase;
use parallax::measurement::sample::Observation;
use parallax::measurement::units::Micros;
use parallax::probe::port::Measure;
use parallax::probe::target::{Coding, HttpMethod, HttpVersions, Secret, Timeouts, TlsVersions};
use url::Url;

use crate::hostile::target;
use crate::support::hostile::Behaviour;
use crate::support::pages::{self, Site};
use crate::support::proxy;
use crate::support::server::Server;

fn curl() -> Curl {
    Curl::find().unwrap()
}

fn answer(seen: &Observation) -> &Answer {
    match &seen.outcome {
        Outcome::Answered(answer) => answer,
        Outcome::Failed(failure) => panic!("{failure:?}"),
    }
}

fn adds_up(seen: &Observation) {
    assert_eq!(seen.elapsed, seen.hops.iter().map(Hop::elapsed_us).sum());
    assert_eq!(seen.elapsed, seen.curl.as_ref().unwrap().time_total_us);
}

/// A page that answers with the headers it was asked with.
fn echoed(target: &parallax::probe::target::Target) -> String {
    let mut target = target.clone();
    target.expect.body_contains = Some("never in it".to_owned());
    let seen = curl().measure(&target);
    let failed = &answer(&seen).failed_checks;
    assert_eq!(failed[0].check, Check::BodyContains);
    seen.hops.last().unwrap().url.clone()
}

#[test]
fn one_exchange_is_accounted_for_to_the_microsecond() {
    let site = pages::HTTPS.start();
    let seen = curl().measure(&target(site.url_at("localhost", "/page?bytes=60000")));
    adds_up(&seen);
    assert_eq!(answer(&seen).bytes, Some(60_000));
    let [hop] = seen.hops.as_slice() else { panic!("{:?}", seen.hops) };
    for phase in [Phase::Resolve, Phase::Connect, Phase::Tls, Phase::Wait, Phase::Receive] {
        assert!(hop.phases.get(phase).is_some(), "{phase:?}");
    }
    let connection = hop.connection.as_ref().unwrap();
    assert_eq!(connection.peer, site.address.to_string());
    assert_eq!(connection.family, Some(Family::Ipv4));
    assert_eq!(connection.tls.as_ref().unwrap().verified, Some(true));
    let response = hop.response.as_ref().unwrap();
    assert_eq!((response.status, response.body_bytes, response.http_version.as_deref()), (200, 60_000, Some("2")));
    let run = seen.curl.as_ref().unwrap();
    assert_eq!((run.processes, run.exit_code, run.version.as_str()), (1, 0, curl().version()));
    assert!(run.process_us > run.time_total_us, "{run:?}");
    assert_eq!(seen.local.cpu_us, Some(run.user_cpu_us.unwrap() + run.system_cpu_us.unwrap()));
    assert!(seen.local.cpu_us.unwrap() > Micros::ZERO);
    assert_eq!(seen.local.run_delay_us.is_some(), cfg!(target_os = "linux"));
}

#[test]
fn a_chain_in_one_process_is_one_hop_that_holds_the_sums() {
    let site = pages::HTTPS.start();
    let seen = curl().measure(&target(site.url("/redirect?n=3")));
    adds_up(&seen);
    let run = seen.curl.as_ref().unwrap();
    assert_eq!((seen.hops.len(), run.processes), (1, 1));
    assert!(Micros::ZERO < run.time_redirect_us && run.time_redirect_us < run.time_total_us);
    assert_eq!(seen.hops[0].response.as_ref().unwrap().status, 200);
    assert_eq!(site.seen().len(), 4);
}

#[test]
fn a_chain_with_headers_goes_hop_by_hop_and_keeps_them_from_another_origin() {
    let (site, other) = (pages::HTTPS.start(), pages::HTTP.start());
    let mut target = target(site.url(&format!("/redirect-to?url={}", other.url("/json?for=all"))));
    target.headers = vec![("X-Token".to_owned(), Secret::new("secret".to_owned()))];
    let seen = curl().measure(&target);
    adds_up(&seen);
    assert_eq!((seen.hops.len(), seen.curl.as_ref().unwrap().processes), (2, 2));
    assert!(seen.curl.as_ref().unwrap().time_redirect_us == seen.hops[0].elapsed_us());
    target.url = site.url(&format!("/redirect-to?url={}", other.url("/headers")));
    target.expect.body_contains = Some("x-token".to_owned());
    assert_eq!(answer(&curl().measure(&target)).failed_checks.len(), 1, "the other origin got the header");
    target.url = site.url("/headers");
    target.expect.body_contains = Some("x-token: secret".to_owned());
    assert_eq!(answer(&curl().measure(&target)).failed_checks, []);
    assert!(!format!("{:?}", curl().measure(&target)).contains("secret"));
}

#[test]
fn a_redirect_into_the_private_network_is_refused_on_the_way() {
    // Through a proxy the first hop can be reached without a public address of our own.
    let (site, proxy) = (pages::HTTP.start(), proxy::start(None));
    for to in ["http://169.254.169.254/", "http://127.1:9/", "http://[::ffff:10.0.0.1]/", "http://0x7f000001/"] {
        let path = format!("/redirect-to?url={to}");
        let mut target = target(site.url_at("localhost", &path));
        target.proxy = Some(proxy.url("/"));
        target.allow_private = false;
        let seen = curl().measure(&target);
        let Outcome::Failed(failure) = &seen.outcome else { panic!("{to}: {:?}", seen.outcome) };
        assert_eq!((failure.cause, seen.hops.len()), (Cause::AddressRefused, 2), "{to}: {failure:?}");
    }
    assert!(proxy.seen().iter().all(|line| line.contains("localhost")), "{:?}", proxy.seen());
}

#[test]
fn the_environment_does_not_choose_a_proxy() {
    let (site, curl_path) = (pages::HTTP.start(), fake("exec env http_proxy=http://127.0.0.1:1 curl \"$@\""));
    // The fake sets what the environment could have: only `--noproxy` stands against it.
    let seen = Curl::at(&curl_path.1).unwrap().measure(&target(site.url("/page")));
    assert_eq!(answer(&seen).status, Some(200));
}

#[test]
fn what_the_target_asks_for_is_asked_of_the_server() {
    let site = pages::HTTP.start();
    let headers = |change: &dyn Fn(&mut parallax::probe::target::Target), expected: &str| {
        let mut target = target(site.url("/headers"));
        target.expect.body_contains = Some(expected.to_owned());
        change(&mut target);
        let seen = curl().measure(&target);
        assert_eq!(answer(&seen).failed_checks, [], "{expected}");
    };
    headers(&|target| target.accept_encoding = vec![Coding::Gzip, Coding::Zstd], "accept-encoding: gzip, zstd\n");
    headers(
        &|target| target.headers = vec![("X-Odd".into(), Secret::new("a\"b\\c\td é".into()))],
        "x-odd: a\"b\\c\td é\n",
    );
    headers(&|target| target.headers = vec![("User-Agent".into(), Secret::new("me".into()))], "user-agent: me\n");
    headers(
        &|target| {
            target.url = Url::parse("http://u:p@x/headers")
                .map(|mut url| {
                    let _ = url.set_host(Some("127.0.0.1"));
                    let _ = url.set_port(Some(site.address.port()));
                    url
                })
                .unwrap()
        },
        "authorization: Basic dTpw\n",
    );
    let mut bare = target(site.url("/headers"));
    bare.expect.body_contains = Some("accept-encoding".to_owned());
    assert_eq!(answer(&curl().measure(&bare)).failed_checks.len(), 1, "no coding is asked for by default");
}

#[test]
fn odd_addresses_reach_the_server_as_they_are_and_are_kept_without_their_secrets() {
    let site = pages::HTTP.start();
    let seen_by = |path: &str| {
        let url = echoed(&target(site.url(path)));
        (site.seen().last().unwrap().clone(), url)
    };
    let (asked, kept) = seen_by("/page?q=[1-3]{a,b}&token=secret#top");
    assert!(asked.starts_with("GET /page?q=[1-3]{a,b}&token=secret") || asked.contains("%7B"), "{asked}");
    assert!(!kept.contains("secret"), "{kept}");
    assert_eq!(seen_by("/--output/etc/passwd").0, "GET /--output/etc/passwd");
    assert_eq!(seen_by("/%22%0Aoutput%20=%20x").0, "GET /%22%0Aoutput%20=%20x");
}

#[test]
fn versions_are_as_asked() {
    let site = pages::HTTPS.start();
    let with = |change: &dyn Fn(&mut parallax::probe::target::Target)| {
        let mut target = target(site.url("/page"));
        change(&mut target);
        let seen = curl().measure(&target);
        let hop = seen.hops.into_iter().next_back().unwrap();
        (hop.response.unwrap().http_version.unwrap(), hop.connection.unwrap().tls.unwrap().version)
    };
    assert_eq!(with(&|target| target.http = HttpVersions::Http1).0, "1.1");
    assert_eq!(with(&|target| target.http = HttpVersions::Http2).0, "2");
    assert_eq!(with(&|target| target.tls.versions = TlsVersions::Tls12).1, "1.2");
    let old = Site { tls12_only: true, ..pages::HTTPS }.start();
    let mut new_only = target(old.url("/page"));
    new_only.tls.versions = TlsVersions::Tls13;
    assert!(matches!(curl().measure(&new_only).outcome, Outcome::Failed(failure) if failure.phase == Phase::Tls));
}

#[test]
fn ipv6_and_head_work() {
    let site = Site { ip: "::1".parse().unwrap(), ..pages::HTTPS }.start();
    let mut target = target(site.url("/page?bytes=500"));
    target.http_method = HttpMethod::Head;
    let seen = curl().measure(&target);
    assert_eq!((answer(&seen).status, answer(&seen).bytes), (Some(200), Some(0)));
    assert_eq!(site.seen(), ["HEAD https://localhost/page?bytes=500".replace("localhost", &site.address.to_string())]);
    let connection = seen.hops[0].connection.clone().unwrap();
    assert_eq!((connection.peer, connection.family), (site.address.to_string(), Some(Family::Ipv6)));
}

#[test]
fn what_the_server_says_of_itself_is_kept() {
    let site = pages::HTTPS.start();
    let seen = curl().measure(&target(site.url("/server-timing")));
    let response = seen.hops[0].response.clone().unwrap();
    let names: Vec<&str> = response.server_timing.iter().map(|timing| timing.name.as_str()).collect();
    assert_eq!(names, ["db", "cache", "app"]);
    assert_eq!(response.server_timing[0].duration_us, Some(Micros(53_200)));
    assert_eq!(response.server.as_deref(), Some("tests"));
    assert_eq!((response.cdn.age_s, response.cdn.pop.is_some()), (Some(42), true));
}

#[test]
fn codings_are_decoded_and_counted_on_the_wire() {
    let site = pages::HTTPS.start();
    for (coding, path) in [(Coding::Gzip, "/gzip"), (Coding::Brotli, "/br"), (Coding::Zstd, "/zstd")] {
        let mut target = target(site.url(path));
        target.accept_encoding = vec![coding];
        target.expect.body_contains = Some("fit to measure".to_owned());
        let seen = curl().measure(&target);
        let response = seen.hops[0].response.clone().unwrap();
        assert_eq!(answer(&seen).failed_checks, [], "{path}");
        assert_eq!(answer(&seen).bytes, Some(pages::coded_text().len() as u64), "{path}");
        assert_eq!(response.content_encoding.as_deref(), Some(coding.as_str()));
        assert!(response.body_bytes < 2000, "{path}: {}", response.body_bytes);
    }
}

/// A program that stands where curl would: it answers `--version` as curl does, and then does what the script says.
fn fake(script: &str) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("curl");
    let text = format!("#!/bin/sh\n[ \"$2\" = --version ] && {{ echo 'curl 8.0.0 (fake)'; exit 0; }}\n{script}\n");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    (directory, path)
}

#[test]
fn a_curl_that_is_broken_is_a_kept_failure_of_the_tool() {
    let scripts = [
        "exit 2",
        "kill -9 $$",
        "echo '{\"time_total\":' >&2; exit 0",
        "head -c 3000000 /dev/zero >&2; exit 3",
        "cat >/dev/null; exec sleep 60",
        "exec <&- >&-; exec sleep 60",
    ];
    let site: Server = pages::HTTP.start();
    for script in scripts {
        let (_directory, path) = fake(script);
        let mut target = target(site.url("/page"));
        target.timeouts = Timeouts::total(Duration::from_millis(200));
        let seen = Curl::at(&path).unwrap().measure(&target);
        let Outcome::Failed(failure) = &seen.outcome else { panic!("{script}: {:?}", seen.outcome) };
        assert_eq!(failure.cause, Cause::Tool, "{script}: {failure:?}");
        assert_eq!(seen.elapsed, seen.hops.iter().map(Hop::elapsed_us).sum(), "{script}");
        assert!(failure.detail.len() < 1000, "{script}");
    }
}

#[test]
fn a_curl_that_is_missing_or_too_old_is_named() {
    let (directory, path) = fake("exit 0");
    assert!(Curl::at(&path).is_ok());
    std::fs::write(&path, "#!/bin/sh\necho 'curl 7.61.1 (x86_64-redhat-linux-gnu)'\n").unwrap();
    assert!(matches!(Curl::at(&path), Err(CurlError::TooOld(version)) if version == "7.61.1"));
    drop(directory);
    assert!(matches!(Curl::at(&path), Err(CurlError::Missing(_))));
}

#[test]
fn a_curl_under_way_is_ended_from_another_thread_and_no_other_is_started_after_it() {
    let server = Behaviour::NeverAnswers.start();
    let mut target = target(server.url("/"));
    target.timeouts = Timeouts::total(Duration::from_secs(120));
    let mut curl = curl();
    let end = curl.breaker().unwrap();
    let asked = || !server.seen().is_empty();
    let begun = std::time::Instant::now();
    let measuring = std::thread::spawn(move || (0..2).map(|_| curl.measure(&target)).collect::<Vec<_>>());
    while !asked() {
        assert!(begun.elapsed() < Duration::from_secs(60), "curl never asked");
        std::thread::sleep(Duration::from_millis(5));
    }
    end();
    let seen = measuring.join().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(90), "{:?}", begun.elapsed());
    for seen in seen {
        assert!(matches!(&seen.outcome, Outcome::Failed(failure) if failure.cause == Cause::Tool), "{seen:?}");
    }
}
