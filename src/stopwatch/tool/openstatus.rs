//! The HTTP checker of openstatus.

use crate::measurement::phase::Phase;
use crate::stopwatch::definition::{
    AddressChoice, Clock, Definition, Encoding, Failures, Redirects, Request, Reuse, Start, Stop, Unit, Verification,
};
use crate::stopwatch::evidence::read;
use crate::stopwatch::series::{Formula, Series};

pub(super) const DEFINITION: Definition = Definition {
    name: "openstatus/latency",
    tool: "openstatus",
    metric: "latency",
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
    dropped: &["attempts that failed before the one that did not"],
    retried: "3 times, with growing pauses; only the last attempt is shown",
    also_inside: &[],
    notes: &[
        "its own phases go on to the end of the body, so the headline can be smaller than their sum",
        "phases are readings of the wall clock in whole milliseconds; after a redirect the last hop overwrites them",
        "the transport is shared: a kept connection has neither lookup nor connecting nor handshake",
    ],
    versions: &[],
    evidence: &[read("openstatusHQ/openstatus apps/checker/checker/http.go, also @41e7bbd3")],
    series: &[
        Series { name: "dns", formula: Formula::Latest(&[Phase::Resolve]) },
        Series { name: "connect", formula: Formula::Latest(&[Phase::Connect]) },
        Series { name: "tlsHandshake", formula: Formula::Latest(&[Phase::Tls]) },
        Series { name: "firstByte", formula: Formula::Last(&[Phase::Send, Phase::Wait]) },
        Series { name: "transfer", formula: Formula::Last(&[Phase::Receive]) },
    ],
};
