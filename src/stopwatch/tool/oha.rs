//! A request of oha.

use crate::stopwatch::definition::{
    AddressChoice, Clock, Definition, Encoding, Failures, Redirects, Request, Reuse, Start, Stop, Unit, Verification,
};
use crate::stopwatch::evidence::{read, unverified};

pub(super) const DEFINITION: Definition = Definition {
    name: "oha/total",
    tool: "oha",
    metric: "total",
    start: Start::Lookup,
    stop: Stop::Body,
    redirects: Redirects::AsTold,
    reuse: Reuse::AcrossChecks,
    encoding: Encoding::Unknown,
    verification: Verification::On,
    family: AddressChoice::Unknown,
    request: Request::Get,
    clock: Clock::Monotonic,
    unit: Unit::Seconds,
    failures: Failures::Unknown,
    dropped: &[],
    retried: "nothing",
    also_inside: &[],
    notes: &["lookup, connecting and handshake are in the first request of each connection only"],
    versions: &[],
    evidence: &[
        read("oha: total and first byte, kept connections, redirects an option"),
        unverified("codings, and what a failed request shows"),
    ],
    series: &[],
};
