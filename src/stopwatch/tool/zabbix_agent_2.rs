//! web.page.perf of Zabbix agent 2, written in Go.

use crate::stopwatch::definition::{
    AddressChoice, Change, Clock, Definition, Encoding, Failures, Redirects, Request, Reuse, Start, Stop, Unit,
    Verification,
};
use crate::stopwatch::evidence::{read, unverified};

pub(super) const DEFINITION: Definition = Definition {
    name: "zabbix/agent2.web.page.perf",
    tool: "Zabbix agent 2",
    metric: "web.page.perf",
    start: Start::Lookup,
    stop: Stop::Headers,
    redirects: Redirects::NotFollowed,
    reuse: Reuse::Never,
    encoding: Encoding::Gzip,
    verification: Verification::Off,
    family: AddressChoice::HappyEyeballs300,
    request: Request::Get,
    clock: Clock::Monotonic,
    unit: Unit::Seconds,
    failures: Failures::Nothing,
    dropped: &[],
    retried: "nothing",
    also_inside: &[],
    notes: &["the body is never read, although the item is documented as the loading time of a full web page"],
    versions: &[Change { versions: "newer", what: "a redirectLimit: hops up to it are followed and are in the time" }],
    evidence: &[
        read("zabbix/zabbix src/go/plugins/web/page/page.go and src/go/pkg/web"),
        unverified("the version that brought redirectLimit"),
    ],
    series: &[],
};
