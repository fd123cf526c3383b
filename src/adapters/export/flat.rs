//! One sample as one row.

use std::io::{self, Write};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::measurement::asked::Asked;
use crate::measurement::environment::Init;
use crate::measurement::hop::Hop;
use crate::measurement::outcome::Outcome;
use crate::measurement::phase::{Phase, PhaseTime};
use crate::measurement::sample::Sample;
use crate::measurement::units::{Micros, UnixMillis};
use crate::measurement::wire::Record;

/// The columns, in order. Names are a public contract: a new one goes to the end.
pub const COLUMNS: [&str; 51] = [
    "id",
    "target",
    "vantage",
    "method",
    "stopwatch",
    "tool_version",
    "slot",
    "started_at",
    "late_ms",
    "elapsed_ms",
    "outcome",
    "status",
    "bytes",
    "truncated",
    "failed_checks",
    "failed_phase",
    "cause",
    "detail",
    "hops",
    "resolve_ms",
    "connect_ms",
    "tls_ms",
    "send_ms",
    "wait_ms",
    "receive_ms",
    "overhead_ms",
    "network_ms",
    "local_ms",
    "cpu_ms",
    "run_delay_ms",
    "largest_stall_ms",
    "steal_ms",
    "init",
    "invocation",
    "peer",
    "http_version",
    "tls_version",
    "handshake_rtt_ms",
    "clock_suspect",
    "platform",
    "region",
    "az_id",
    "sandbox",
    "cpu_model",
    "memory_mb",
    "probe_version",
    "asked_method",
    "asked_encoding",
    "asked_http",
    "asked_verify",
    "asked_redirects",
];

/// Writes rows.
#[derive(Debug)]
pub struct Flat<W: Write> {
    rows: csv::Writer<W>,
}

impl<W: Write> Flat<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// The writer's.
    pub fn new(out: W) -> io::Result<Self> {
        let mut rows = csv::Writer::from_writer(out);
        rows.write_record(COLUMNS).map_err(of_writer)?;
        Ok(Self { rows })
    }

    /// Writes one row.
    ///
    /// # Errors
    /// The writer's.
    pub fn row(&mut self, record: &Record) -> io::Result<()> {
        self.rows.write_record(cells(record)).map_err(of_writer)
    }

    /// Passes on what is buffered.
    ///
    /// # Errors
    /// The writer's.
    pub fn finish(mut self) -> io::Result<()> {
        self.rows.flush()
    }
}

