//! From a target to curl's arguments.
//!
//! What could be a secret (the address, headers, the proxy) goes through a config on standard input, not through
//! arguments that every user of the machine can read.

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use url::Url;

use crate::adapters::exchange::request::{FRAMING, HARMLESS};
use crate::probe::target::{AddressFamily, HttpMethod, HttpVersions, Target, TlsVersions, TrustStore};

/// One run of curl.
#[derive(Clone, Debug)]
pub(super) struct Request<'a> {
    pub(super) target: &'a Target,
    /// What to ask for: the target's own address, or the one a redirect led to.
    pub(super) url: &'a Url,
    /// Addresses that were checked, and that alone may be used; empty leaves the name to curl.
    pub(super) pinned: &'a [IpAddr],
    /// Let curl follow redirects in this one process.
    pub(super) follow: bool,
    /// The target's own origin is asked: only there go all of its headers.
    pub(super) at_home: bool,
    /// What is left of the total time.
    pub(super) limit: Duration,
}

/// Why a target cannot be put to curl.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ArgumentError {
    #[error("the header name {0:?} is not one; letters, digits and hyphens are")]
    HeaderName(String),
    #[error("the value of the header `{0}` has a line break or another control character")]
    HeaderValue(String),
}

/// The options that hold no secret.
pub(super) fn arguments(request: &Request<'_>, header_file: &Path) -> Vec<OsString> {
    let target = request.target;
    let mut arguments: Vec<OsString> = Vec::new();
    let mut add = |words: &[&str]| arguments.extend(words.iter().map(OsString::from));
    // Seconds with three decimals; 0 would mean "no limit".
    let seconds = |length: Duration| format!("{:.3}", length.as_secs_f64().max(0.001));
    add(&["-q", "-g", "-sS", "-w", "%{stderr}\n%{json}\n", "--proto", "=http,https", "--proto-redir", "=http,https"]);
    add(&["--max-time", &seconds(request.limit)]);
    let timeouts = target.timeouts;
    let connecting = timeouts.resolve.saturating_add(timeouts.connect).saturating_add(timeouts.tls);
    add(&["--connect-timeout", &seconds(connecting.min(request.limit))]);
    if request.follow {
        add(&["-L", "--max-redirs", &target.redirects_max.to_string()]);
    }
    match target.http_method {
        HttpMethod::Get => {}
        HttpMethod::Head => add(&["-I"]),
    }
    match target.http {
        HttpVersions::Best => {}
        HttpVersions::Http1 => add(&["--http1.1"]),
        HttpVersions::Http2 => add(&["--http2"]),
    }
    match target.family {
        AddressFamily::Both => {}
        AddressFamily::Ipv4 => add(&["-4"]),
        AddressFamily::Ipv6 => add(&["-6"]),
    }
    match target.tls.versions {
        TlsVersions::Both => add(&["--tlsv1.2"]),
        TlsVersions::Tls12 => add(&["--tlsv1.2", "--tls-max", "1.2"]),
        TlsVersions::Tls13 => add(&["--tlsv1.3"]),
    }
    if !target.tls.verify {
        add(&["-k"]);
    }
    if !target.accept_encoding.is_empty() {
        add(&["--compressed"]);
    }
    if target.proxy.is_none() {
        add(&["--noproxy", "*"]);
    }
    if !request.pinned.is_empty() {
        let addresses: Vec<String> = request.pinned.iter().map(bracketed).collect();
        // Any host, this port: a name that curl writes otherwise (a trailing dot) must not escape the pin.
        let port = request.url.port_or_known_default().unwrap_or(80);
        add(&["--resolve", &format!("*:{port}:{}", addresses.join(","))]);
    }
    // Both other stores mean curl's own: it comes with one, or is built to read the system's.
    if let TrustStore::File(pem) = &target.tls.trust {
        arguments.extend(["--cacert".into(), pem.into()]);
    }
    arguments.extend(["-D".into(), header_file.into(), "-K".into(), "-".into()]);
    arguments
}

