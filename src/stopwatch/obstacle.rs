//! Why a replay cannot say, and what to keep in mind where it can.

use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::measurement::units::Micros;

/// Why a replay cannot say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    /// No marks.
    TotalOnly,
    /// One process of curl with `-L`.
    ChainSummed,
    /// The tool would have gone on.
    NotFollowed,
    /// The tool makes a connection.
    KeptConnection,
    /// The tool asks for no coding, or not for this one.
    Coded(String),
    /// The tool asks for codings, and the body came without one.
    PerhapsCoded,
    /// The tool asks for codings that the sample did not ask for, and the body came in another one.
    PerhapsOtherwiseCoded,
    /// The tool's way of coding is not known.
    CodingUnknown,
    /// The tool asks for the header only.
    HeadNotGet,
    /// The sample asked for the header only.
    GetNotHead,
    /// The tool speaks no TLS.
    Tls,
    /// The tool takes IPv4.
    Family,
    /// The tool tries one address.
    Fallback,
    /// The body was cut at the size cap.
    Truncated,
    /// The lookup was ours, and not timed.
    LookupNotTimed,
    /// A phase that is needed is absent.
    NoPhase(&'static str),
    /// We refused to ask, or could not run the tool.
    NotAsked,
    /// What the tool shows for a failure is not known.
    FailureUnknown,
    /// Where the tool's clock starts and stops is not known well enough.
    DefinitionUnknown,
}

impl Obstacle {
    /// As a word to count by.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TotalOnly => "total_only",
            Self::ChainSummed => "chain_summed",
            Self::NotFollowed => "not_followed",
            Self::KeptConnection => "kept_connection",
            Self::Coded(_) => "coded",
            Self::PerhapsCoded => "perhaps_coded",
            Self::PerhapsOtherwiseCoded => "perhaps_otherwise_coded",
            Self::CodingUnknown => "coding_unknown",
            Self::HeadNotGet => "head_not_get",
            Self::GetNotHead => "get_not_head",
            Self::Tls => "tls",
            Self::Family => "family",
            Self::Fallback => "fallback",
            Self::Truncated => "truncated",
            Self::LookupNotTimed => "lookup_not_timed",
            Self::NoPhase(_) => "no_phase",
            Self::NotAsked => "not_asked",
            Self::FailureUnknown => "failure_unknown",
            Self::DefinitionUnknown => "definition_unknown",
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TotalOnly => "the sample is a total without phases",
            Self::ChainSummed => "curl -L summed the redirect chain: the hops cannot be told apart",
            Self::NotFollowed => "the sample ends at a redirect, which this tool would have followed",
            Self::KeptConnection => "the sample went over a kept connection, and this tool makes a new one",
            Self::Coded(coding) => {
                return write!(f, "the body came in {}, which this tool does not ask for", coding.escape_default());
            }
            Self::PerhapsCoded => {
                "the body came uncompressed, and this tool asks for compression: measure with --compressed, or say \
                 --same-body if the server has none for this page"
            }
            Self::PerhapsOtherwiseCoded => {
                "this tool asks for codings that the sample did not ask for, and might have got another one: measure with \
                 --compressed"
            }
            Self::CodingUnknown => "whether this tool asks for compression is not known",
            Self::HeadNotGet => "the sample has a body, and this tool asks with HEAD",
            Self::GetNotHead => "the sample was asked with HEAD, and this tool reads the body",
            Self::Tls => "the sample went over TLS, which this tool does not speak",
            Self::Family => "the sample went over IPv6, and this tool takes IPv4 where there is one",
            Self::Fallback => "the first address was given up, and this tool tries one address only",
            Self::Truncated => "the body was cut at the size cap, and this tool reads all of it",
            Self::LookupNotTimed => "the name was looked up before curl was run, and that was not timed",
            Self::NoPhase(phase) => return write!(f, "the sample does not show the phase {phase} by itself"),
            Self::NotAsked => "the page was not asked: the address was refused, or the tool could not be run",
            Self::FailureUnknown => "what this tool shows for a failure is not known",
            Self::DefinitionUnknown => "where this tool's clock starts and stops was not verified",
        })
    }
}

/// What to keep in mind with a value that a replay shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caveat {
    /// The tool's own number: nothing was replayed.
    Own,
    /// Only the first hop of the chain.
    FirstHopOnly,
    /// Only the last hop of the chain.
    LastHopOnly,
    /// The end of the header is not marked.
    HeaderEnd,
    /// Overhead that may or may not belong to the span.
    Loose(Micros),
    /// A body that was taken as the same whatever is asked for.
    SameBody,
    /// The server may have another coding for this tool.
    OtherCoding,
    /// Verified here and not there, or the other way round.
    Verification,
    /// Another delay between address families.
    FallbackDelay,
    /// No body, perhaps because of HEAD.
    NoBody,
    /// The time until a failure, by our limits.
    Failed,
    /// Whole milliseconds of a clock that is read twice.
    TwoReadings,
    /// More lies within the tool's number.
    AtLeast,
}

impl Caveat {
    /// As a word to count by.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::FirstHopOnly => "first_hop_only",
            Self::LastHopOnly => "last_hop_only",
            Self::HeaderEnd => "header_end",
            Self::Loose(_) => "loose",
            Self::SameBody => "same_body",
            Self::OtherCoding => "other_coding",
            Self::Verification => "verification",
            Self::FallbackDelay => "fallback_delay",
            Self::NoBody => "no_body",
            Self::Failed => "failed",
            Self::TwoReadings => "two_readings",
            Self::AtLeast => "at_least",
        }
    }
}

impl fmt::Display for Caveat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Own => "this is the tool's own number",
            Self::FirstHopOnly => "the tool does not follow redirects: the first hop only",
            Self::LastHopOnly => "each hop is a value of its own in this tool: the last hop only",
            Self::HeaderEnd => {
                "the end of the header is taken at its first byte; a header in several packets ends later"
            }
            Self::Loose(length) => {
                return write!(f, "{:.3} ms between phases may lie in or out of the span", length.as_millis());
            }
            Self::SameBody => "the body is taken to be the same whatever coding is asked for, as you said",
            Self::OtherCoding => {
                "the tool may ask for a coding this sample did not, and the server may need longer for it"
            }
            Self::Verification => "certificates were checked on one side only: that CPU time is not replayed",
            Self::FallbackDelay => "the first address was given up after our delay, not after the tool's",
            Self::NoBody => "the sample has no body: if it was asked with HEAD, a GET may take longer",
            Self::Failed => "the time until it failed; a timeout is ours, and the tool's own may differ",
            Self::TwoReadings => "shown without rounding; the tool shows one of the two neighbouring milliseconds",
            Self::AtLeast => "a lower bound: all that the handler does besides lies within the tool's number",
        })
    }
}

fn coded<S: Serializer>(serializer: S, code: &str, says: String) -> Result<S::Ok, S::Error> {
    let mut fields = serializer.serialize_struct("Coded", 2)?;
    fields.serialize_field("code", code)?;
    fields.serialize_field("says", &says)?;
    fields.end()
}

impl Serialize for Obstacle {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        coded(serializer, self.code(), self.to_string())
    }
}

impl Serialize for Caveat {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        coded(serializer, self.code(), self.to_string())
    }
}