/// The writer's own error: one that says that the reader went away must go on saying so.
fn of_writer(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

fn cells(record: &Record) -> Vec<String> {
    let (sample, environment) = (&record.sample, &record.environment);
    let mut cells = identity(sample);
    cells.extend(outcome(&sample.outcome));
    cells.extend(phases(&sample.hops));
    cells.extend([
        millis(sample.local.cpu_us),
        millis(sample.local.run_delay_us),
        millis(sample.local.largest_stall_us),
        millis(sample.local.steal_us),
        sample.invocation.map(|invocation| init(invocation.init).to_owned()).unwrap_or_default(),
        number(sample.invocation.map(|invocation| invocation.number)),
    ]);
    cells.extend(path(&sample.hops));
    cells.extend([
        sample.clock_suspect.to_string(),
        text(&environment.platform),
        text(environment.region.as_deref().unwrap_or_default()),
        text(environment.az_id.as_deref().unwrap_or_default()),
        text(environment.sandbox.as_deref().unwrap_or_default()),
        text(environment.cpu_model.as_deref().unwrap_or_default()),
        number(environment.memory_mb),
        text(&environment.probe_version),
    ]);
    cells.extend(sample.asked.as_ref().map(asked).unwrap_or_default());
    cells
}

/// `identity` is HTTP's word for no coding: an empty cell says that it is not known.
fn asked(asked: &Asked) -> [String; 5] {
    let codings = asked.accept_encoding.as_ref().map(|codings| match codings.is_empty() {
        true => "identity".to_owned(),
        false => codings.join(", "),
    });
    [
        text(&asked.method),
        text(&codings.unwrap_or_default()),
        text(&asked.http.join(", ")),
        asked.verify.to_string(),
        asked.follow_redirects.to_string(),
    ]
}

fn identity(sample: &Sample) -> Vec<String> {
    vec![
        text(sample.id.as_str()),
        text(sample.target.as_str()),
        text(sample.vantage.as_str()),
        text(sample.method.as_str()),
        text(sample.stopwatch.as_str()),
        text(sample.tool_version.as_deref().unwrap_or_default()),
        sample.slot_ms.map(moment).unwrap_or_default(),
        moment(sample.started_at_ms),
        sample.slot_ms.map(|_| sample.late().as_millis().to_string()).unwrap_or_default(),
        millis(Some(sample.elapsed_us)),
    ]
}

fn outcome(outcome: &Outcome) -> [String; 8] {
    match outcome {
        Outcome::Answered(answer) => {
            let checks: Vec<&str> = answer.failed_checks.iter().map(|failed| failed.check.as_str()).collect();
            let reasons: Vec<&str> = answer.failed_checks.iter().map(|failed| failed.reason.as_str()).collect();
            [
                "answered".to_owned(),
                number(answer.status),
                number(answer.bytes),
                answer.truncated.to_string(),
                checks.join("; "),
                String::new(),
                String::new(),
                text(&reasons.join("; ")),
            ]
        }
        Outcome::Failed(failure) => [
            "failed".to_owned(),
            String::new(),
            String::new(),
            String::new(),
            String::new(),
            failure.phase.as_str().to_owned(),
            failure.cause.as_str().to_owned(),
            text(&failure.detail),
        ],
    }
}

/// Totals over the redirect chain; a phase that took place in no hop is empty.
fn phases(hops: &[Hop]) -> Vec<String> {
    let mut cells = vec![if hops.is_empty() { String::new() } else { hops.len().to_string() }];
    let total = |phase: Phase| {
        let times: Vec<Micros> =
            hops.iter().filter_map(|hop| hop.phases.get(phase)).map(|time| time.elapsed_us).collect();
        (!times.is_empty()).then(|| times.into_iter().sum())
    };
    cells.extend(Phase::ALL.into_iter().map(|phase| millis(total(phase))));
    cells.push(millis((!hops.is_empty()).then(|| hops.iter().map(|hop| hop.overhead_us).sum())));
    let times: Vec<PhaseTime> = hops.iter().flat_map(|hop| hop.phases.present().map(|(_, time)| time)).collect();
    // A sum with a part missing would be mistaken for the whole.
    let split = |part: fn(&PhaseTime) -> Option<Micros>| {
        times
            .iter()
            .map(part)
            .collect::<Option<Vec<_>>>()
            .filter(|all| !all.is_empty())
            .map(|all| all.into_iter().sum())
    };
    cells.push(millis(split(|time| time.network_us)));
    cells.push(millis(split(PhaseTime::local_us)));
    cells
}

fn path(hops: &[Hop]) -> [String; 4] {
    let last = hops.last();
    let connection = last.and_then(|hop| hop.connection.as_ref());
    let response = last.and_then(|hop| hop.response.as_ref());
    let first_tcp = hops.first().and_then(|hop| hop.connection.as_ref()).and_then(|connection| connection.tcp);
    [
        text(connection.map(|connection| connection.peer.as_str()).unwrap_or_default()),
        text(response.and_then(|response| response.http_version.as_deref()).unwrap_or_default()),
        text(
            connection
                .and_then(|connection| connection.tls.as_ref())
                .map(|tls| tls.version.as_str())
                .unwrap_or_default(),
        ),
        millis(first_tcp.and_then(|tcp| tcp.handshake_rtt_us)),
    ]
}

fn init(init: Init) -> &'static str {
    match init {
        Init::Cold => "cold",
        Init::Warm => "warm",
        Init::Proactive => "proactive",
    }
}

fn number(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// Exact: three decimals of a millisecond are microseconds.
fn millis(length: Option<Micros>) -> String {
    length.map(|Micros(us)| format!("{}.{:03}", us / 1_000, us % 1_000)).unwrap_or_default()
}

/// RFC 3339, or the milliseconds where the calendar ends.
fn moment(moment: UnixMillis) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(moment.0) * 1_000_000)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_else(|| moment.0.to_string())
}

/// A text that a spreadsheet would run as a formula gets an apostrophe before it, which the spreadsheet hides; what a
/// terminal would act on is written out.
fn text(text: &str) -> String {
    let risky = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let mut kept = if risky { "'".to_owned() } else { String::new() };
    for character in text.chars() {
        if character.is_control() { kept.extend(character.escape_default()) } else { kept.push(character) }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_never_a_formula() {
        for (given, kept) in [
            ("=1+1", "'=1+1"),
            ("@x", "'@x"),
            ("-2", "'-2"),
            ("\t=1", "'\\t=1"),
            ("a=b", "a=b"),
            ("\u{1b}[31m", "\\u{1b}[31m"),
            ("", ""),
        ] {
            assert_eq!(text(given), kept);
        }
    }

    #[test]
    fn microseconds_are_exact_in_milliseconds() {
        assert_eq!(millis(Some(Micros(104_321))), "104.321");
        assert_eq!(millis(Some(Micros(7))), "0.007");
        assert_eq!(millis(Some(Micros(u64::MAX))), "18446744073709551.615");
        assert_eq!(millis(None), "");
    }

    #[test]
    fn a_moment_outside_the_calendar_is_still_said() {
        assert_eq!(moment(UnixMillis(1_767_225_600_012)), "2026-01-01T00:00:00.012Z");
        assert_eq!(moment(UnixMillis(i64::MAX)), i64::MAX.to_string());
    }
}
