//! How a measurement ended. A failed probe is data, not an error.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::phase::Phase;

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outcome {
    /// A response arrived, whatever its status.
    Answered(Answer),
    /// None did, or it broke off.
    Failed(Failure),
}

impl Outcome {
    /// Answered, and every check held.
    #[must_use]
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Answered(answer) if answer.failed_checks.is_empty())
    }

    /// The elapsed time is a response time: it was answered, and no check but the one on time itself failed.
    ///
    /// A quick error page is not a quick page; but a page that took too long must stay, or the tail would be cut off.
    #[must_use]
    pub fn is_timed(&self) -> bool {
        matches!(self, Self::Answered(answer)
            if answer.failed_checks.iter().all(|failed| failed.check == Check::MaxTime))
    }
}

/// A response.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The last hop's status code; absent in imports that carry none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Bytes of the last hop's body after decoding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Reading stopped at the size cap.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
    /// What was expected and did not hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed_checks: Vec<FailedCheck>,
}

/// What a target can expect of its page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// The status is one of a set.
    Status,
    /// The body contains a text.
    BodyContains,
    /// The body matches a regular expression.
    BodyMatches,
    /// A value in a JSON body.
    Json,
    /// A response header.
    Header,
    /// The certificate is good for some days more.
    CertificateDaysLeft,
    /// The largest acceptable time.
    MaxTime,
}

impl Check {
    /// The name in JSON and on pages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::BodyContains => "body_contains",
            Self::BodyMatches => "body_matches",
            Self::Json => "json",
            Self::Header => "header",
            Self::CertificateDaysLeft => "certificate_days_left",
            Self::MaxTime => "max_time",
        }
    }
}

/// A check that did not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedCheck {
    /// Which.
    pub check: Check,
    /// What was expected and what was found.
    pub reason: String,
}

/// No response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Where in the timeline of the last hop.
    pub phase: Phase,
    /// What went wrong, as a word to count by.
    pub cause: Cause,
    /// What went wrong, as a sentence; no secret is in it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// Why a probe failed: a closed list, because it is counted by and charted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The phase, or the whole exchange, took longer than allowed.
    Timeout,
    /// The name does not exist, or has no address.
    NameNotFound,
    /// The resolver answered with an error, or not at all.
    ResolverFailed,
    /// Nothing listens there.
    ConnectionRefused,
    /// No route, or the network said no.
    Unreachable,
    /// The connection was reset.
    ConnectionReset,
    /// The connection was closed before the message was whole.
    ConnectionClosed,
    /// The certificate is no longer, or not yet, valid.
    CertificateExpired,
    /// The certificate is for another name.
    CertificateName,
    /// No trusted authority signed the certificate.
    CertificateUntrusted,
    /// The certificate is not acceptable for another reason.
    CertificateInvalid,
    /// The handshake failed otherwise.
    TlsHandshake,
    /// What came back is not HTTP, or breaks its rules.
    Protocol,
    /// The body could not be decoded as its `Content-Encoding` says.
    Decoding,
    /// More redirects than allowed, or a circle.
    TooManyRedirects,
    /// A redirect without a usable `Location`.
    BadRedirect,
    /// The address is loopback, private, link-local or a metadata service, and the target does not allow it.
    AddressRefused,
    /// The proxy said no.
    Proxy,
    /// The tool could not be run.
    Tool,
    /// Something else; the detail says what.
    Other,
}

impl Cause {
    /// The name in JSON and on pages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::NameNotFound => "name_not_found",
            Self::ResolverFailed => "resolver_failed",
            Self::ConnectionRefused => "connection_refused",
            Self::Unreachable => "unreachable",
            Self::ConnectionReset => "connection_reset",
            Self::ConnectionClosed => "connection_closed",
            Self::CertificateExpired => "certificate_expired",
            Self::CertificateName => "certificate_name",
            Self::CertificateUntrusted => "certificate_untrusted",
            Self::CertificateInvalid => "certificate_invalid",
            Self::TlsHandshake => "tls_handshake",
            Self::Protocol => "protocol",
            Self::Decoding => "decoding",
            Self::TooManyRedirects => "too_many_redirects",
            Self::BadRedirect => "bad_redirect",
            Self::AddressRefused => "address_refused",
            Self::Proxy => "proxy",
            Self::Tool => "tool",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
