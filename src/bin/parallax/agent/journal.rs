//! What the agent tells: data as JSON lines on standard output, the rest in words on standard error.

use std::io::{self, Write};

use parallax::adapters::agent::event::{Event, Journal};
use parallax::measurement::counted::{counted, does};
use parallax::measurement::outcome::Outcome;
use parallax::measurement::sample::Sample;
use parallax::measurement::units::UnixMillis;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The terminal, or wherever the two streams lead.
pub(super) struct Terminal {
    pub(super) json: bool,
    pub(super) quiet: bool,
}

impl Journal for Terminal {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        if let (true, Some(line)) = (self.json, data(event)) {
            let mut out = io::stdout().lock();
            writeln!(out, "{line}")?;
            out.flush()?;
        }
        if let Some((wrong, words)) = words(event)
            && (wrong || !self.quiet)
        {
            // Standard error may be gone while standard output is read: that ends nothing.
            let _ = writeln!(io::stderr().lock(), "{words}");
        }
        Ok(())
    }
}

fn data(event: &Event) -> Option<serde_json::Value> {
    Some(match event {
        Event::Kept(record) => {
            let sample = &record.sample;
            json!({
                "event": "kept", "id": sample.id, "target": sample.target, "method": sample.method,
                "slot_ms": sample.slot_ms, "started_at_ms": sample.started_at_ms, "elapsed_us": sample.elapsed_us,
                "good": sample.outcome.is_good(),
            })
        }
        Event::Missed { target, method, first, count, reason } => json!({
            "event": "missed", "target": target, "method": method, "slot_ms": first, "count": count,
            "reason": reason.as_str(),
        }),
        _ => return None,
    })
}

/// The words, and whether something is wrong.
fn words(event: &Event) -> Option<(bool, String)> {
    Some(match event {
        Event::Kept(_) => return None,
        Event::Refused(reason) => (true, format!("a sample was not kept: {reason}")),
        Event::Missed { target, method, first, count, reason } => {
            let why = match reason.as_str() {
                "overrun" => {
                    "earlier exchanges were still running; raise --in-flight, shorten timeouts or ask less often"
                }
                _ => "its time had passed before the agent ran; the host was busy, slept, or had its clock set",
            };
            let slots = counted(count, "slot");
            (true, format!("{} {target} {method}: missed {slots}: {why}", moment(*first)))
        }
        Event::Failing(record) => (true, format!("{}: {}", source(&record.sample), trouble(&record.sample))),
        Event::Recovered(record) => (true, format!("{}: good again", source(&record.sample))),
        Event::Slot { slot, measured, failed: 0 } => (false, format!("{} {measured} measured", moment(*slot))),
        Event::Slot { slot, measured, failed } => {
            (false, format!("{} {measured} measured, {failed} of them not good", moment(*slot)))
        }
        Event::ArchiveWaits { reason, waiting, again } => {
            let waiting = does(waiting, "sample", ["waits", "wait"]);
            (true, format!("{reason}; {waiting}, next try in {}", humantime::format_duration(*again)))
        }
        Event::ArchiveBack => (true, "the archive takes samples again".to_owned()),
        Event::Forgotten(gone @ 1) => (false, format!("{gone} sample was older than `keep` and is gone")),
        Event::Forgotten(gone) => (false, format!("{gone} samples were older than `keep` and are gone")),
        Event::NotForgotten(reason) => (true, format!("old samples could not go, next try in an hour: {reason}")),
        Event::ClockWentBack => (true, "the clock went back; slots already kept are skipped".to_owned()),
        Event::Stopping { running: 0 } => (false, "stopping".to_owned()),
        Event::Stopping { running } => {
            let running = does(running, "exchange", ["still runs", "still run"]);
            (false, format!("stopping: {running}; a second Ctrl-C does not wait"))
        }
        Event::Cut { running: 1 } => (true, "1 exchange did not end and leaves no sample".to_owned()),
        Event::Cut { running } => (true, format!("{running} exchanges did not end and leave no sample")),
    })
}

fn source(sample: &Sample) -> String {
    format!("{} {} {}", moment(sample.slot_ms.unwrap_or(sample.started_at_ms)), sample.target, sample.method)
}

/// Why a sample is not good; what a server said is made safe for a terminal.
fn trouble(sample: &Sample) -> String {
    let text = match &sample.outcome {
        Outcome::Failed(failure) if failure.detail.is_empty() => {
            format!("{} failed: {}", failure.phase.as_str(), failure.cause)
        }
        Outcome::Failed(failure) => {
            format!("{} failed: {} ({})", failure.phase.as_str(), failure.cause, failure.detail)
        }
        Outcome::Answered(answer) => {
            answer.failed_checks.iter().map(|failed| failed.reason.as_str()).collect::<Vec<_>>().join("; ")
        }
    };
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn moment(at: UnixMillis) -> String {
    let written = OffsetDateTime::from_unix_timestamp(at.0.div_euclid(1_000)).ok().map(|at| at.format(&Rfc3339));
    written.and_then(Result::ok).unwrap_or_else(|| format!("{} ms", at.0))
}
