//! Our own exchange over kept connections.

use crate::measurement::phase::Phase;
use crate::stopwatch::definition::{
    AddressChoice, Clock, Definition, Encoding, Failures, Redirects, Request, Reuse, Start, Stop, Unit, Verification,
};
use crate::stopwatch::evidence::read;
use crate::stopwatch::series::{Formula, Series};

pub(super) const DEFINITION: Definition = Definition {
    name: "parallax/pooled",
    tool: "Parallax, method pooled",
    metric: "elapsed_us",
    start: Start::Lookup,
    stop: Stop::Body,
    redirects: Redirects::AsTold,
    reuse: Reuse::AcrossChecks,
    encoding: Encoding::AsTold,
    verification: Verification::On,
    family: AddressChoice::HappyEyeballs,
    request: Request::Get,
    clock: Clock::Monotonic,
    unit: Unit::Millis,
    failures: Failures::Elapsed,
    dropped: &[],
    retried: "nothing",
    also_inside: &["decoding of the body, where a coding was asked for"],
    notes: &[
        "what an application with kept connections sees: lookup, connecting and handshake only on a new connection",
        "the sending of the request is within wait",
    ],
    versions: &[],
    evidence: &[read("src/adapters/pooled")],
    series: &[
        Series { name: "resolve_us", formula: Formula::Sum(&[Phase::Resolve]) },
        Series { name: "connect_us", formula: Formula::Sum(&[Phase::Connect]) },
        Series { name: "tls_us", formula: Formula::Sum(&[Phase::Tls]) },
        Series { name: "send_us", formula: Formula::Sum(&[Phase::Send]) },
        Series { name: "wait_us", formula: Formula::Sum(&[Phase::Wait]) },
        Series { name: "receive_us", formula: Formula::Sum(&[Phase::Receive]) },
    ],
};
