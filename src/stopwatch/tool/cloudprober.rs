//! The HTTP probe of cloudprober.

use crate::stopwatch::definition::{
    AddressChoice, Clock, Definition, Encoding, Failures, Redirects, Request, Reuse, Start, Stop, Unit, Verification,
};
use crate::stopwatch::evidence::read;

pub(super) const DEFINITION: Definition = Definition {
    name: "cloudprober/latency",
    tool: "cloudprober",
    metric: "latency",
    start: Start::Lookup,
    stop: Stop::Headers,
    redirects: Redirects::Followed,
    reuse: Reuse::Never,
    encoding: Encoding::Gzip,
    verification: Verification::On,
    family: AddressChoice::Ipv4First,
    request: Request::Get,
    clock: Clock::Monotonic,
    unit: Unit::Seconds,
    failures: Failures::Nothing,
    dropped: &["requests that failed or timed out", "responses that did not pass a validator"],
    retried: "nothing",
    also_inside: &[],
    notes: &[
        "latency is a sum (or a distribution) over requests: divide by success, not by total",
        "with keep_alive connections are kept",
        "with resolve_first the lookup is outside the number",
    ],
    versions: &[],
    evidence: &[read("cloudprober/cloudprober probes/http/http.go, also @013c1b62")],
    series: &[],
};
