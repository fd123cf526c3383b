//! web.page.perf of the Zabbix agent before it used libcurl.

use crate::stopwatch::definition::{
    AddressChoice, Change, Clock, Definition, Encoding, Failures, Redirects, Request, Reuse, Start, Stop, Unit,
    Verification,
};
use crate::stopwatch::evidence::{read, unverified};

pub(super) const DEFINITION: Definition = Definition {
    name: "zabbix/web.page.perf-before-2019",
    tool: "Zabbix agent (C) before 2019",
    metric: "web.page.perf",
    start: Start::Lookup,
    stop: Stop::Body,
    redirects: Redirects::NotFollowed,
    reuse: Reuse::Never,
    encoding: Encoding::Nothing,
    verification: Verification::PlainHttpOnly,
    family: AddressChoice::Unknown,
    request: Request::Get,
    clock: Clock::Wall,
    unit: Unit::Seconds,
    failures: Failures::Nothing,
    dropped: &[],
    retried: "nothing",
    also_inside: &[],
    notes: &["a raw exchange over a socket with Connection: close; it stops when the server has closed"],
    versions: &[Change { versions: "from 2019", what: "another definition: see zabbix/web.page.perf" }],
    evidence: &[
        read("zabbix/zabbix@010d1c63 src/libs/zbxsysinfo/common/http.c"),
        unverified("that a failed exchange shows no value in this version too"),
    ],
    series: &[],
};
