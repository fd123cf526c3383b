//! An HTTP measurement of a RIPE Atlas probe.

use crate::measurement::phase::Phase;
use crate::stopwatch::definition::{
    AddressChoice, Clock, Definition, Encoding, Failures, Redirects, Request, Reuse, Start, Stop, Unit, Verification,
};
use crate::stopwatch::evidence::{read, unverified};
use crate::stopwatch::series::{Formula, Series};

pub(super) const DEFINITION: Definition = Definition {
    name: "ripe-atlas/rt",
    tool: "RIPE Atlas",
    metric: "rt",
    start: Start::Connect,
    stop: Stop::Body,
    redirects: Redirects::NotFollowed,
    reuse: Reuse::Never,
    encoding: Encoding::Nothing,
    verification: Verification::PlainHttpOnly,
    family: AddressChoice::AsTold,
    request: Request::Get,
    clock: Clock::Monotonic,
    unit: Unit::Millis,
    failures: Failures::Unknown,
    dropped: &[],
    retried: "nothing",
    also_inside: &[],
    notes: &["the lookup is outside the number, and is ttr beside it", "measures plain HTTP to anchors"],
    versions: &[],
    evidence: &[
        read("probe-busybox eperd/httpget.c"),
        unverified("what ttc and ttfb begin at; that plain HTTP is all it speaks"),
    ],
    series: &[
        Series { name: "ttr", formula: Formula::Last(&[Phase::Resolve]) },
        Series { name: "ttc", formula: Formula::Last(&[Phase::Connect]) },
        Series { name: "ttfb", formula: Formula::Last(&[Phase::Connect, Phase::Send, Phase::Wait]) },
    ],
};
