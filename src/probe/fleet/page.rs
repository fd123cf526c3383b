//! One `[[target]]`: a page and every choice that could change its number.

use std::path::PathBuf;

use url::Url;

use crate::measurement::identity::{Method, TargetId};
use crate::probe::schedule::grid::Grid;
use crate::probe::target::{
    AddressFamily, Coding, HttpMethod, HttpVersions, Resolver, Target, Timeouts, TlsVersions, TrustStore,
};

use super::finding::{Findings, shown};
use super::section::{Entry, Section};
use super::{Page, expect, headers, methods, name, timing};

/// What the file says for all pages.
pub(super) struct Shared<'a> {
    pub(super) every: Option<Grid>,
    /// It is said, though perhaps wrongly.
    pub(super) every_said: bool,
    pub(super) timeout: Timeouts,
    pub(super) variable: &'a dyn Fn(&str) -> Option<String>,
}

/// A page, and where its id stands.
pub(super) fn page(
    mut section: Section<'_>,
    shared: &Shared<'_>,
    findings: &mut Findings<'_>,
) -> Option<(usize, Page)> {
    section.name = "[[target]]".to_owned();
    let mut id_at = section.at;
    let id: Option<TargetId> =
        section.need("id", "a name of its own, such as `id = \"daily-news\"`", findings).and_then(|entry| {
            id_at = entry.at;
            name(entry, "a name as text, such as \"daily-news\"", findings)
        });
    if let Some(id) = &id {
        section.name = format!("the target `{id}`");
    }
    let url = section
        .need("url", "the page's address, such as `url = \"https://www.example.com/\"`", findings)
        .and_then(|entry| address(entry, &["https", "http"], findings));

    let said = shared.every_said || section.has("every");
    let own = timing::every(&mut section, findings);
    let every = own.or(shared.every);
    if !said {
        findings.note(
            section.at,
            format!("{} has no `every`, and neither has the file; add `every = \"3m\"`", section.name),
        );
    }
    let methods = match section.take("methods") {
        None => Some(vec![Method::Fresh]),
        Some(entry) => methods(entry, findings),
    };
    let stand_in = Url::parse("http://localhost/").ok()?;
    let stand_in_id = TargetId::new("unnamed").ok()?;
    let mut target = Target::new(id.clone().unwrap_or(stand_in_id), url.clone().unwrap_or(stand_in));
    let usual = match own {
        Some(own) if own.every() < shared.timeout.total => timing::usual(Some(own)),
        _ => shared.timeout,
    };
    target.timeouts = timing::timeouts(section.take("timeout"), every, usual, findings);
    let headers = section.take("headers").map(|entry| headers::headers(entry, shared.variable, findings));
    let mut headers = headers.unwrap_or_default();
    target.headers = std::mem::take(&mut headers.known);
    request(&mut section, &mut target, findings);
    tls(&mut section, &mut target, findings);
    if let Some(expectations) =
        section.take("expect").and_then(|entry| expect::expect(entry, target.timeouts.total, findings))
    {
        target.expect = expectations;
    }
    section.finish(findings);
    (id.is_some() && url.is_some()).then_some(())?;
    let at = findings.position(id_at);
    let headers::Headers { parameters, variables, .. } = headers;
    Some((id_at, Page { target, grid: every?, methods: methods?, parameters, variables, at }))
}

/// How the page is asked for.
fn request(section: &mut Section<'_>, target: &mut Target, findings: &mut Findings<'_>) {
    const HTTP: [(&str, HttpVersions); 3] =
        [("best", HttpVersions::Best), ("1.1", HttpVersions::Http1), ("2", HttpVersions::Http2)];
    const FAMILY: [(&str, AddressFamily); 3] =
        [("both", AddressFamily::Both), ("ipv4", AddressFamily::Ipv4), ("ipv6", AddressFamily::Ipv6)];
    let get_head = [("GET", HttpMethod::Get), ("HEAD", HttpMethod::Head)];
    set(section, "http_method", &mut target.http_method, |entry| entry.word(&get_head, findings));
    set(section, "follow_redirects", &mut target.follow_redirects, |entry| entry.flag(findings));
    set(section, "redirects_max", &mut target.redirects_max, |entry| {
        entry.whole(1, 50, findings).and_then(|most| u32::try_from(most).ok())
    });
    set(section, "accept_encoding", &mut target.accept_encoding, |entry| codings(entry, findings));
    set(section, "http", &mut target.http, |entry| entry.word(&HTTP, findings));
    set(section, "family", &mut target.family, |entry| entry.word(&FAMILY, findings));
    let resolvers = [("own", Resolver::Own), ("system", Resolver::System)];
    set(section, "resolver", &mut target.resolver, |entry| entry.word(&resolvers, findings));
    set(section, "proxy", &mut target.proxy, |entry| address(entry, &["http"], findings).map(Some));
    set(section, "body_max", &mut target.body_max, |entry| {
        entry.whole(0, 1 << 40, findings).and_then(|bytes| u64::try_from(bytes).ok())
    });
    set(section, "allow_private", &mut target.allow_private, |entry| entry.flag(findings));
}

