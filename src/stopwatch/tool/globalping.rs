//! An HTTP measurement of a Globalping probe.

use crate::measurement::phase::Phase;
use crate::stopwatch::definition::{
    AddressChoice, Clock, Definition, Encoding, Failures, Redirects, Request, Reuse, Start, Stop, Unit, Verification,
};
use crate::stopwatch::evidence::read;
use crate::stopwatch::series::{Formula, Series};

pub(super) const DEFINITION: Definition = Definition {
    name: "globalping/total",
    tool: "Globalping",
    metric: "timings.total",
    start: Start::Lookup,
    stop: Stop::Body,
    redirects: Redirects::NotFollowed,
    reuse: Reuse::Never,
    encoding: Encoding::GzipBrotli,
    verification: Verification::Off,
    family: AddressChoice::Ipv4First,
    request: Request::Head,
    clock: Clock::Wall,
    unit: Unit::MillisOfTwo,
    failures: Failures::Nothing,
    dropped: &["timings of a failed request: all of them are null"],
    retried: "nothing",
    also_inside: &["decoding of the body"],
    notes: &[
        "asks with HEAD by default; with GET it stops once the body is 10 000 characters long",
        "codings: gzip, deflate and br, and zstd where its Node.js has it",
    ],
    versions: &[],
    evidence: &[read("jsdelivr/globalping-probe src/command/handlers/http/undici.ts, also @00fc723d")],
    series: &[
        Series { name: "timings.dns", formula: Formula::Last(&[Phase::Resolve]) },
        Series { name: "timings.tcp", formula: Formula::Last(&[Phase::Connect]) },
        Series { name: "timings.tls", formula: Formula::Last(&[Phase::Tls]) },
        Series { name: "timings.firstByte", formula: Formula::Last(&[Phase::Send, Phase::Wait]) },
        Series { name: "timings.download", formula: Formula::Last(&[Phase::Receive]) },
    ],
};
