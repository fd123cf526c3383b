//! What to measure: a page, and every choice that could change the number.
//!
//! Defaults are curl's wherever curl has one, so that a difference between the two is never a matter of settings.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::measurement::asked::Asked;
use crate::measurement::identity::TargetId;

/// One watched page.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its name.
    pub id: TargetId,
    /// Where it is; `http` or `https`.
    pub url: Url,
    /// `GET` unless said otherwise.
    pub http_method: HttpMethod,
    /// Sent as they are; their values are never kept and never printed.
    pub headers: Vec<(String, Secret)>,
    /// Follow `Location`; off by default, as in curl.
    pub follow_redirects: bool,
    /// More hops than this is a failure; curl's default is 50, ours 10.
    pub redirects_max: u32,
    /// Content codings asked for; none by default, as in curl.
    pub accept_encoding: Vec<Coding>,
    /// Which versions of HTTP are offered.
    pub http: HttpVersions,
    /// Which address families are tried.
    pub family: AddressFamily,
    /// Who turns names into addresses.
    pub resolver: Resolver,
    /// How the certificate is checked.
    pub tls: TlsSettings,
    /// An HTTP proxy.
    pub proxy: Option<Url>,
    /// The limits in time.
    pub timeouts: Timeouts,
    /// Reading the body stops here: the sample is answered, and marked truncated.
    pub body_max: u64,
    /// Loopback, private, link-local and metadata addresses may be asked.
    pub allow_private: bool,
    /// What the page must satisfy.
    pub expect: Expectations,
}

impl Target {
    /// A page with every choice at its default.
    #[must_use]
    pub fn new(id: TargetId, url: Url) -> Self {
        Self {
            id,
            url,
            http_method: HttpMethod::Get,
            headers: Vec::new(),
            follow_redirects: false,
            redirects_max: 10,
            accept_encoding: Vec::new(),
            http: HttpVersions::Best,
            family: AddressFamily::Both,
            resolver: Resolver::Own,
            tls: TlsSettings::default(),
            proxy: None,
            timeouts: Timeouts::default(),
            body_max: 10 * 1024 * 1024,
            allow_private: false,
            expect: Expectations::default(),
        }
    }

    /// What a measurement of it asks for, as it is kept with the sample.
    #[must_use]
    pub fn asked(&self) -> Asked {
        let said_otherwise = self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("accept-encoding"));
        let codings = self.accept_encoding.iter().map(|coding| coding.as_str().to_owned()).collect();
        let http: &[&str] = match self.http {
            HttpVersions::Best => &["2", "1.1"],
            HttpVersions::Http1 => &["1.1"],
            HttpVersions::Http2 => &["2"],
        };
        Asked {
            method: self.http_method.as_str().to_owned(),
            accept_encoding: (!said_otherwise).then_some(codings),
            http: http.iter().map(|&version| version.to_owned()).collect(),
            verify: self.tls.verify,
            follow_redirects: self.follow_redirects,
        }
    }
}

/// The request method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HttpMethod {
    /// The page.
    #[default]
    Get,
    /// Its header only.
    Head,
}

impl HttpMethod {
    /// As in a request.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
        }
    }
}

/// A value that is sent and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(value)
    }

    /// The value, for the one place that sends it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A content coding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// `gzip`
    Gzip,
    /// `br`
    Brotli,
    /// `zstd`
    Zstd,
}

impl Coding {
    /// As in `Accept-Encoding`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }
}

/// Which versions of HTTP are offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HttpVersions {
    /// HTTP/2 where ALPN agrees on it, else HTTP/1.1.
    #[default]
    Best,
    /// HTTP/1.1 only.
    Http1,
    /// HTTP/2 only, over TLS.
    Http2,
}

/// Which address families are tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AddressFamily {
    /// Happy eyeballs: IPv6 first, IPv4 after 200 ms as in curl.
    #[default]
    Both,
    /// IPv4 only.
    Ipv4,
    /// IPv6 only.
    Ipv6,
}

/// Who turns names into addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resolver {
    /// Our own questions over UDP, timed on the wire; honours the hosts file, the search list and ndots.
    #[default]
    Own,
    /// The system's `getaddrinfo`.
    System,
}

/// How the server proves who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsSettings {
    /// Check the certificate; on by default.
    pub verify: bool,
    /// Whom to trust.
    pub trust: TrustStore,
    /// Which versions are offered.
    pub versions: TlsVersions,
}

impl Default for TlsSettings {
    fn default() -> Self {
        Self { verify: true, trust: TrustStore::Mozilla, versions: TlsVersions::Both }
    }
}

/// Whom to trust.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TrustStore {
    /// Mozilla's roots, built in: the same at every vantage.
    #[default]
    Mozilla,
    /// The system's store.
    System,
    /// A PEM file, as curl's `--cacert`.
    File(PathBuf),
}

/// Which versions of TLS are offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsVersions {
    /// 1.2 and 1.3.
    #[default]
    Both,
    /// 1.2 only.
    Tls12,
    /// 1.3 only.
    Tls13,
}

/// Limits in time: the whole chain, and each phase of each hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// The whole exchange, all hops.
    pub total: Duration,
    /// Name to addresses.
    pub resolve: Duration,
    /// First SYN to connection.
    pub connect: Duration,
    /// The handshake.
    pub tls: Duration,
    /// Request to first header byte.
    pub wait: Duration,
    /// First header byte to end of body.
    pub receive: Duration,
}

impl Timeouts {
    /// Only the total is limited: each phase may take all of it.
    #[must_use]
    pub fn total(total: Duration) -> Self {
        Self { total, resolve: total, connect: total, tls: total, wait: total, receive: total }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self::total(Duration::from_secs(10))
    }
}

/// What the page must satisfy; nothing by default, as in curl.
#[derive(Clone, Debug, Default)]
pub struct Expectations {
    /// The status is one of these; empty expects nothing.
    pub status: Vec<u16>,
    /// The decoded body contains this.
    pub body_contains: Option<String>,
    /// The decoded body matches this.
    pub body_matches: Option<regex_lite::Regex>,
    /// The value at each JSON pointer equals this.
    pub json: Vec<(String, serde_json::Value)>,
    /// Each header is there and has this value.
    pub headers: Vec<(String, String)>,
    /// The certificate is good for at least this many days.
    pub certificate_days_left: Option<i32>,
    /// The exchange took no longer than this.
    pub max_time: Option<Duration>,
}

impl Expectations {
    /// Whether judging needs the body's bytes.
    #[must_use]
    pub fn needs_body(&self) -> bool {
        self.body_contains.is_some() || self.body_matches.is_some() || !self.json.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_header_of_the_targets_own_says_is_not_known_and_not_kept() {
        let mut target = Target::new(TargetId::new("t").unwrap(), Url::parse("https://h.example/").unwrap());
        assert_eq!(target.asked().accept_encoding, Some(Vec::new()));
        target.accept_encoding = vec![Coding::Gzip, Coding::Brotli];
        assert_eq!(target.asked().accept_encoding, Some(vec!["gzip".to_owned(), "br".to_owned()]));
        target.headers = vec![("ACCEPT-encoding".to_owned(), Secret::new("hidden".to_owned()))];
        assert_eq!(target.asked().accept_encoding, None);
        assert!(!format!("{:?}", target.asked()).contains("hidden"));
    }
}
