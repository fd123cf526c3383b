//! What each method says of its exchanges, against what the client's device saw of the same ones.

use std::collections::BTreeMap;
use std::env;
use std::process::Command;
use std::time::Duration;

use anyhow::Context;
use parallax::lab::capture::flows::{Flow, WireTime};
use parallax::measurement::units::Micros;

use crate::bound::bound;
use crate::figures;
use crate::measure::{self, Exchange, Job};
use crate::road::Road;
use crate::spread::Spread;
use crate::stamps::Bare;

const ROUNDS: usize = 200;
/// In milliseconds, at the 95th percentile.
const OFF: f64 = 0.3;
/// Closer bounds of single quantities: a percentile, and the most there; milliseconds.
const CLOSER: [(&str, usize, f64); 5] = [
    ("connect, network part", 99, 0.1),
    ("total on the wire", 50, 0.2),
    ("total on the wire", 99, 0.5),
    ("total, elapsed", 50, 0.2),
    ("total, elapsed", 99, 0.5),
];
/// CPU of `fresh` as a share of curl's, medians.
const CPU_SHARE: f64 = 0.2;

/// One quantity: what the method says, and the two instants between which the wire had it.
pub struct Quantity {
    /// As tables call it.
    pub name: &'static str,
    /// By the kernel's stamps and counters; what programs see themselves has their waking up in it.
    pub is_stamped: bool,
    ours: fn(&Exchange) -> Option<Micros>,
    wire: fn(&Flow) -> Option<WireTime>,
    /// Where waking up is in it: what a program is off by that only connects and reads.
    bare: fn(&Bare) -> Option<&Spread>,
}

/// All count from the client's SYN.
pub const QUANTITIES: [Quantity; 6] = [
    Quantity {
        name: "connect, network part",
        is_stamped: true,
        ours: |seen| seen.connect_network_us,
        wire: |flow| flow.syn_ack,
        bare: |_| None,
    },
    Quantity {
        name: "first byte on the wire",
        is_stamped: true,
        ours: |seen| seen.wire_first_byte_us,
        wire: |flow| flow.header,
        bare: |_| None,
    },
    Quantity {
        name: "total on the wire",
        is_stamped: true,
        ours: |seen| seen.wire_total_us,
        wire: |flow| flow.body_end,
        bare: |_| None,
    },
    Quantity {
        name: "connect, elapsed",
        is_stamped: false,
        ours: |seen| Some(seen.connect_us),
        wire: |flow| flow.syn_ack,
        bare: |bare| bare.connect.as_ref(),
    },
    Quantity {
        name: "first byte, elapsed",
        is_stamped: false,
        ours: |seen| Some(seen.first_byte_us),
        wire: |flow| flow.header,
        bare: |bare| bare.first_byte.as_ref(),
    },
    Quantity {
        name: "total, elapsed",
        is_stamped: false,
        ours: |seen| Some(seen.total_us),
        wire: |flow| flow.body_end,
        bare: |bare| bare.total.as_ref(),
    },
];

/// Whether every bound was kept.
pub fn run(road: &Road, bare: &Bare) -> anyhow::Result<bool> {
    let site = road.site()?;
    let keys = tempfile::Builder::new().prefix("parallax-").suffix(".keys").tempfile()?;
    let job = Job {
        url: site.url("/page"),
        authority: site.authority_path().to_owned(),
        rounds: ROUNDS,
        curl: true,
        pause: Duration::from_millis(10),
        work: Duration::ZERO,
    };
    let (output, flows) = road.captured(site.address().port(), keys.path(), || {
        let mut command = Command::new(env::current_exe()?);
        command.args(job.arguments()?).env("SSLKEYLOGFILE", keys.path());
        road.run_near(command)
    })?;
    let exchanges = measure::told(&output.stdout)?;
    figures::head();
    let mut kept = true;
    for by_curl in [false, true] {
        for quantity in &QUANTITIES {
            let differences = differences(&exchanges, &flows, by_curl, quantity)?;
            let method = if by_curl { "curl" } else { "fresh" };
            let spread = figures::row(&format!("{method}: {}", quantity.name), &differences);
            if by_curl {
                continue;
            }
            let whole = spread.filter(|spread| spread.count() == ROUNDS);
            let found = |percent| whole.as_ref().map(|spread| spread.at(percent));
            let holds = bound(&format!("fresh: {}, p95", quantity.name), found(95), OFF, " ms");
            if let Some(bare) = (quantity.bare)(bare).filter(|_| !holds) {
                println!(
                    "        a program that only connects and reads: {:.3} ms; is the machine quiet?",
                    bare.at(95)
                );
            }
            kept &= holds;
            for (_, percent, most) in CLOSER.iter().filter(|(name, ..)| *name == quantity.name) {
                kept &= bound(&format!("fresh: {}, p{percent}", quantity.name), found(*percent), *most, " ms");
            }
        }
    }
    Ok(kept & processor(&exchanges))
}

/// Of each exchange of the method, in milliseconds.
pub fn differences(
    exchanges: &[Exchange],
    flows: &BTreeMap<u16, Flow>,
    by_curl: bool,
    quantity: &Quantity,
) -> anyhow::Result<Vec<f64>> {
    let mut found = Vec::new();
    for seen in exchanges.iter().filter(|seen| seen.by_curl == by_curl) {
        let flow = flows.get(&seen.port).with_context(|| format!("the wire has nothing of port {}", seen.port))?;
        let wire = flow.syn.zip((quantity.wire)(flow)).map(|(syn, end)| end.saturating_sub(syn));
        let wire = wire.with_context(|| format!("the wire has no {} of port {}", quantity.name, seen.port))?;
        found.extend((quantity.ours)(seen).map(|ours| figures::off(Duration::from(ours), wire)));
    }
    Ok(found)
}

fn processor(exchanges: &[Exchange]) -> bool {
    let median = |by_curl: bool| {
        let used = exchanges.iter().filter(|seen| seen.by_curl == by_curl).filter_map(|seen| seen.cpu_us);
        Spread::of(used.map(Micros::as_millis).collect()).map(|spread| spread.at(50))
    };
    let (fresh, curl) = (median(false), median(true));
    let shown = |used: Option<f64>| used.map_or_else(|| "unknown".to_owned(), |used| format!("{used:.3} ms"));
    println!("processor time of one exchange, median: fresh {}, curl {}", shown(fresh), shown(curl));
    bound("processor time of fresh to curl's", fresh.zip(curl).map(|(fresh, curl)| fresh / curl), CPU_SHARE, "")
}
