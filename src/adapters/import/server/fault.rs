//! Why a server's samples cannot be had, or not all of them.

/// Why a server's samples cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No connection, or no answer in time.
    #[error("{server} does not answer: {reason}")]
    Unanswered {
        /// Its address.
        server: String,
        /// What the network said.
        reason: String,
    },
    /// The answer ended before its end.
    #[error("the answer of {server} broke off ({reason}); the same command again goes on from there")]
    CutOff {
        /// Its address.
        server: String,
        /// What the network said.
        reason: String,
    },
    /// An answer that no monitor gives.
    #[error("{server} answers with more than {most_mb} MB, which no page of samples is; is --url right?")]
    Huge {
        /// Its address.
        server: String,
        /// What is read at most.
        most_mb: u64,
    },
    /// Its certificate is not trusted.
    #[error("the certificate of {server} is not trusted: {reason}; name its authority's with --cacert")]
    Untrusted {
        /// Its address.
        server: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Another status than an answer has.
    #[error("{server} answers with status {status}{said}; is --url right?")]
    Status {
        /// Its address.
        server: String,
        /// The status.
        status: u16,
        /// How the body begins, after a colon.
        said: String,
    },
    /// It is elsewhere.
    #[error("{server} redirects to {to}; if that is the server, write it as --url")]
    Redirects {
        /// Its address.
        server: String,
        /// Where to.
        to: String,
    },
    /// Not the answer of such a server.
    #[error("{server} answers with {found}; is --url right?")]
    Foreign {
        /// Its address.
        server: String,
        /// What came instead.
        found: String,
    },
    /// The credentials were refused.
    #[error("{server} refuses the {credentials}: {reason}")]
    Denied {
        /// Its address.
        server: String,
        /// What was refused: `token in VARIABLE`, or that there was none.
        credentials: String,
        /// The server's words.
        reason: String,
    },
    /// The server says no.
    #[error("{server} refuses: {reason}")]
    Refused {
        /// Its address.
        server: String,
        /// The server's words.
        reason: String,
    },
    /// What was asked for is not there, or is no latency; the message says what to change.
    #[error("{0}")]
    Asked(String),
}

impl Fault {
    /// Whether the same may succeed later without anyone's doing.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unanswered { .. } | Self::CutOff { .. } => true,
            Self::Status { status, .. } => *status == 429 || *status >= 500,
            _ => false,
        }
    }
}
