//! The httpcheck receiver of the OpenTelemetry collector.

use crate::stopwatch::definition::{
    AddressChoice, Clock, Definition, Encoding, Failures, Redirects, Request, Reuse, Start, Stop, Unit, Verification,
};
use crate::stopwatch::evidence::read;

pub(super) const DEFINITION: Definition = Definition {
    name: "otel/httpcheck.duration",
    tool: "OpenTelemetry httpcheck",
    metric: "httpcheck.duration",
    start: Start::Lookup,
    stop: Stop::Headers,
    redirects: Redirects::Followed,
    reuse: Reuse::AcrossChecks,
    encoding: Encoding::Gzip,
    verification: Verification::On,
    family: AddressChoice::HappyEyeballs300,
    request: Request::Get,
    clock: Clock::Monotonic,
    unit: Unit::MillisCut,
    failures: Failures::Elapsed,
    dropped: &[],
    retried: "nothing",
    also_inside: &[
        "waiting for a lock that all targets of the receiver share",
        "reading the certificate, where its metric is on",
    ],
    notes: &[
        "connections are kept from scrape to scrape: lookup, connecting and handshake are in it only on a new one",
    ],
    versions: &[],
    evidence: &[read("open-telemetry/opentelemetry-collector-contrib@00ca1ae7 receiver/httpcheckreceiver/scraper.go")],
    series: &[],
};