/// How the server proves who it is.
fn tls(section: &mut Section<'_>, target: &mut Target, findings: &mut Findings<'_>) {
    set(section, "verify", &mut target.tls.verify, |entry| entry.flag(findings));
    set(section, "trust", &mut target.tls.trust, |entry| {
        let at = entry.at;
        let text = entry.text("\"mozilla\", \"system\" or the path of a PEM file", findings)?;
        match text.as_str() {
            "mozilla" => Some(TrustStore::Mozilla),
            "system" => Some(TrustStore::System),
            path if path.contains(['/', '.']) => Some(TrustStore::File(PathBuf::from(path))),
            other => {
                let what = "is neither \"mozilla\" nor \"system\" nor the path of a PEM file, such as \"./ca.pem\"";
                findings.note(at, format!("`trust` \"{}\" {what}", shown(other)));
                None
            }
        }
    });
    set(section, "tls", &mut target.tls.versions, |entry| {
        const WANTED: &str = "a list of versions: [\"1.2\"], [\"1.3\"] or [\"1.2\", \"1.3\"]";
        let at = entry.at;
        let mut offered = [false; 2];
        for item in entry.list(WANTED, findings)? {
            offered[item.word(&[("1.2", 0_usize), ("1.3", 1)], findings)?] = true;
        }
        match offered {
            [true, true] => Some(TlsVersions::Both),
            [true, false] => Some(TlsVersions::Tls12),
            [false, true] => Some(TlsVersions::Tls13),
            [false, false] => {
                findings.note(at, format!("`tls` is empty; write {WANTED}"));
                None
            }
        }
    });
}

/// Puts what a key says in the place of the default.
fn set<'t, T>(section: &mut Section<'t>, key: &'static str, place: &mut T, read: impl FnOnce(Entry<'t>) -> Option<T>) {
    if let Some(value) = section.take(key).and_then(read) {
        *place = value;
    }
}

fn codings(entry: Entry<'_>, findings: &mut Findings<'_>) -> Option<Vec<Coding>> {
    const WORDS: [(&str, Coding); 3] = [("gzip", Coding::Gzip), ("br", Coding::Brotli), ("zstd", Coding::Zstd)];
    let mut codings = Vec::new();
    for item in entry.list("a list such as [\"gzip\", \"br\"], or [] for none", findings)? {
        let at = item.at;
        let coding = item.word(&WORDS, findings)?;
        if codings.contains(&coding) {
            findings.note(at, format!("`{}` stands twice in `accept_encoding`; name it once", coding.as_str()));
        }
        codings.push(coding);
    }
    Some(codings)
}

/// An address; what could be a secret in it is never repeated in a message.
fn address(entry: Entry<'_>, schemes: &[&str], findings: &mut Findings<'_>) -> Option<Url> {
    let (key, at) = (entry.key.clone(), entry.at);
    let text = entry.text("an address as text, such as \"https://www.example.com/\"", findings)?;
    let secretive = text.contains(['@', '?']);
    let said = if secretive { "its address".to_owned() } else { format!("\"{}\"", shown(&text)) };
    let first = schemes.first().copied().unwrap_or("https");
    if !text.contains("://") {
        let example = if secretive { String::new() } else { format!(", such as \"{first}://{}\"", shown(&text)) };
        findings.note(at, format!("`{key}`: {said} has no scheme; begin it with {first}://{example}"));
        return None;
    }
    let url = match Url::parse(&text) {
        Ok(url) => url,
        Err(error) => {
            findings.note(at, format!("`{key}`: {said} is no address ({error}); write it as in a browser"));
            return None;
        }
    };
    if !schemes.contains(&url.scheme()) {
        let wanted = schemes.join(" and ");
        findings.note(at, format!("`{key}` has the scheme `{}`; only {wanted} can be used", shown(url.scheme())));
        return None;
    }
    if !url.username().is_empty() || url.password().is_some() {
        let instead = match key.as_str() {
            "proxy" => "a proxy that asks for them cannot be used",
            _ => "write `headers = { Authorization = { env = \"VARIABLE\" } }`",
        };
        findings
            .note(at, format!("`{key}` has a user name or password, which would be kept; take them out: {instead}"));
        return None;
    }
    Some(url)
}
