//! From an error of the client to a cause.

use std::io::{self, ErrorKind};

use crate::adapters::exchange::failure::{cause_of_certificate, cause_of_socket, causes, said, tls_error};
use crate::measurement::outcome::{Cause, Failure};
use crate::measurement::phase::Phase;
use crate::probe::redact;

use super::marks::Noted;
use super::timeline;

/// What went wrong, in the phase the hop had reached.
pub(super) fn of_client(error: reqwest::Error, noted: &Noted, head: bool, proxied: bool) -> Failure {
    let phase = timeline::reached(noted, head);
    // The URL is in the hop, without its secrets.
    let error = error.without_url();
    let (cause, detail) = match &noted.refusal {
        Some((cause, detail)) if phase == Phase::Resolve => (*cause, detail.clone()),
        _ => (cause(&error, phase, proxied), said(&error)),
    };
    Failure { phase, cause, detail: redact::text(&detail) }
}

/// Something came back and was not HTTP: the wait was over.
pub(super) fn is_of_an_answer(error: &reqwest::Error) -> bool {
    causes(error).any(|error| error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse))
}

fn cause(error: &reqwest::Error, phase: Phase, proxied: bool) -> Cause {
    if error.is_timeout() {
        return Cause::Timeout;
    }
    let mut found = None;
    for error in causes(error) {
        let of_io = error.downcast_ref::<io::Error>();
        if let Some(tls) = of_io.and_then(tls_error).or_else(|| error.downcast_ref::<rustls::Error>()) {
            return match tls {
                rustls::Error::InvalidCertificate(error) => cause_of_certificate(error),
                _ => Cause::TlsHandshake,
            };
        }
        if let Some(http) = error.downcast_ref::<hyper::Error>() {
            if http.is_parse() || http.is_user() {
                return Cause::Protocol;
            }
            if http.is_incomplete_message() {
                found = Some(Cause::ConnectionClosed);
            }
        }
        if let Some(io) = of_io {
            found = match io.kind() {
                ErrorKind::InvalidData | ErrorKind::InvalidInput => Some(Cause::Protocol),
                kind => cause_of_socket(kind).or(found),
            };
        }
    }
    found.unwrap_or(match phase {
        Phase::Connect if proxied => Cause::Proxy,
        Phase::Resolve => Cause::ResolverFailed,
        Phase::Tls => Cause::TlsHandshake,
        Phase::Wait | Phase::Receive => Cause::Protocol,
        _ => Cause::Other,
    })
}
