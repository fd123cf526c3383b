//! What went wrong, as a word to count by and a sentence without a secret.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};

use rustls::{CertificateError, InvalidMessage};

use super::journal::Journal;
use crate::measurement::outcome::{Cause, Failure};
use crate::measurement::phase::Phase;
use crate::probe::redact;

/// A step failed; the phase is the one the journal is in.
#[derive(Clone, Debug)]
pub(in crate::adapters) struct Broken {
    pub(in crate::adapters) cause: Cause,
    pub(in crate::adapters) detail: String,
}

impl Broken {
    pub(super) fn new(cause: Cause, detail: impl Into<String>) -> Self {
        Self { cause, detail: detail.into() }
    }

    /// Names what was tried, where the reason alone does not.
    pub(super) fn or_of(mut self, addresses: &[IpAddr], port: u16) -> Self {
        let tried: Vec<_> = addresses.iter().map(|address| SocketAddr::new(*address, port).to_string()).collect();
        self.detail = format!("{} ({})", self.detail, tried.join(", "));
        self
    }

    /// A connection that was kept and is gone.
    pub(super) fn is_of_a_dead_line(&self) -> bool {
        matches!(self.cause, Cause::ConnectionClosed | Cause::ConnectionReset)
    }

    /// As a fact of the measurement; `running` is the phase it happened in.
    pub(super) fn failure(self, running: Phase) -> Failure {
        Failure { phase: running, cause: self.cause, detail: redact::text(&self.detail) }
    }

    /// A connection attempt failed.
    pub(super) fn of_connect(error: &io::Error, detail: String) -> Self {
        Self::new(cause_of_socket(error.kind()).unwrap_or(Cause::Other), detail)
    }

    /// The TLS handshake failed.
    pub(super) fn of_handshake(error: &io::Error, journal: &Journal) -> Self {
        let cause = match tls_error(error) {
            Some(rustls::Error::InvalidCertificate(error)) => cause_of_certificate(error),
            Some(_) => Cause::TlsHandshake,
            None if journal.broken().is_none() && journal.ended() => Cause::ConnectionClosed,
            None => journal.broken().and_then(cause_of_socket).unwrap_or(Cause::TlsHandshake),
        };
        Self::new(cause, said(error))
    }

    /// HTTP failed, or what is under it.
    pub(super) fn of_http(error: &hyper::Error, journal: &Journal) -> Self {
        let within = causes(error).find_map(|error| error.downcast_ref::<io::Error>());
        let is_broken_framing =
            within.is_some_and(|error| matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::InvalidInput));
        let cause = if within.and_then(tls_error).is_some() {
            Cause::TlsHandshake
        } else if let Some(cause) = journal.broken().and_then(cause_of_socket) {
            cause
        } else if journal.ended() && !error.is_parse() && !is_broken_framing {
            Cause::ConnectionClosed
        } else {
            Cause::Protocol
        };
        Self::new(cause, said(error))
    }
}

/// What a socket's error means; `None` for one that is not of the network's making.
pub(in crate::adapters) fn cause_of_socket(kind: ErrorKind) -> Option<Cause> {
    Some(match kind {
        ErrorKind::ConnectionRefused => Cause::ConnectionRefused,
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted => Cause::ConnectionReset,
        // A firewall of our own answers with "permission denied".
        ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::AddrNotAvailable
        | ErrorKind::PermissionDenied => Cause::Unreachable,
        ErrorKind::TimedOut => Cause::Timeout,
        ErrorKind::UnexpectedEof => Cause::ConnectionClosed,
        _ => return None,
    })
}

/// A connector may wrap an I/O error in another one, and an I/O error does not show what it wraps as its source.
pub(in crate::adapters) fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    let within = error.get_ref()?;
    within.downcast_ref().or_else(|| tls_error(within.downcast_ref()?))
}

pub(in crate::adapters) fn cause_of_certificate(error: &CertificateError) -> Cause {
    match error {
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => Cause::CertificateExpired,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Cause::CertificateName,
        CertificateError::UnknownIssuer => Cause::CertificateUntrusted,
        _ => Cause::CertificateInvalid,
    }
}

/// An error and those behind it.
pub(in crate::adapters) fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}

/// An error and those behind it in one line; none of them quotes what was sent.
pub(in crate::adapters) fn said(error: &(dyn Error + 'static)) -> String {
    let mut said = String::new();
    for error in causes(error) {
        let words = error.to_string();
        if !said.contains(&words) {
            said.push_str(if said.is_empty() { "" } else { ": " });
            said.push_str(&words);
        }
    }
    let tls = causes(error).find_map(|error| {
        error.downcast_ref::<rustls::Error>().or_else(|| tls_error(error.downcast_ref::<io::Error>()?))
    });
    match tls.and_then(meaning) {
        None => said,
        Some(meaning) => format!("{said} ({meaning})"),
    }
}

/// What an error means that names only what the library saw.
fn meaning(error: &rustls::Error) -> Option<&'static str> {
    match error {
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            Some("the answer is not TLS; does this port speak plain HTTP?")
        }
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            Some("signed by nobody who is trusted here; --cacert, or `trust` in a fleet, names who is")
        }
        // The library that checks is not ours to name; its word for it is all that is shown of it.
        rustls::Error::InvalidCertificate(error @ CertificateError::Other(_))
            if error.to_string().contains("CaUsedAsEndEntity") =>
        {
            Some("an authority's own certificate, as `openssl req -x509` makes one: a server needs one with CA:FALSE")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::OtherError;

    use super::*;

    #[derive(Debug)]
    struct CaUsedAsEndEntity;

    impl std::fmt::Display for CaUsedAsEndEntity {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{self:?}")
        }
    }

    impl Error for CaUsedAsEndEntity {}

    #[test]
    fn what_only_the_library_understands_is_said_in_words_however_deep_it_lies() {
        for (error, words) in [
            (rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType), "plain HTTP"),
            (rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer), "--cacert"),
            (
                rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(CaUsedAsEndEntity)))),
                "CA:FALSE",
            ),
        ] {
            let wrapped = io::Error::other(io::Error::other(error.clone()));
            assert!(said(&wrapped).contains(words), "{}", said(&wrapped));
            assert!(said(&error).contains(words), "{}", said(&error));
        }
        assert!(!said(&rustls::Error::DecryptError).contains('('), "nothing is added to what is clear");
    }
}
