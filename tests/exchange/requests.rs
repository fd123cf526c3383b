//! What is asked, of whom, and what is made of the answer.

use super::*;
use crate::support::{pages, proxy};
use parallax::probe::target::{Coding, HttpMethod, Secret};

/// The request as the site saw it: `/headers` answers with it.
fn echoed(target: &mut Target) -> String {
    target.expect.body_contains = Some("certainly not there".to_owned());
    let seen = measured(target);
    answer(&seen).failed_checks[0].reason.clone()
}

#[test]
fn the_request_is_curls() {
    let site = HTTP.start();
    let mut target = target(site.url("/headers"));
    target.expect.body_matches =
        Some(regex_lite::Regex::new(r"^host: 127\.0\.0\.1:\d+\nuser-agent: parallax/\S+\naccept: \*/\*\n$").unwrap());
    assert_eq!(answer(&measured(&target)).failed_checks, [], "{}", echoed(&mut target));
    target.accept_encoding = vec![Coding::Gzip, Coding::Brotli];
    target.headers = vec![("User-Agent".to_owned(), Secret::new("mine".to_owned()))];
    target.expect.body_contains = None;
    target.expect.body_matches =
        Some(regex_lite::Regex::new("user-agent: mine\n(.*\n)*accept-encoding: gzip, br\n").unwrap());
    assert_eq!(answer(&measured(&target)).failed_checks, []);
}

#[test]
fn credentials_go_to_their_own_origin_and_no_other() {
    let (home, other) = (HTTP.start(), HTTP.start());
    let at = |page: Url, contains: &str| {
        let mut target = target(page);
        target.follow_redirects = true;
        target.url.set_username("me").unwrap();
        target.url.set_password(Some("hidden")).unwrap();
        target.headers = vec![("X-Token".to_owned(), Secret::new("hidden".to_owned()))];
        target.expect.body_contains = Some(contains.to_owned());
        let seen = measured(&target);
        assert!(!serde_json::to_string(&seen.hops).unwrap().contains("hidden"));
        assert_eq!(seen.hops.len(), 2);
        answer(&seen).failed_checks.len()
    };
    let to = |url: Url| home.url(&format!("/redirect-to?url={url}"));
    assert_eq!(at(to(home.url("/headers")), "x-token: hidden"), 0, "the same origin gets the token");
    assert_eq!(at(to(other.url("/headers")), "x-token"), 1, "another origin does not");
    assert_eq!(at(to(other.url("/headers")), "authorization"), 1, "nor the password");
}

#[test]
fn each_hop_of_a_redirect_is_told_and_the_connection_is_kept() {
    for site in [HTTP.start(), HTTPS.start(), Site { http2: false, ..HTTPS }.start()] {
        let mut target = target(site.url("/redirect?n=2"));
        assert_eq!(answer(&measured(&target)).status, Some(302), "not followed unless asked to");
        target.follow_redirects = true;
        let seen = measured(&target);
        let statuses: Vec<u16> = seen.hops.iter().map(|hop| hop.response.as_ref().unwrap().status).collect();
        assert_eq!(statuses, [302, 302, 200]);
        assert!(!seen.hops[0].connection.as_ref().unwrap().reused);
        for hop in &seen.hops[1..] {
            assert_eq!(phases(hop), [Phase::Send, Phase::Wait, Phase::Receive]);
            assert!(hop.connection.as_ref().unwrap().reused);
            assert_eq!(hop.connection.as_ref().unwrap().local, seen.hops[0].connection.as_ref().unwrap().local);
        }
    }
}

#[test]
fn a_redirect_elsewhere_makes_a_new_connection() {
    let (first, second) = (HTTP.start(), HTTPS.start());
    let mut target = target(first.url(&format!("/redirect-to?url={}", second.url("/page?bytes=5"))));
    target.follow_redirects = true;
    let seen = measured(&target);
    assert_eq!(phases(&seen.hops[0]), [Phase::Connect, Phase::Send, Phase::Wait, Phase::Receive]);
    assert_eq!(phases(&seen.hops[1]), [Phase::Connect, Phase::Tls, Phase::Send, Phase::Wait, Phase::Receive]);
    assert_eq!(answer(&seen).bytes, Some(5));
}

#[test]
fn a_redirect_that_names_no_place_is_an_answer() {
    let site = HTTP.start();
    let mut target = target(site.url("/no-location"));
    target.follow_redirects = true;
    assert_eq!(answer(&measured(&target)).status, Some(302));
}

#[test]
fn a_server_that_closes_after_each_answer_is_asked_anew() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    // It says that it stays, and goes.
    let site = crate::support::server::Server::start("http", |mut stream, seen| async move {
        let mut request = [0; 4096];
        let length = stream.read(&mut request).await.unwrap_or(0);
        seen.lock().unwrap().push("connection".to_owned());
        let answer: &[u8] = if request[..length].starts_with(b"GET /next") {
            b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        } else {
            b"HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n"
        };
        let _ = stream.write_all(answer).await;
    });
    let mut target = target(site.url("/"));
    target.follow_redirects = true;
    for _ in 0..20 {
        let seen = measured(&target);
        assert_eq!(answer(&seen).status, Some(200));
        assert!(!seen.hops[1].connection.as_ref().unwrap().reused);
    }
    assert_eq!(site.seen().len(), 40);
}

