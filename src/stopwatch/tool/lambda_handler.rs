//! The Duration of a function on AWS Lambda.

use crate::stopwatch::definition::{
    AddressChoice, Clock, Definition, Encoding, Failures, Redirects, Request, Reuse, Start, Stop, Unit, Verification,
};
use crate::stopwatch::evidence::{documented, unverified};

pub(super) const DEFINITION: Definition = Definition {
    name: "lambda/duration",
    tool: "AWS Lambda handler",
    metric: "Duration",
    start: Start::Handler,
    stop: Stop::Handler,
    redirects: Redirects::Unknown,
    reuse: Reuse::Unknown,
    encoding: Encoding::Unknown,
    verification: Verification::Unknown,
    family: AddressChoice::Unknown,
    request: Request::Get,
    clock: Clock::Unknown,
    unit: Unit::Millis,
    failures: Failures::Elapsed,
    dropped: &[],
    retried: "as the function's caller retries; each invocation has its own Duration",
    also_inside: &["all that the handler does: making a client, starting curl, reading JSON, writing logs and metrics"],
    notes: &[
        "the init of a cold start is Init Duration, beside it",
        "a replay is a lower bound: the process of curl where curl was run, else the exchange",
    ],
    versions: &[],
    evidence: &[documented("AWS Lambda, the REPORT line"), unverified("where exactly its clock starts and stops")],
    series: &[],
};
