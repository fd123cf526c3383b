//! A step of a web scenario on a Zabbix server or proxy.

use crate::stopwatch::definition::{
    AddressChoice, Change, Clock, Definition, Encoding, Failures, Redirects, Request, Reuse, Start, Stop, Unit,
    Verification,
};
use crate::stopwatch::evidence::{documented, measured, read, unverified};

pub(super) const DEFINITION: Definition = Definition {
    name: "zabbix/web.test.time",
    tool: "Zabbix web scenario",
    metric: "web.test.time[scenario,step,resp]",
    start: Start::Lookup,
    stop: Stop::Body,
    redirects: Redirects::AsTold,
    reuse: Reuse::WithinCheck,
    encoding: Encoding::All,
    verification: Verification::Off,
    family: AddressChoice::HappyEyeballs200,
    request: Request::Get,
    clock: Clock::Monotonic,
    unit: Unit::Seconds,
    failures: Failures::Nothing,
    dropped: &["attempts that failed before the one that did not", "steps that failed"],
    retried: "a failed transfer at once, as often as the scenario says (1 attempt by default); only the last good one is shown",
    also_inside: &[
        "decoding of the body",
        "libcurl's loading of the trust store, with some TLS libraries although verification is off",
    ],
    notes: &[
        "libcurl's TOTAL_TIME of the step: with follow_redirects (the default) all hops are in it, and a replay takes it as the sample did",
        "one handle an execution: the first step resolves, connects and shakes hands anew; later steps to the same host do not. A replay is of the first step",
        "the value's time is taken after the transfer, so the start is the time less the value",
        "a status or a text that is not as required still leaves the time stored",
        "no phases are stored; trends keep minimum, mean and maximum, so percentiles need the history",
        "with the retrieve mode for headers only it asks with HEAD",
    ],
    versions: &[Change { versions: "1.8", what: "redirects were always followed" }],
    evidence: &[
        read("zabbix/zabbix@00a2e546 src/zabbix_server/httppoller/httptest.c, @0030de06 src/libs/zbxhttp/http.c"),
        documented("Zabbix 6.4 API, httptest object: verify_peer and verify_host are 0 by default; Zabbix 1.8 manual"),
        measured("trust store: 24-28 ms on loopback with libcurl-GnuTLS (Zabbix 6.0.14), verification off"),
        unverified("follow_redirects by default; the delay between address families is libcurl's"),
    ],
    series: &[],
};
