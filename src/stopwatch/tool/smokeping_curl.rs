//! SmokePing's probe that runs curl.

use crate::stopwatch::definition::{
    AddressChoice, Clock, Definition, Encoding, Failures, Redirects, Request, Reuse, Start, Stop, Unit, Verification,
};
use crate::stopwatch::evidence::read;

pub(super) const DEFINITION: Definition = Definition {
    name: "smokeping/curl",
    tool: "SmokePing Curl",
    metric: "the probe's value",
    start: Start::Connect,
    stop: Stop::Body,
    redirects: Redirects::NotFollowed,
    reuse: Reuse::Never,
    encoding: Encoding::Nothing,
    verification: Verification::On,
    family: AddressChoice::HappyEyeballs200,
    request: Request::Get,
    clock: Clock::Monotonic,
    unit: Unit::Seconds,
    failures: Failures::Unknown,
    dropped: &[],
    retried: "nothing",
    also_inside: &["as in curl: the trust store, and decoding"],
    notes: &[
        "time_total - time_namelookup; with include_redirects=yes time_redirect is added again, though it is in time_total already",
        "no -L by default",
    ],
    versions: &[],
    evidence: &[read("SmokePing lib/Smokeping/probes/Curl.pm:261")],
    series: &[],
};
