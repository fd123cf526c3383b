//! The HTTP prober of the Prometheus blackbox exporter.

use crate::measurement::phase::Phase;
use crate::stopwatch::definition::{
    AddressChoice, Change, Clock, Definition, Encoding, Failures, Redirects, Request, Reuse, Start, Stop, Unit,
    Verification,
};
use crate::stopwatch::evidence::{documented, read};
use crate::stopwatch::series::{Formula, Series};

pub(super) const DEFINITION: Definition = Definition {
    name: "blackbox_exporter/probe_duration_seconds",
    tool: "blackbox_exporter",
    metric: "probe_duration_seconds",
    start: Start::Lookup,
    stop: Stop::Body,
    redirects: Redirects::Followed,
    reuse: Reuse::Never,
    encoding: Encoding::Nothing,
    verification: Verification::On,
    family: AddressChoice::Ipv6FirstOne,
    request: Request::Get,
    clock: Clock::Monotonic,
    unit: Unit::Seconds,
    failures: Failures::Elapsed,
    dropped: &["what is slower than the scrape timeout less its offset (0.5 s): values near it are cut off"],
    retried: "nothing",
    also_inside: &[
        "matching of regular expressions and CEL on the body",
        "everything else the prober does: the number is of the whole probe",
    ],
    notes: &[
        "phases add up over redirects, except transfer, which is of the last hop; they do not add up to the duration",
        "the first lookup is the prober's own, and then it connects by address; redirects are followed by the client",
        "codings are asked for only where a header or the module's compression says so",
        "Grafana Synthetic Monitoring publishes this number; for slow schedules it repeats the last value for 2 minutes",
    ],
    versions: &[
        Change {
            versions: "before 0.19.0",
            what: "the phase tls began at the end of the lookup: connecting is counted in connect and again in tls",
        },
        Change { versions: "from 0.19.0", what: "the phase tls is the handshake; decompression can be asked for" },
    ],
    evidence: &[
        read("prometheus/blackbox_exporter prober/http.go, and @00a32073 of it for the old phases"),
        documented("CHANGELOG.md, 0.19.0: the phase tls (758), decompression (764)"),
    ],
    series: &[
        Series { name: "probe_http_duration_seconds{phase=resolve}", formula: Formula::Sum(&[Phase::Resolve]) },
        Series { name: "probe_http_duration_seconds{phase=connect}", formula: Formula::Sum(&[Phase::Connect]) },
        Series { name: "probe_http_duration_seconds{phase=tls}", formula: Formula::SumOverTls(&[Phase::Tls]) },
        Series {
            name: "probe_http_duration_seconds{phase=tls} before 0.19.0",
            formula: Formula::SumOverTls(&[Phase::Connect, Phase::Tls]),
        },
        Series {
            name: "probe_http_duration_seconds{phase=processing}",
            formula: Formula::Sum(&[Phase::Send, Phase::Wait]),
        },
        Series { name: "probe_http_duration_seconds{phase=transfer}", formula: Formula::Last(&[Phase::Receive]) },
    ],
};
