use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct Typed {
    #[command(flatten)]
    target: TargetArguments,
}

fn target(words: &[&str]) -> Result<Target, Problem> {
    Typed::parse_from(std::iter::once(&"probe").chain(words)).target.target()
}

fn refusal(words: &[&str]) -> String {
    match target(words).unwrap_err() {
        Problem::Input(message) => message,
        other => panic!("{words:?}: {other:?}"),
    }
}

#[test]
fn a_url_alone_is_asked_for_as_curl_would() {
    let target = target(&["https://www.example.com/dna?q=1"]).unwrap();
    assert_eq!(target.id.as_str(), "www.example.com/dna");
    assert!(!target.follow_redirects && target.accept_encoding.is_empty() && target.tls.verify);
    assert_eq!((target.redirects_max, target.body_max), (10, 10 * 1024 * 1024));
    assert_eq!(target.timeouts, Timeouts::default());
    assert!(!target.allow_private && target.expect.status.is_empty());
}

#[test]
fn flags_of_curl_mean_what_they_mean_there() {
    let target = target(&[
        "-kLI",
        "-4",
        "-m",
        "2.5",
        "--connect-timeout",
        "0.5",
        "--tls-max",
        "1.2",
        "--http1.1",
        "--compressed",
        "--max-redirs",
        "3",
        "--max-filesize",
        "64K",
        "-x",
        "proxy:3128",
        "-H",
        "Accept: text/html",
        "https://example.com",
    ])
    .unwrap();
    assert!(target.follow_redirects && !target.tls.verify);
    assert_eq!(target.tls.versions, TlsVersions::Tls12);
    assert_eq!(target.http_method, HttpMethod::Head);
    assert_eq!(target.http, HttpVersions::Http1);
    assert_eq!(target.family, AddressFamily::Ipv4);
    assert_eq!(target.accept_encoding.len(), 3);
    assert_eq!(target.timeouts.total, Duration::from_millis(2_500));
    assert_eq!((target.timeouts.tls, target.timeouts.wait), (Duration::from_millis(500), target.timeouts.total));
    assert_eq!((target.redirects_max, target.body_max), (3, 65_536));
    assert_eq!(target.proxy.unwrap().as_str(), "http://proxy:3128/");
    assert_eq!((target.headers[0].0.as_str(), target.headers[0].1.expose()), ("accept", "text/html"));
}

#[test]
fn what_cannot_be_meant_is_refused_by_its_flag() {
    for (words, said) in [
        (&["www.example.com/dna"][..], "https://www.example.com/dna"),
        (&["localhost:8443/x"], "https://localhost:8443/x"),
        (&["ftp://example.com/"], "http or https"),
        (&["https://"], "URL"),
        (&[""], "URL"),
        (&["http://example.com", "--http2"], "--http2"),
        (&["https://example.com", "--tlsv1.3", "--tls-max", "1.2"], "--tlsv1.3"),
        (&["https://example.com", "-I", "--expect-contains", "x"], "--head"),
        (&["https://example.com", "--target", "a b"], "--target"),
        (&["https://example.com", "-x", "socks5://proxy:1080"], "--proxy"),
    ] {
        let message = refusal(words);
        assert!(message.contains(said), "{words:?}: {message}");
    }
}

#[test]
fn a_refusal_holds_no_secret() {
    for words in [
        &["user:hunter2@example.com/?key=hunter2"][..],
        &["ftp://user:hunter2@example.com/?key=hunter2"],
        &["https://user:hunter2@exa mple.com/"],
        &["https://example.com", "-x", "socks5://user:hunter2@proxy"],
        &["https://example.com", "-H", "hunter2"],
        &["https://example.com", "-H", "Bad Name: hunter2"],
        &["https://example.com", "-H", "Name: hunter2\u{1}"],
    ] {
        let message = refusal(words);
        assert!(!message.contains("hunter2"), "{words:?}: {message}");
    }
    let typed = Typed::parse_from(["probe", "https://example.com", "-H", "Authorization: hunter2"]);
    assert!(!format!("{typed:?}").contains("hunter2"));
}
