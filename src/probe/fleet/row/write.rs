//! What a row says of a page.

use std::time::Duration;

use crate::measurement::identity::Method;
use crate::probe::target::{
    AddressFamily, Coding, Expectations, HttpVersions, Resolver, Target, Timeouts, TlsVersions, TrustStore,
};

use super::super::Page;
use super::SCHEMA;
use super::ordered::Ordered;

type Keys = Vec<(String, Ordered)>;

pub(super) fn json(page: &Page) -> serde_json::Result<String> {
    let target = &page.target;
    let mut keys = Keys::new();
    let mut say = |key: &str, value| keys.push((key.to_owned(), value));
    say("schema", number(SCHEMA));
    say("id", Ordered::text(target.id.as_str()));
    say("url", Ordered::text(target.url.as_str()));
    say("every", length(page.grid.every()));
    say("methods", Ordered::texts(page.methods.iter().map(Method::as_str)));
    say("timeout", timeouts(target.timeouts));
    let headers = headers(page);
    if !headers.is_empty() {
        say("headers", Ordered::Table(headers));
    }
    request(target, &mut keys);
    tls(target, &mut keys);
    let expect = expect(&target.expect);
    if !expect.is_empty() {
        keys.push(("expect".to_owned(), Ordered::Table(expect)));
    }
    serde_json::to_string(&Ordered::Table(keys))
}

fn number(number: impl Into<serde_json::Number>) -> Ordered {
    Ordered::Number(number.into())
}

fn length(length: Duration) -> Ordered {
    Ordered::Text(humantime::format_duration(length).to_string())
}

fn timeouts(timeouts: Timeouts) -> Ordered {
    let whole = timeouts.total;
    let phases = [
        ("resolve", timeouts.resolve),
        ("connect", timeouts.connect),
        ("tls", timeouts.tls),
        ("wait", timeouts.wait),
        ("receive", timeouts.receive),
    ];
    let own: Vec<_> = phases.into_iter().filter(|(_, limit)| *limit != whole).collect();
    if own.is_empty() {
        return length(whole);
    }
    let limits = [("total", whole)].into_iter().chain(own);
    Ordered::Table(limits.map(|(key, limit)| (key.to_owned(), length(limit))).collect())
}

/// In the order in which they are sent: a value from SSM comes after the others.
fn headers(page: &Page) -> Keys {
    let from_ssm = |name: &str| page.parameters.iter().any(|parameter| parameter.header.eq_ignore_ascii_case(name));
    let plain = page.target.headers.iter().filter(|(name, _)| !from_ssm(name));
    let plain = plain.map(|(name, value)| (name.clone(), Ordered::text(value.expose())));
    let named = page.parameters.iter().map(|parameter| {
        let value = Ordered::Table(vec![("ssm".to_owned(), Ordered::text(&parameter.name))]);
        (parameter.header.clone(), value)
    });
    plain.chain(named).collect()
}

/// What differs from a page with every choice at its default.
fn request(target: &Target, keys: &mut Keys) {
    let usual = Target::new(target.id.clone(), target.url.clone());
    let mut say = |key: &str, differs: bool, value: Ordered| {
        if differs {
            keys.push((key.to_owned(), value));
        }
    };
    let word = Ordered::text;
    say("http_method", target.http_method != usual.http_method, word(target.http_method.as_str()));
    say("follow_redirects", target.follow_redirects != usual.follow_redirects, Ordered::Flag(target.follow_redirects));
    say("redirects_max", target.redirects_max != usual.redirects_max, number(target.redirects_max));
    let codings = Ordered::texts(target.accept_encoding.iter().map(|coding| Coding::as_str(*coding)));
    say("accept_encoding", target.accept_encoding != usual.accept_encoding, codings);
    let http = match target.http {
        HttpVersions::Best => "best",
        HttpVersions::Http1 => "1.1",
        HttpVersions::Http2 => "2",
    };
    say("http", target.http != usual.http, word(http));
    let family = match target.family {
        AddressFamily::Both => "both",
        AddressFamily::Ipv4 => "ipv4",
        AddressFamily::Ipv6 => "ipv6",
    };
    say("family", target.family != usual.family, word(family));
    let resolver = match target.resolver {
        Resolver::Own => "own",
        Resolver::System => "system",
    };
    say("resolver", target.resolver != usual.resolver, word(resolver));
    let proxy = target.proxy.as_ref().map_or(Ordered::Null, |proxy| word(proxy.as_str()));
    say("proxy", target.proxy.is_some(), proxy);
    say("body_max", target.body_max != usual.body_max, number(target.body_max));
    say("allow_private", target.allow_private != usual.allow_private, Ordered::Flag(target.allow_private));
}

fn tls(target: &Target, keys: &mut Keys) {
    let tls = &target.tls;
    if !tls.verify {
        keys.push(("verify".to_owned(), Ordered::Flag(false)));
    }
    match &tls.trust {
        TrustStore::Mozilla => {}
        TrustStore::System => keys.push(("trust".to_owned(), Ordered::text("system"))),
        TrustStore::File(path) => keys.push(("trust".to_owned(), Ordered::text(path.to_string_lossy()))),
    }
    let versions = match tls.versions {
        TlsVersions::Both => return,
        TlsVersions::Tls12 => "1.2",
        TlsVersions::Tls13 => "1.3",
    };
    keys.push(("tls".to_owned(), Ordered::texts([versions])));
}

fn expect(expect: &Expectations) -> Keys {
    let mut keys = Keys::new();
    let mut say = |key: &str, value| keys.push((key.to_owned(), value));
    if !expect.status.is_empty() {
        say("status", statuses(&expect.status));
    }
    if let Some(text) = &expect.body_contains {
        say("body_contains", Ordered::text(text));
    }
    if let Some(pattern) = &expect.body_matches {
        say("body_matches", Ordered::text(pattern.as_str()));
    }
    if !expect.json.is_empty() {
        let pointers = expect.json.iter().map(|(pointer, value)| (pointer.clone(), value.into()));
        say("json", Ordered::Table(pointers.collect()));
    }
    if !expect.headers.is_empty() {
        let headers = expect.headers.iter().map(|(name, value)| (name.clone(), Ordered::text(value)));
        say("headers", Ordered::Table(headers.collect()));
    }
    if let Some(days) = expect.certificate_days_left {
        say("certificate_days_left", number(days));
    }
    if let Some(most) = expect.max_time {
        say("max_time", length(most));
    }
    keys
}

/// A whole class as `"2xx"`, the others as numbers.
fn statuses(statuses: &[u16]) -> Ordered {
    let whole = |class: u16| (class * 100..class * 100 + 100).all(|status| statuses.contains(&status));
    let classes: Vec<u16> = (1..=5).filter(|class| whole(*class)).collect();
    let single = statuses.iter().filter(|status| !classes.contains(&(**status / 100)));
    let single = single.map(|status| number(*status));
    Ordered::List(classes.iter().map(|class| Ordered::Text(format!("{class}xx"))).chain(single).collect())
}
