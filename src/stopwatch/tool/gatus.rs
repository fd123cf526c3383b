//! An HTTP endpoint of Gatus.

use crate::stopwatch::definition::{
    AddressChoice, Clock, Definition, Encoding, Failures, Redirects, Request, Reuse, Start, Stop, Unit, Verification,
};
use crate::stopwatch::evidence::read;

pub(super) const DEFINITION: Definition = Definition {
    name: "gatus/duration",
    tool: "Gatus",
    metric: "Duration",
    start: Start::Lookup,
    stop: Stop::Headers,
    redirects: Redirects::Followed,
    reuse: Reuse::AcrossChecks,
    encoding: Encoding::Gzip,
    verification: Verification::On,
    family: AddressChoice::HappyEyeballs300,
    request: Request::Get,
    clock: Clock::Monotonic,
    unit: Unit::Nanos,
    failures: Failures::Elapsed,
    dropped: &[],
    retried: "nothing",
    also_inside: &[],
    notes: &[
        "connections are kept from check to check: lookup, connecting and handshake are in it only where the server had closed the last one",
        "a body is read, after the clock has stopped, only where a condition needs it",
    ],
    versions: &[],
    evidence: &[read("TwiN/gatus config/endpoint/endpoint.go, also @02f3a779")],
    series: &[],
};
