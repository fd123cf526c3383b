//! One measurement as a waterfall: every hop and phase, network against local.

use crate::measurement::counted::counted;
use crate::measurement::hop::{Connection, Family, Hop};
use crate::measurement::outcome::Outcome;
use crate::measurement::sample::Sample;
use crate::measurement::units::Micros;
use crate::measurement::wire::Record;
use crate::summary::failures::check_name;

use super::bars::{Bar, Bars, Part, phase_parts};
use super::document::{Document, Table};
use super::figures::{bytes, ms};
use super::moment::rfc3339;

/// The page of one sample.
#[must_use]
pub fn document(record: &Record) -> Document {
    let sample = &record.sample;
    let mut page = Document::new(format!("{} {} from {}", sample.method, sample.target, sample.vantage));
    page.text(outcome(sample));
    page.notes(complaints(sample));
    page.bars(timeline(sample));
    page.table(local(sample));
    page.notes(vec![format!(
        "Began {}. Stopwatch {}. Sample {}.",
        rfc3339(sample.started_at_ms),
        sample.stopwatch,
        sample.id
    )]);
    page
}

fn outcome(sample: &Sample) -> String {
    let took = ms(sample.elapsed_us.as_millis());
    match &sample.outcome {
        Outcome::Failed(failure) => format!("Failed in {} after {took} ms: {}.", failure.phase.as_str(), failure.cause),
        Outcome::Answered(answer) => {
            let status = answer.status.map_or(String::new(), |status| format!(" {status}"));
            let size = answer.bytes.map_or(String::new(), |count| format!(", {}", bytes(count as f64)));
            let cut = if answer.truncated { ", cut at the size cap" } else { "" };
            format!("Answered{status} in {took} ms{size}{cut}.")
        }
    }
}

fn complaints(sample: &Sample) -> Vec<String> {
    let mut lines = match &sample.outcome {
        Outcome::Failed(failure) if failure.detail.is_empty() => Vec::new(),
        Outcome::Failed(failure) => vec![failure.detail.clone()],
        Outcome::Answered(answer) => {
            let line =
                |f: &crate::measurement::outcome::FailedCheck| format!("check {}: {}", check_name(f.check), f.reason);
            answer.failed_checks.iter().map(line).collect()
        }
    };
    if sample.slot_guessed {
        lines.push("Its slot is a guess: whoever asked for it named none.".to_owned());
    }
    if sample.clock_suspect {
        lines.push("The clocks drifted apart while measuring; do not rely on this sample.".to_owned());
    }
    lines
}

fn timeline(sample: &Sample) -> Bars {
    let (mut rows, mut at) = (Vec::new(), Micros::ZERO);
    for (index, hop) in sample.hops.iter().enumerate() {
        let text = |label: String, figure: String| Bar { label, offset: 0.0, parts: Vec::new(), figure };
        rows.push(text(format!("{}. ", index + 1), hop.url.clone()));
        rows.extend(facts(hop).into_iter().map(|fact| text("   ".to_owned(), fact)));
        for (phase, time) in hop.phases.present() {
            rows.push(Bar {
                label: format!("   {}", phase.as_str()),
                offset: at.as_millis(),
                parts: phase_parts(time),
                figure: split(time.elapsed_us, time.network_us),
            });
            at += time.elapsed_us;
        }
        if hop.overhead_us > Micros::ZERO {
            let length = hop.overhead_us.as_millis();
            // What is not a phase is our own work; of another tool's gaps that is not known.
            let split = hop.phases.present().any(|(_, time)| time.network_us.is_some());
            let part = if split { Part::Local } else { Part::Unsplit };
            let (label, parts) = ("   between".to_owned(), vec![(part, length)]);
            rows.push(Bar { label, offset: at.as_millis(), parts, figure: format!("{} ms", ms(length)) });
            at += hop.overhead_us;
        }
    }
    Bars { caption: "Timeline, whole (network + local)".to_owned(), rows }
}

fn split(elapsed: Micros, network: Option<Micros>) -> String {
    let all = ms(elapsed.as_millis());
    match network {
        None => format!("{all} ms"),
        Some(network) => {
            let local = elapsed.saturating_sub(network);
            format!("{all} ms ({} + {})", ms(network.as_millis()), ms(local.as_millis()))
        }
    }
}

