//! An API check of Checkly.

use crate::stopwatch::definition::{
    AddressChoice, Clock, Definition, Encoding, Failures, Redirects, Request, Reuse, Start, Stop, Unit, Verification,
};
use crate::stopwatch::evidence::{documented, unverified};

pub(super) const DEFINITION: Definition = Definition {
    name: "checkly/responseTime",
    tool: "Checkly API check",
    metric: "responseTime",
    start: Start::Lookup,
    stop: Stop::Body,
    redirects: Redirects::Unknown,
    reuse: Reuse::Unknown,
    encoding: Encoding::Unknown,
    verification: Verification::Unknown,
    family: AddressChoice::Unknown,
    request: Request::Get,
    clock: Clock::Unknown,
    unit: Unit::Millis,
    failures: Failures::Unknown,
    dropped: &[],
    retried: "not known",
    also_inside: &[],
    notes: &["its source is not public"],
    versions: &[],
    evidence: &[documented("Checkly's documentation: a response time and phases"), unverified("everything else")],
    series: &[],
};
