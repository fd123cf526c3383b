//! What went wrong, as a word to count by and a sentence without a secret.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};

use rustls::CertificateError;

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

pub(in crate::adapters) fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
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
    said
}
