//! Upptime's check.

use crate::stopwatch::definition::{
    AddressChoice, Clock, Definition, Encoding, Failures, Redirects, Request, Reuse, Start, Stop, Unit, Verification,
};
use crate::stopwatch::evidence::{read, unverified};

pub(super) const DEFINITION: Definition = Definition {
    name: "upptime/response_time",
    tool: "Upptime",
    metric: "responseTime",
    start: Start::Lookup,
    stop: Stop::Body,
    redirects: Redirects::Unknown,
    reuse: Reuse::Never,
    encoding: Encoding::Unknown,
    verification: Verification::Unknown,
    family: AddressChoice::Unknown,
    request: Request::Get,
    clock: Clock::Monotonic,
    unit: Unit::Seconds,
    failures: Failures::Unknown,
    dropped: &[],
    retried: "nothing",
    also_inside: &[],
    notes: &["libcurl's TOTAL_TIME with a fresh connection and no DNS cache"],
    versions: &[],
    evidence: &[
        read("upptime@2eb5d99: TOTAL_TIME, FRESH_CONNECT, FORBID_REUSE, DNS cache 0"),
        unverified("redirects, codings, verification and unit"),
    ],
    series: &[],
};