/// What is known of a hop beside its times, in a line each.
fn facts(hop: &Hop) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(connection) = &hop.connection {
        lines.push(reached(connection).join(", "));
        let path = path(connection);
        if !path.is_empty() {
            lines.push(path.join(", "));
        }
    }
    if let Some(response) = &hop.response {
        let mut parts = vec![format!("status {}", response.status)];
        parts.extend(response.http_version.as_ref().map(|version| format!("HTTP/{version}")));
        parts.extend(response.header_bytes.map(|count| format!("header {}", bytes(count as f64))));
        parts.push(format!("body {}", bytes(response.body_bytes as f64)));
        parts.extend(response.content_encoding.as_ref().map(|coding| format!("encoded {coding}")));
        parts.extend(response.cdn.pop.as_ref().map(|pop| format!("edge {pop}")));
        parts.extend(response.cdn.cache.as_ref().map(|cache| format!("cache {cache}")));
        parts.extend(response.server_timing.iter().filter_map(|timing| {
            Some(format!("server says {} {} ms", timing.name, ms(timing.duration_us?.as_millis())))
        }));
        lines.push(parts.join(", "));
    }
    lines
}

fn reached(connection: &Connection) -> Vec<String> {
    let mut parts = vec![connection.peer.clone()];
    parts.extend(connection.family.map(|family| match family {
        Family::Ipv4 => "IPv4".to_owned(),
        Family::Ipv6 => "IPv6".to_owned(),
    }));
    parts.extend(connection.reused.then(|| "kept connection".to_owned()));
    parts.extend(connection.proxy.as_ref().map(|proxy| format!("by proxy {proxy}")));
    parts.extend(connection.fallback.as_ref().map(|fallback| {
        format!("{} tried first ({}), {} ms lost", fallback.from, fallback.reason, ms(fallback.after_us.as_millis()))
    }));
    if let Some(tls) = &connection.tls {
        let version = if tls.version.is_empty() { "version not told" } else { &tls.version };
        parts.push(format!("TLS {version}{}", if tls.resumed { " resumed" } else { "" }));
        parts.extend((tls.verified == Some(false)).then(|| "certificate not checked".to_owned()));
        parts.extend(tls.certificate_days_left.map(|days| format!("certificate good for {}", counted(days, "day"))));
    }
    parts
}

fn path(connection: &Connection) -> Vec<String> {
    let Some(tcp) = &connection.tcp else { return Vec::new() };
    let rtts = [("handshake", tcp.handshake_rtt_us), ("smallest", tcp.min_rtt_us), ("smoothed", tcp.smoothed_rtt_us)];
    let rtts: Vec<String> =
        rtts.into_iter().filter_map(|(name, rtt)| Some(format!("{name} {} ms", ms(rtt?.as_millis())))).collect();
    let rtts = (!rtts.is_empty()).then(|| format!("kernel RTT {}", rtts.join(", ")));
    let counted = [("retransmits", tcp.retransmits), ("out of order", tcp.out_of_order.filter(|count| *count > 0))];
    let counted = counted.into_iter().filter_map(|(name, count)| Some(format!("{name} {}", count?)));
    rtts.into_iter().chain(counted).collect()
}

fn local(sample: &Sample) -> Table {
    let mut table = Table::new("On this machine", &["", ""]);
    let local = &sample.local;
    let mut times = vec![
        ("CPU time", local.cpu_us),
        ("kept from running", local.run_delay_us),
        ("largest stall", local.largest_stall_us),
        ("stolen by the hypervisor", local.steal_us),
    ];
    if let Some(run) = &sample.curl {
        times.extend([
            ("curl's own total", Some(run.time_total_us)),
            ("curl's process, start to end", Some(run.process_us)),
        ]);
    }
    let times = times
        .into_iter()
        .filter_map(|(name, time)| Some(vec![name.to_owned(), format!("{} ms", ms(time?.as_millis()))]));
    table.rows.extend(times);
    let switched =
        local.involuntary_switches.map(|count| vec!["times the CPU was taken away".to_owned(), count.to_string()]);
    table.rows.extend(switched);
    table
}
