//! From curl's exit status and message to a phase and a cause.
//!
//! The status says what kind of failure it was (`man curl`, EXIT CODES). Where it says too little, curl's own sentence
//! is searched for words that curl and its TLS libraries have used for long; where those are missing the cause is the
//! general one, never a guess.

use crate::measurement::outcome::{Cause, Failure};
use crate::measurement::phase::Phase;
use crate::measurement::units::Micros;
use crate::probe::redact;

use super::account::Counters;

/// What is known of a run that failed.
pub(super) struct Failed<'a> {
    pub(super) exit_code: i32,
    pub(super) message: &'a str,
    pub(super) counters: Counters,
    /// curl tells a peer's address: the connection stood. (curl 7.88 leaves its counter at zero until the handshake.)
    pub(super) connected: bool,
    /// Counters are sums over a chain, and say nothing of how far its last hop came.
    pub(super) chain: bool,
    /// curl was told to follow redirects.
    pub(super) follows: bool,
    /// The last hop goes over TLS.
    pub(super) tls: bool,
    pub(super) proxied: bool,
}

/// Judges a run that failed.
pub(super) fn judge(failed: &Failed<'_>) -> Failure {
    let (phase, cause) = phase_and_cause(failed);
    let message = match failed.exit_code {
        // curl keeps its first message, which may be of an address that was tried in vain many hops before.
        47 if !contains(failed.message, "redirect") => "more redirects than are allowed",
        _ => failed.message,
    };
    Failure { phase, cause, detail: redact::text(message) }
}

fn phase_and_cause(failed: &Failed<'_>) -> (Phase, Cause) {
    let says = |words: &[&str]| words.iter().any(|word| contains(failed.message, word));
    match failed.exit_code {
        2 | 4 | 48 => (Phase::Resolve, Cause::Tool),
        5 => (Phase::Resolve, Cause::Proxy),
        6 => (Phase::Resolve, Cause::NameNotFound),
        // The first byte came, and was not that of a header.
        1 if says(&["HTTP/0.9"]) => (Phase::Receive, Cause::Protocol),
        1 | 3 if failed.follows => (Phase::Receive, Cause::BadRedirect),
        7 if says(&["unreachable", "no route"]) => (Phase::Connect, Cause::Unreachable),
        7 if says(&["timed out", "timeout"]) => (Phase::Connect, Cause::Timeout),
        // Most curls say only "couldn't connect"; a refusal is what that nearly always is.
        7 => (Phase::Connect, Cause::ConnectionRefused),
        97 => (Phase::Connect, Cause::Proxy),
        18 => (Phase::Receive, Cause::ConnectionClosed),
        28 => (timed_out_in(failed), Cause::Timeout),
        35 => (Phase::Tls, broken(failed.message).unwrap_or(Cause::TlsHandshake)),
        51 | 60 => (Phase::Tls, certificate(failed.message)),
        53 | 54 | 58 | 59 | 64 | 66 | 77 | 80 | 82 | 83 | 90 | 91 => (Phase::Tls, Cause::TlsHandshake),
        47 => (Phase::Receive, Cause::TooManyRedirects),
        52 => (Phase::Wait, Cause::ConnectionClosed),
        55 => (Phase::Send, broken(failed.message).unwrap_or(Cause::ConnectionClosed)),
        56 if failed.proxied && says(&["CONNECT tunnel", "proxy"]) => (Phase::Connect, Cause::Proxy),
        56 if says(&["chunk", "header", "malformed", "Content-Length", "Nul byte"]) => {
            (reached(failed), Cause::Protocol)
        }
        56 => (reached(failed), broken(failed.message).unwrap_or(Cause::ConnectionClosed)),
        // A header over curl's limits is "out of memory" to curl 7.
        8 | 16 | 27 | 43 | 92 | 100 => (reached(failed), Cause::Protocol),
        61 => (Phase::Receive, Cause::Decoding),
        _ => (reached(failed), Cause::Other),
    }
}

fn contains(message: &str, word: &str) -> bool {
    message.to_ascii_lowercase().contains(&word.to_ascii_lowercase())
}

fn broken(message: &str) -> Option<Cause> {
    let says = |words: &[&str]| words.iter().any(|word| contains(message, word));
    if says(&["reset by peer", "connection was reset"]) {
        Some(Cause::ConnectionReset)
    } else if says(&[
        "unexpected eof",
        "SSL_ERROR_SYSCALL",
        "connection closed",
        "broken pipe",
        "non-properly terminated",
    ]) {
        Some(Cause::ConnectionClosed)
    } else {
        None
    }
}

fn certificate(message: &str) -> Cause {
    let says = |words: &[&str]| words.iter().any(|word| contains(message, word));
    if says(&["expired", "not yet valid"]) {
        Cause::CertificateExpired
    } else if says(&["subject name match", "does not match target", "hostname mismatch", "IP address mismatch"]) {
        Cause::CertificateName
    } else if says(&["self-signed", "self signed", "issuer", "not trusted", "unknown CA", "UnknownIssuer"]) {
        Cause::CertificateUntrusted
    } else {
        Cause::CertificateInvalid
    }
}

