//! What a probe cannot have measured.

use std::time::Duration;

use serde_json::Value;

use crate::measurement::hop::Hop;
use crate::measurement::identity::Method;
use crate::measurement::outcome::Outcome;
use crate::measurement::sample::Sample;
use crate::measurement::units::{Micros, UnixMillis};

use super::part;

/// The longest exchange: every probe has a timeout well below it.
pub const ELAPSED_MAX: Duration = Duration::from_secs(3_600);
/// The longest imported value: another monitor's number is not ours to doubt, only to fit in a column.
pub const IMPORTED_MAX: Duration = Duration::from_secs(366 * 86_400);
/// How far ahead of ours another machine's clock may be.
pub const AHEAD_MAX: Duration = Duration::from_secs(3_600);
/// How far ahead of its slot a sample may begin, the two being read from two machines' clocks.
pub const EARLY_MAX: Duration = Duration::from_secs(60);
/// How long after its slot a sample may begin.
pub const LATE_MAX: Duration = Duration::from_secs(86_400);
/// 2000-01-01T00:00:00Z: a clock that was never set reads 1970.
pub const OLDEST: UnixMillis = UnixMillis(946_684_800_000);
/// The longest redirect chain.
pub const HOPS_MAX: usize = 64;
/// The longest text in a sample or its surroundings, in bytes.
pub const TEXT_MAX: usize = 8_192;
/// All text of a sample, or of its surroundings, in bytes.
pub const TEXTS_MAX: usize = 65_536;

/// Why a sample cannot be true, or cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Not of the shape of a sample.
    #[error("not a sample: {0}")]
    Shape(String),
    /// Not of the shape of surroundings.
    #[error("not surroundings: {0}")]
    Surroundings(String),
    /// Not of the shape of a missed slot.
    #[error("not a missed slot: {0}")]
    Slot(String),
    /// Not of the shape of refused rows.
    #[error("not a number of refused rows: {0}")]
    Rows(String),
    /// Over [`TEXT_MAX`].
    #[error("`{field}` is {bytes} bytes long, more than {TEXT_MAX}")]
    LongText {
        /// The field's name.
        field: String,
        /// Its length.
        bytes: usize,
    },
    /// Over [`TEXTS_MAX`].
    #[error("its texts are {0} bytes long together, more than {TEXTS_MAX}")]
    MuchText(usize),
    /// Over [`ELAPSED_MAX`], or [`IMPORTED_MAX`] in an import.
    #[error("it took {0} µs, more than an hour (in an import, a year)")]
    Elapsed(u64),
    /// Over [`AHEAD_MAX`].
    #[error("it began at {started_ms} ms, over an hour after now ({now_ms} ms): the probe's clock is wrong")]
    Future {
        /// When it says that it began.
        started_ms: i64,
        /// When it was looked at.
        now_ms: i64,
    },
    /// Before [`OLDEST`].
    #[error("it began at {0} ms, before the year 2000: the probe's clock was not set")]
    Ancient(i64),
    /// Over [`EARLY_MAX`].
    #[error("it began at {started_ms} ms, over a minute before its slot {slot_ms} ms")]
    Early {
        /// When it began.
        started_ms: i64,
        /// When it was due.
        slot_ms: i64,
    },
    /// Over [`LATE_MAX`].
    #[error("it began at {started_ms} ms, over a day after its slot {slot_ms} ms")]
    Late {
        /// When it began.
        started_ms: i64,
        /// When it was due.
        slot_ms: i64,
    },
    /// Over [`HOPS_MAX`].
    #[error("{0} hops, more than {HOPS_MAX}")]
    Hops(usize),
    /// Measured by us and answered, and yet no exchange is in it.
    #[error("it was answered by no hop")]
    NoHop,
    /// The hops do not add up to the total.
    #[error("its hops add up to {hops} µs, and it took {elapsed} µs")]
    Sum {
        /// The hops' phases and overheads.
        hops: u64,
        /// The total.
        elapsed: u64,
    },
    /// A part is longer than the whole.
    #[error("{network} µs of network in a phase of {elapsed} µs")]
    Network {
        /// The part.
        network: u64,
        /// The whole.
        elapsed: u64,
    },
    /// A part is longer than the whole, by more than clocks can differ.
    #[error("`{part}` is {length} µs, and {whole} took {lasted} µs")]
    Part {
        /// The part's field.
        part: &'static str,
        /// How long it says it is.
        length: u64,
        /// What it is part of.
        whole: &'static str,
        /// How long that was.
        lasted: u64,
    },
    /// Over [`ROUND_TRIP_MAX`](super::part::ROUND_TRIP_MAX).
    #[error("`{part}` is {length} µs, and no round trip takes more than two minutes")]
    RoundTrip {
        /// The field.
        part: &'static str,
        /// How long it says it is.
        length: u64,
    },
    /// Over [`ServerTiming::DURATION_MAX`](crate::measurement::hop::ServerTiming::DURATION_MAX).
    #[error("`server_timing` says {0} µs, more than a day")]
    ServerTiming(u64),
    /// No memory at all.
    #[error("`memory_mb` is 0: leave it out where it is not known")]
    Memory,
    /// Not a status code.
    #[error("status {0} does not exist")]
    Status(u16),
}

