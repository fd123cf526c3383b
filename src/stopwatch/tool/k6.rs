//! A request of k6.

use crate::measurement::phase::Phase;
use crate::stopwatch::definition::{
    AddressChoice, Clock, Definition, Encoding, Failures, Redirects, Request, Reuse, Start, Stop, Unit, Verification,
};
use crate::stopwatch::evidence::{read, unverified};
use crate::stopwatch::series::{Formula, Series};

pub(super) const DEFINITION: Definition = Definition {
    name: "k6/http_req_duration",
    tool: "k6",
    metric: "http_req_duration",
    start: Start::Request,
    stop: Stop::Body,
    redirects: Redirects::EachAlone,
    reuse: Reuse::AcrossChecks,
    encoding: Encoding::Nothing,
    verification: Verification::On,
    family: AddressChoice::HappyEyeballs300,
    request: Request::Get,
    clock: Clock::Wall,
    unit: Unit::Millis,
    failures: Failures::Elapsed,
    dropped: &[],
    retried: "nothing",
    also_inside: &[],
    notes: &[
        "sending, waiting and receiving: lookup, connecting and handshake are never in it",
        "followed redirects (10 by default) are each a value of their own",
        "connections are kept within a virtual user by default",
        "the marks are readings of the wall clock in nanoseconds",
    ],
    versions: &[],
    evidence: &[
        read("grafana/k6 lib/netext/httpext/tracer.go @0568f273, transport.go @07630ed3, js/runner.go"),
        unverified("the delay between address families is Go's"),
    ],
    series: &[
        Series { name: "http_req_connecting", formula: Formula::Last(&[Phase::Connect]) },
        Series { name: "http_req_tls_handshaking", formula: Formula::Last(&[Phase::Tls]) },
        Series { name: "http_req_sending", formula: Formula::Last(&[Phase::Send]) },
        Series { name: "http_req_waiting", formula: Formula::Last(&[Phase::Wait]) },
        Series { name: "http_req_receiving", formula: Formula::Last(&[Phase::Receive]) },
    ],
};