/// How far one transfer came, by the counters it filled in.
fn reached(failed: &Failed<'_>) -> Phase {
    let counters = &failed.counters;
    if counters.starttransfer > Micros::ZERO {
        Phase::Receive
    } else if counters.pretransfer > Micros::ZERO {
        Phase::Wait
    } else if failed.tls && failed.connected && counters.appconnect == Micros::ZERO {
        Phase::Tls
    } else if counters.namelookup > Micros::ZERO {
        Phase::Connect
    } else {
        Phase::Resolve
    }
}

fn timed_out_in(failed: &Failed<'_>) -> Phase {
    let says = |words: &[&str]| words.iter().any(|word| contains(failed.message, word));
    if says(&["resolving timed out", "name lookup timed out"]) {
        Phase::Resolve
    } else if says(&["SSL connection timeout", "SSL/TLS connection timeout"]) {
        Phase::Tls
    } else if !failed.chain {
        reached(failed)
    } else if says(&["connection timed out", "failed to connect"]) {
        Phase::Connect
    } else if says(&["with 0 bytes received", "0 out of 0 bytes"]) {
        Phase::Wait
    } else {
        Phase::Receive
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(exit_code: i32, message: &str, marks: [u64; 4]) -> (Phase, Cause) {
        let found = failure(exit_code, message, marks);
        (found.phase, found.cause)
    }

    fn failure(exit_code: i32, message: &str, marks: [u64; 4]) -> Failure {
        let [namelookup, connect, pretransfer, starttransfer] = marks.map(Micros);
        let counters = Counters { namelookup, connect, pretransfer, starttransfer, ..Counters::default() };
        judge(&Failed {
            exit_code,
            message,
            counters,
            connected: counters.connect > Micros::ZERO,
            chain: false,
            follows: true,
            tls: true,
            proxied: true,
        })
    }

    #[test]
    fn too_many_redirects_are_not_told_by_an_address_that_was_tried_in_vain() {
        let told = |message| failure(47, message, [1, 2, 3, 4]).detail;
        assert_eq!(told("connect to ::1 port 8443 failed: Connection refused"), "more redirects than are allowed");
        assert_eq!(told("Maximum (3) redirects followed"), "Maximum (3) redirects followed");
    }

    #[test]
    fn each_exit_status_has_its_phase_and_cause() {
        let table = [
            (6, "Could not resolve host: x", [0; 4], Phase::Resolve, Cause::NameNotFound),
            (5, "Could not resolve proxy: x", [0; 4], Phase::Resolve, Cause::Proxy),
            (7, "Couldn't connect to server", [1, 0, 0, 0], Phase::Connect, Cause::ConnectionRefused),
            (7, "connect failed: Network is unreachable", [1, 0, 0, 0], Phase::Connect, Cause::Unreachable),
            (28, "Resolving timed out after 1000 milliseconds", [0; 4], Phase::Resolve, Cause::Timeout),
            (28, "Connection timed out after 1000 ms", [1, 0, 0, 0], Phase::Connect, Cause::Timeout),
            (28, "SSL connection timeout", [1, 2, 0, 0], Phase::Tls, Cause::Timeout),
            (28, "Operation timed out", [1, 2, 3, 0], Phase::Wait, Cause::Timeout),
            (28, "Operation timed out", [1, 2, 3, 4], Phase::Receive, Cause::Timeout),
            (35, "error:0A00010B: wrong version number", [1, 2, 0, 0], Phase::Tls, Cause::TlsHandshake),
            (35, "Recv failure: Connection reset by peer", [1, 2, 0, 0], Phase::Tls, Cause::ConnectionReset),
            (60, "certificate has expired", [1, 2, 0, 0], Phase::Tls, Cause::CertificateExpired),
            (60, "no alternative certificate subject name matches", [0; 4], Phase::Tls, Cause::CertificateName),
            (60, "self-signed certificate", [0; 4], Phase::Tls, Cause::CertificateUntrusted),
            (60, "certificate verification failed", [0; 4], Phase::Tls, Cause::CertificateInvalid),
            (56, "CONNECT tunnel failed, response 403", [1, 2, 0, 0], Phase::Connect, Cause::Proxy),
            (56, "Recv failure: Connection reset by peer", [1, 2, 3, 4], Phase::Receive, Cause::ConnectionReset),
            (52, "Empty reply from server", [1, 2, 3, 0], Phase::Wait, Cause::ConnectionClosed),
            (18, "transfer closed with 900 bytes remaining", [1, 2, 3, 4], Phase::Receive, Cause::ConnectionClosed),
            (1, "Received HTTP/0.9 when not allowed", [1, 2, 3, 4], Phase::Receive, Cause::Protocol),
            (61, "Error while processing content unencoding", [1, 2, 3, 4], Phase::Receive, Cause::Decoding),
            (255, "", [1, 2, 3, 4], Phase::Receive, Cause::Other),
        ];
        for (code, message, marks, phase, cause) in table {
            assert_eq!(judged(code, message, marks), (phase, cause), "{code} {message}");
        }
    }

    #[test]
    fn every_status_is_judged() {
        for code in -1..=256 {
            judged(code, "", [0; 4]);
        }
    }
}