/// Checks what only the numbers can say.
///
/// # Errors
/// The first [`Flaw`] found.
pub fn check(sample: &Sample, now: UnixMillis) -> Result<(), Flaw> {
    let longest = if matches!(sample.method, Method::Imported(_)) { IMPORTED_MAX } else { ELAPSED_MAX };
    if Duration::from(sample.elapsed_us) > longest {
        return Err(Flaw::Elapsed(sample.elapsed_us.0));
    }
    time(sample, now)?;
    status(match &sample.outcome {
        Outcome::Answered(answer) => answer.status,
        Outcome::Failed(_) => None,
    })?;
    hops(sample)?;
    part::check(sample)
}

fn time(sample: &Sample, now: UnixMillis) -> Result<(), Flaw> {
    let started = sample.started_at_ms;
    check_moment(started, now)?;
    match sample.slot_ms {
        Some(slot) if slot.since(started) > EARLY_MAX => Err(Flaw::Early { started_ms: started.0, slot_ms: slot.0 }),
        Some(slot) if started.since(slot) > LATE_MAX => Err(Flaw::Late { started_ms: started.0, slot_ms: slot.0 }),
        _ => Ok(()),
    }
}

/// Checks when something began or was due.
///
/// # Errors
/// [`Flaw::Ancient`] or [`Flaw::Future`].
pub fn check_moment(moment: UnixMillis, now: UnixMillis) -> Result<(), Flaw> {
    if moment < OLDEST {
        return Err(Flaw::Ancient(moment.0));
    }
    if moment.since(now) > AHEAD_MAX {
        return Err(Flaw::Future { started_ms: moment.0, now_ms: now.0 });
    }
    Ok(())
}

fn hops(sample: &Sample) -> Result<(), Flaw> {
    let hops = &sample.hops;
    if hops.is_empty() {
        // A curl that someone else ran may be imported; one total is all that is known of it.
        let ours = matches!(sample.method, Method::Fresh | Method::Pooled);
        return if ours && matches!(sample.outcome, Outcome::Answered(_)) { Err(Flaw::NoHop) } else { Ok(()) };
    }
    if hops.len() > HOPS_MAX {
        return Err(Flaw::Hops(hops.len()));
    }
    for hop in hops {
        status(hop.response.as_ref().map(|response| response.status))?;
        for (_, phase) in hop.phases.present() {
            if let Some(network) = phase.network_us.filter(|network| *network > phase.elapsed_us) {
                return Err(Flaw::Network { network: network.0, elapsed: phase.elapsed_us.0 });
            }
        }
    }
    let sum: Micros = hops.iter().map(Hop::elapsed_us).sum();
    if sum != sample.elapsed_us {
        return Err(Flaw::Sum { hops: sum.0, elapsed: sample.elapsed_us.0 });
    }
    Ok(())
}

fn status(status: Option<u16>) -> Result<(), Flaw> {
    match status {
        Some(status) if !(100..=999).contains(&status) => Err(Flaw::Status(status)),
        _ => Ok(()),
    }
}

/// Checks how much text a document holds.
///
/// # Errors
/// [`Flaw::LongText`] or [`Flaw::MuchText`].
pub fn check_text(document: &Value) -> Result<(), Flaw> {
    let mut together = 0;
    weigh("", document, &mut together)?;
    if together > TEXTS_MAX { Err(Flaw::MuchText(together)) } else { Ok(()) }
}

fn weigh(field: &str, value: &Value, together: &mut usize) -> Result<(), Flaw> {
    match value {
        Value::String(text) if text.len() > TEXT_MAX => {
            Err(Flaw::LongText { field: field.escape_default().to_string(), bytes: text.len() })
        }
        Value::String(text) => {
            *together = together.saturating_add(text.len());
            Ok(())
        }
        Value::Array(items) => items.iter().try_for_each(|item| weigh(field, item, together)),
        Value::Object(fields) => fields.iter().try_for_each(|(name, item)| weigh(name, item, together)),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}
