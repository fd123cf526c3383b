//! The curl command line.

use crate::measurement::phase::Phase;
use crate::stopwatch::definition::{
    AddressChoice, Change, Clock, Definition, Encoding, Failures, Redirects, Request, Reuse, Start, Stop, Unit,
    Verification,
};
use crate::stopwatch::evidence::{documented, read};
use crate::stopwatch::series::{Formula, Series};

pub(super) const DEFINITION: Definition = Definition {
    name: "curl/time_total",
    tool: "curl",
    metric: "%{time_total}",
    start: Start::Lookup,
    stop: Stop::Body,
    redirects: Redirects::AsTold,
    reuse: Reuse::Never,
    encoding: Encoding::AsTold,
    verification: Verification::On,
    family: AddressChoice::HappyEyeballs200,
    request: Request::Get,
    clock: Clock::Monotonic,
    unit: Unit::Seconds,
    failures: Failures::Elapsed,
    dropped: &[],
    retried: "nothing",
    also_inside: &[
        "loading of the trust store, within appconnect - connect (not with -k)",
        "decoding of the body",
        "writing the body to its output, and a slow reader of it",
    ],
    notes: &[
        "not followed without -L, no coding asked for without --compressed: a replay takes both as the sample did",
        "with -L every counter is a sum over the chain, so differences of counters hold only as sums over hops",
        "starting the process, linking and reading options are outside every counter",
        "with a proxy, connect is the proxy's and the lookup is of the proxy's name",
        "on a kept connection namelookup, connect and appconnect are tens of microseconds and not 0",
    ],
    versions: &[
        Change { versions: "before 7.56.0", what: "-L did not sum every counter over the chain" },
        Change { versions: "7.85 to 7.87", what: "connect was 0 on a kept connection" },
        Change { versions: "from 8.10", what: "posttransfer ends the sending" },
        Change { versions: "8.x", what: "the ClientHello is sent before the trust store is parsed" },
    ],
    evidence: &[
        read("curl/curl@5c61e16 lib/progress.c"),
        documented(
            "docs/cmdline-opts/write-out.md, docs/libcurl/curl_easy_getinfo.md; curl issues 8892, 4269, 522, 3760, 10371, 2506, 12339, 12873",
        ),
    ],
    series: &[
        Series { name: "time_namelookup", formula: Formula::Sum(&[Phase::Resolve]) },
        Series { name: "time_connect", formula: Formula::Sum(&[Phase::Resolve, Phase::Connect]) },
        Series { name: "time_appconnect", formula: Formula::SumOverTls(&[Phase::Resolve, Phase::Connect, Phase::Tls]) },
        Series { name: "time_starttransfer", formula: Formula::UntilFirstByte },
        Series { name: "time_redirect", formula: Formula::BeforeLast },
        Series { name: "time_total", formula: Formula::Everything },
    ],
};
