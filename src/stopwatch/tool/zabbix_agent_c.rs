//! web.page.perf of the Zabbix agent written in C.

use crate::stopwatch::definition::{
    AddressChoice, Change, Clock, Definition, Encoding, Failures, Redirects, Request, Reuse, Start, Stop, Unit,
    Verification,
};
use crate::stopwatch::evidence::{read, unverified};

pub(super) const DEFINITION: Definition = Definition {
    name: "zabbix/web.page.perf",
    tool: "Zabbix agent (C)",
    metric: "web.page.perf",
    start: Start::Lookup,
    stop: Stop::Body,
    redirects: Redirects::NotFollowed,
    reuse: Reuse::Never,
    encoding: Encoding::All,
    verification: Verification::Off,
    family: AddressChoice::HappyEyeballs200,
    request: Request::Get,
    clock: Clock::Wall,
    unit: Unit::Seconds,
    failures: Failures::Nothing,
    dropped: &[],
    retried: "nothing",
    also_inside: &["making and freeing the libcurl handle", "decoding of the body"],
    notes: &[
        "documented as the loading time of a full web page, as is agent 2's, which stops at the headers",
        "an agent built without libcurl speaks plain HTTP over a socket of its own, as before 2019",
    ],
    versions: &[Change { versions: "before 2019", what: "another definition: see zabbix/web.page.perf-before-2019" }],
    evidence: &[
        read("zabbix/zabbix@73b06bef src/libs/zbxsysinfo/common/http.c"),
        unverified("the delay between address families is libcurl's"),
    ],
    series: &[],
};
