//! An HTTP monitor of Uptime Kuma.

use crate::stopwatch::definition::{
    AddressChoice, Clock, Definition, Encoding, Failures, Redirects, Request, Reuse, Start, Stop, Unit, Verification,
};
use crate::stopwatch::evidence::{read, unverified};

pub(super) const DEFINITION: Definition = Definition {
    name: "uptime-kuma/ping",
    tool: "Uptime Kuma",
    metric: "ping",
    start: Start::Lookup,
    stop: Stop::Body,
    redirects: Redirects::Followed,
    reuse: Reuse::Never,
    encoding: Encoding::GzipBrotli,
    verification: Verification::On,
    family: AddressChoice::HappyEyeballs,
    request: Request::Get,
    clock: Clock::Wall,
    unit: Unit::MillisOfTwo,
    failures: Failures::NothingOutside2xx,
    dropped: &["checks that failed: they have no ping"],
    retried: "a failed check as often as the monitor says, after its retry interval; such beats are pending, without a ping",
    also_inside: &[
        "asking for an OAuth token and looking up a proxy, where the monitor has them",
        "parsing of the body",
    ],
    notes: &[
        "a status outside 200 to 299 is a failure unless the monitor accepts it",
        "its statistics keep mean, minimum and maximum only",
    ],
    versions: &[],
    evidence: &[
        read("louislam/uptime-kuma server/model/monitor.js"),
        unverified("the delay between address families; that a failed check has no ping; the codings axios asks for"),
    ],
    series: &[],
};