#[test]
fn codings_are_undone_where_they_were_asked_for() {
    let site = HTTPS.start();
    for (path, coding) in
        [("/gzip", Coding::Gzip), ("/br", Coding::Brotli), ("/zstd", Coding::Zstd), ("/deflate", Coding::Gzip)]
    {
        let mut target = target(site.url(path));
        target.accept_encoding = vec![coding];
        target.expect.body_contains = Some("All the news".to_owned());
        let seen = measured(&target);
        assert_eq!(answer(&seen).failed_checks, [], "{path}");
        assert_eq!(answer(&seen).bytes, Some(pages::coded_text().len() as u64), "{path}");
        assert!(last(&seen).1.body_bytes < 1_000, "{path}");
        assert_eq!(last(&seen).1.content_encoding.as_deref(), Some(path.trim_start_matches('/')));
        target.accept_encoding.clear();
        let raw = measured(&target);
        assert_eq!(answer(&raw).bytes, Some(last(&raw).1.body_bytes), "{path}");
    }
}

#[test]
fn reading_stops_at_the_cap() {
    for site in [HTTP.start(), HTTPS.start()] {
        for path in ["/huge", "/endless"] {
            let mut target = target(site.url(path));
            target.body_max = 300_000;
            let seen = measured(&target);
            assert!(answer(&seen).truncated, "{path}");
            assert_eq!((answer(&seen).bytes, last(&seen).1.body_bytes), (Some(300_000), 300_000));
        }
        let mut exact = target(site.url("/page?bytes=300000"));
        exact.body_max = 300_000;
        assert!(!answer(&measured(&exact)).truncated);
    }
    let site = HTTP.start();
    let mut bomb = target(site.url("/gzip"));
    (bomb.accept_encoding, bomb.body_max) = (vec![Coding::Gzip], 1_000);
    let seen = measured(&bomb);
    assert!(answer(&seen).truncated && last(&seen).1.body_bytes < 1_000);
    assert_eq!(answer(&seen).bytes, Some(1_000));
}

#[test]
fn only_the_header_is_asked_for_by_head() {
    // Over HTTP/2 the site would send the body all the same, so there it is asked for a page without one.
    for (site, path) in [(HTTP.start(), "/page?bytes=500"), (HTTPS.start(), "/status/200")] {
        let mut target = target(site.url(path));
        target.http_method = HttpMethod::Head;
        assert_eq!(answer(&measured(&target)).bytes, Some(0));
        assert!(site.seen()[0].starts_with("HEAD "), "{:?}", site.seen());
        target = super::target(site.url("/status/204"));
        assert_eq!((answer(&measured(&target)).status, answer(&measured(&target)).bytes), (Some(204), Some(0)));
    }
}

#[test]
fn a_proxy_is_told_the_whole_url_or_makes_a_tunnel() {
    let (plain, secure, proxy) = (HTTP.start(), HTTPS.start(), proxy::start(None));
    for (site, told) in
        [(&plain, format!("GET {}", plain.url("/page"))), (&secure, format!("CONNECT {}", secure.address))]
    {
        let mut target = target(site.url("/page"));
        target.proxy = Some(proxy.url("/"));
        let seen = measured(&target);
        assert_eq!(answer(&seen).status, Some(200));
        let connection = last(&seen).0.connection.clone().unwrap();
        assert_eq!(
            (connection.peer.as_str(), connection.proxy),
            (proxy.address.to_string().as_str(), Some(proxy.address.to_string()))
        );
        assert_eq!(proxy.seen().last(), Some(&told));
    }
}

#[test]
fn a_proxy_that_says_no_is_the_cause() {
    let (secure, proxy) = (HTTPS.start(), proxy::start(Some("407 Proxy Authentication Required")));
    let mut target = target(secure.url("/page"));
    let mut url = proxy.url("/");
    url.set_username("me").unwrap();
    url.set_password(Some("hidden")).unwrap();
    target.proxy = Some(url);
    let seen = measured(&target);
    assert_eq!((failure(&seen).phase, failure(&seen).cause), (Phase::Connect, Cause::Proxy));
    assert!(failure(&seen).detail.contains("407") && !failure(&seen).detail.contains("hidden"));
    assert!(secure.seen().is_empty());
}

#[test]
fn headers_that_tell_of_the_path_are_kept() {
    let site = HTTPS.start();
    let mut target = target(site.url("/server-timing?token=hidden"));
    target.expect.certificate_days_left = Some(100_000_000);
    let seen = measured(&target);
    let (hop, response) = last(&seen);
    assert_eq!(response.server_timing.len(), 3);
    assert_eq!((response.cdn.age_s, response.server.as_deref()), (Some(42), Some("tests")));
    assert!(!hop.url.contains("hidden"));
    assert_eq!(answer(&seen).failed_checks.len(), 1);
}