fn bracketed(ip: &IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

/// The config that goes to curl's standard input.
pub(super) fn config(request: &Request<'_>) -> Result<String, ArgumentError> {
    let mut lines = vec![option("url", request.url.as_str())];
    if let Some(proxy) = &request.target.proxy {
        lines.push(option("proxy", proxy.as_str()));
    }
    if !request.target.accept_encoding.is_empty() {
        let codings: Vec<&str> = request.target.accept_encoding.iter().map(|coding| coding.as_str()).collect();
        lines.push(option("header", &format!("Accept-Encoding: {}", codings.join(", "))));
    }
    for (name, value) in &request.target.headers {
        let line = header(name, value.expose())?;
        let is_of = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        if !is_of(&FRAMING) && (request.at_home || is_of(&HARMLESS)) {
            lines.push(option("header", &line));
        }
    }
    Ok(lines.concat())
}

fn option(name: &str, value: &str) -> String {
    format!("{name} = \"{}\"\n", value.replace('\\', "\\\\").replace('"', "\\\""))
}

fn header(name: &str, value: &str) -> Result<String, ArgumentError> {
    // Also keeps out `@file`, which curl would read headers from.
    if http::HeaderName::from_bytes(name.as_bytes()).is_err() {
        return Err(ArgumentError::HeaderName(name.escape_default().to_string()));
    }
    if value.chars().any(|c| c.is_control() && c != '\t') {
        return Err(ArgumentError::HeaderValue(name.to_owned()));
    }
    // `Name:` would remove curl's own header; `Name;` sends an empty one.
    Ok(if value.trim().is_empty() { format!("{name};") } else { format!("{name}: {value}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measurement::identity::TargetId;
    use crate::probe::target::{Coding, Secret};

    fn target() -> Target {
        Target::new(TargetId::new("t").unwrap(), Url::parse("http://u:p@h.example/a?k=secret").unwrap())
    }

    fn request(target: &Target) -> Request<'_> {
        Request { target, url: &target.url, pinned: &[], follow: false, at_home: true, limit: Duration::from_secs(3) }
    }

    fn words(request: &Request<'_>) -> Vec<String> {
        arguments(request, Path::new("/h")).into_iter().map(|word| word.into_string().unwrap()).collect()
    }

    #[test]
    fn no_secret_is_an_argument() {
        let mut target = target();
        target.headers = vec![("Authorization".into(), Secret::new("Bearer secret".into()))];
        target.proxy = Some(Url::parse("http://u:secret@proxy.example:3128").unwrap());
        let request = request(&target);
        assert!(!words(&request).iter().any(|word| word.contains("secret")));
        assert_eq!(config(&request).unwrap().matches("secret").count(), 3);
    }

    #[test]
    fn a_header_can_neither_add_an_option_nor_name_a_file() {
        let mut target = target();
        for (name, value) in [("@/etc/passwd", "x"), ("", "x"), ("A b", "x"), ("A", "x\noutput = /tmp/x"), ("A", "\0")]
        {
            target.headers = vec![(name.into(), Secret::new(value.into()))];
            assert!(config(&request(&target)).is_err(), "{name:?} {value:?}");
        }
        target.headers = vec![("A".into(), Secret::new("say \"hi\" \\ bye".into()))];
        assert!(config(&request(&target)).unwrap().ends_with("header = \"A: say \\\"hi\\\" \\\\ bye\"\n"));
    }

    #[test]
    fn what_was_checked_is_pinned_for_any_spelling_of_the_name() {
        let target = target();
        let pinned = ["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()];
        let words = words(&Request { pinned: &pinned, ..request(&target) });
        assert!(words.windows(2).any(|pair| pair == ["--resolve", "*:80:192.0.2.1,[2001:db8::1]"]), "{words:?}");
    }

    #[test]
    fn nothing_is_asked_for_by_default_and_codings_by_name() {
        let mut target = target();
        assert!(!words(&request(&target)).contains(&"--compressed".to_owned()));
        target.accept_encoding = vec![Coding::Gzip, Coding::Brotli];
        assert!(words(&request(&target)).contains(&"--compressed".to_owned()));
        assert!(config(&request(&target)).unwrap().contains("header = \"Accept-Encoding: gzip, br\""));
    }
}
