//! What a number is the length of.

use serde::Serialize;

use super::evidence::Evidence;
use super::series::Series;

/// The definition of one tool's headline number, as the tool measures unless told otherwise.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Definition {
    /// The stopwatch's name, as samples carry it: `curl/time_total`.
    pub name: &'static str,
    /// The tool as people call it.
    pub tool: &'static str,
    /// What the tool calls the number.
    pub metric: &'static str,
    /// Where the clock starts.
    pub start: Start,
    /// Where it stops.
    pub stop: Stop,
    /// What happens at a redirect.
    pub redirects: Redirects,
    /// Whether connections are kept.
    pub reuse: Reuse,
    /// Content codings asked for.
    pub encoding: Encoding,
    /// Whether certificates are checked.
    pub verification: Verification,
    /// Which address is asked.
    pub family: AddressChoice,
    /// What is asked.
    pub request: Request,
    /// Which clock.
    pub clock: Clock,
    /// What the number is written in.
    pub unit: Unit,
    /// What a failed check shows.
    pub failures: Failures,
    /// Values that never appear.
    pub dropped: &'static [&'static str],
    /// What is tried again, and which attempt is shown.
    pub retried: &'static str,
    /// What lies within the number beside the exchange.
    pub also_inside: &'static [&'static str],
    /// What a reader should know besides.
    pub notes: &'static [&'static str],
    /// Versions in which the definition is another one.
    pub versions: &'static [Change],
    /// What all this rests on.
    pub evidence: &'static [Evidence],
    /// Numbers of phases beside the headline.
    pub series: &'static [Series],
}

/// A version in which the definition changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Which versions.
    pub versions: &'static str,
    /// What is so in them.
    pub what: &'static str,
}

/// An enumeration whose members have a name in JSON and words on a page.
macro_rules! choice {
    ($(#[$doc:meta])* $type:ident { $($(#[$member_doc:meta])* $member:ident = $words:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $type {
            $($(#[$member_doc])* $member,)+
        }

        impl $type {
            /// As words on a page.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$member => $words,)+ }
            }
        }
    };
}

choice! {
    /// Where the clock starts.
    Start {
        /// Before the first name lookup.
        Lookup = "before the lookup",
        /// Once the name is resolved.
        Connect = "after the lookup",
        /// Once there is a connection.
        Request = "sending the request",
        /// At the entry of the function around the request.
        Handler = "entry of the handler",
    }
}
choice! {
    /// Where the clock stops.
    Stop {
        /// At the end of the response header: the body is not timed.
        Headers = "headers",
        /// At the last byte of the body.
        Body = "body end",
        /// At the return of the function around the request.
        Handler = "return of the handler",
    }
}
choice! {
    /// What happens at a redirect.
    Redirects {
        /// It is the answer.
        NotFollowed = "not followed",
        /// All hops are one number.
        Followed = "followed",
        /// As the check says; a replay takes it as the sample did.
        AsTold = "an option",
        /// They are followed, and each hop is a number of its own; a replay shows the last.
        EachAlone = "each hop a value",
        /// It depends on the code in the handler.
        Unknown = "not known",
    }
}
choice! {
    /// Whether connections are kept.
    Reuse {
        /// Each check makes its own.
        Never = "never",
        /// The first step of a check makes one, and later steps use it; a replay is of the first step.
        WithinCheck = "between steps of a check",
        /// From one check to the next, as long as the server holds them.
        AcrossChecks = "across checks",
        /// It depends on the code in the handler.
        Unknown = "not known",
    }
}
choice! {
    /// Content codings asked for.
    Encoding {
        /// None, unless headers say so.
        Nothing = "none",
        /// `gzip`, as Go's transport does by itself.
        Gzip = "gzip",
        /// `gzip` and `br`.
        GzipBrotli = "gzip, br",
        /// All that the library was built with.
        All = "all",
        /// As the check says; a replay takes it as the sample did.
        AsTold = "an option",
        /// It is not known.
        Unknown = "not known",
    }
}
choice! {
    /// Whether certificates are checked.
    Verification {
        /// Unless told otherwise.
        On = "on",
        /// Unless told otherwise.
        Off = "off",
        /// The tool speaks plain HTTP only.
        PlainHttpOnly = "plain HTTP only",
        /// It depends on the code in the handler.
        Unknown = "not known",
    }
}
choice! {
    /// Which address is asked.
    AddressChoice {
        /// Both families, the second one 200 ms later, as in curl and in ours.
        HappyEyeballs200 = "both, 200 ms apart",
        /// Both families, the second one 300 ms later, as in Go.
        HappyEyeballs300 = "both, 300 ms apart",
        /// Both families, with another delay or a delay that is not known.
        HappyEyeballs = "both",
        /// One address, of IPv6 where there is one.
        Ipv6FirstOne = "IPv6 first, one address",
        /// One address, of IPv4 where there is one.
        Ipv4First = "IPv4 first",
        /// As the check says.
        AsTold = "an option",
        /// It is not known.
        Unknown = "not known",
    }
}
choice! {
    /// What is asked.
    Request {
        /// The page.
        Get = "GET",
        /// Its header only.
        Head = "HEAD",
    }
}
choice! {
    /// Which clock.
    Clock {
        /// It only goes forward.
        Monotonic = "monotonic",
        /// It can be set, and then a number is wrong.
        Wall = "wall clock",
        /// It is not known.
        Unknown = "not known",
    }
}
choice! {
    /// What the number is written in.
    Unit {
        /// Seconds, with a fraction.
        Seconds = "s",
        /// Milliseconds, with a fraction.
        Millis = "ms",
        /// Whole milliseconds: the rest is cut off.
        MillisCut = "whole ms, cut off",
        /// Whole milliseconds: the difference of two readings of a millisecond clock.
        MillisOfTwo = "whole ms, of two readings",
        /// Nanoseconds.
        Nanos = "ns",
    }
}
choice! {
    /// What a failed check shows.
    Failures {
        /// No value.
        Nothing = "no value",
        /// No value, and none for a status outside 200 to 299 either.
        NothingOutside2xx = "no value, as for a status that is not 2xx",
        /// The time until it failed.
        Elapsed = "time until it failed",
        /// It is not known.
        Unknown = "not known",
    }
}

impl Encoding {
    /// Whether a body in this coding may be what the tool gets; `None` where it is not known.
    #[must_use]
    pub fn asks_for(self, coding: &str) -> Option<bool> {
        let coding = coding.trim().to_ascii_lowercase();
        match self {
            Self::Nothing => Some(false),
            Self::Gzip => Some(matches!(coding.as_str(), "gzip" | "x-gzip")),
            Self::GzipBrotli => Some(matches!(coding.as_str(), "gzip" | "x-gzip" | "br" | "deflate")),
            Self::All | Self::AsTold => Some(true),
            Self::Unknown => None,
        }
    }

    /// All that the tool asks for that a server would choose; `None` where that depends or is not known.
    ///
    /// libcurl also names `deflate`, which no server prefers to the others.
    #[must_use]
    pub fn codings(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Nothing => Some(&[]),
            Self::Gzip => Some(&["gzip"]),
            Self::GzipBrotli => Some(&["gzip", "br"]),
            Self::All => Some(&["gzip", "br", "zstd"]),
            Self::AsTold | Self::Unknown => None,
        }
    }

    /// Whether a body without a coding is what the tool gets whatever the server can do.
    #[must_use]
    pub fn takes_plain(self) -> bool {
        matches!(self, Self::Nothing | Self::AsTold)
    }
}
