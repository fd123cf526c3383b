//! What came: the sound samples of a message, and the ones that are poison.

use serde::Deserialize;
use serde_json::Value;

use crate::measurement::environment::Environment;
use crate::measurement::identity::SampleId;
use crate::measurement::miss::Miss;
use crate::measurement::refused::Refused;
use crate::measurement::sample::Sample;
use crate::measurement::units::UnixMillis;
use crate::measurement::wire::{self, Record, WireError};

use super::flaw::{self, Flaw};
use super::part;

/// The largest message, in bytes: as much as the queue carries.
pub const MESSAGE_MAX: usize = 1_048_576;
/// The most samples in one message, and the most missed slots.
pub const SAMPLES_MAX: usize = 1_000;

/// A message, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrivals {
    /// Samples that can be true, in the order of the message.
    pub sound: Vec<Record>,
    /// Slots that passed without an observation.
    pub missed: Vec<Miss>,
    /// Rows of the sender's table of pages that are no pages; absent where it found none.
    pub refused: Option<Refused>,
    /// The rest: sending it again would not help.
    pub poison: Vec<Poison>,
}

/// Something that arrived and cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poison {
    /// The sample's, where it could be read.
    pub id: Option<SampleId>,
    /// What is wrong.
    pub reason: Reason,
}

/// What is wrong, with the whole message or with one sample of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Over [`MESSAGE_MAX`]; it is not looked at.
    #[error("the message is {0} bytes long, more than {MESSAGE_MAX}")]
    Large(usize),
    /// Over [`SAMPLES_MAX`].
    #[error("the message has {0} samples or missed slots, more than {SAMPLES_MAX}")]
    Many(usize),
    /// Not a message of ours, or of a later version.
    #[error("the message cannot be read: {0}")]
    Unreadable(String),
    /// The surroundings, which all of its samples share.
    #[error("the message's environment: {0}")]
    Environment(Flaw),
    /// One sample; the others are not touched by it.
    #[error("sample {place}: {flaw}")]
    Sample {
        /// Counted from 1 in the message.
        place: usize,
        /// What is wrong.
        flaw: Flaw,
    },
    /// One missed slot; nothing else is touched by it.
    #[error("missed slot {place}: {flaw}")]
    Missed {
        /// Counted from 1 in the message.
        place: usize,
        /// What is wrong.
        flaw: Flaw,
    },
    /// What is said of the table of pages; nothing else is touched by it.
    #[error("refused rows: {0}")]
    Refused(Flaw),
}

/// A message whose samples are looked at one by one, so that a bad one does not take the others with it.
#[derive(Deserialize)]
struct Parcel {
    environment: Value,
    samples: Vec<Value>,
    #[serde(default)]
    missed: Vec<Value>,
    refused: Option<Value>,
}

/// Reads a [`wire::Message`]; nothing in it can make this fail, only end up in `poison`.
#[must_use]
pub fn decode(bytes: &[u8], now: UnixMillis) -> Arrivals {
    match parcel(bytes) {
        Ok((environment, parcel)) => unpack(&environment, parcel, now),
        Err(reason) => Arrivals { poison: vec![Poison { id: None, reason }], ..Arrivals::default() },
    }
}

fn parcel(bytes: &[u8]) -> Result<(Environment, Parcel), Reason> {
    if bytes.len() > MESSAGE_MAX {
        return Err(Reason::Large(bytes.len()));
    }
    let mut parcel: Parcel = wire::decode(bytes).map_err(|error: WireError| Reason::Unreadable(error.to_string()))?;
    let most = parcel.samples.len().max(parcel.missed.len());
    if most > SAMPLES_MAX {
        return Err(Reason::Many(most));
    }
    let environment = environment(parcel.environment.take()).map_err(Reason::Environment)?;
    Ok((environment, parcel))
}

fn unpack(environment: &Environment, parcel: Parcel, now: UnixMillis) -> Arrivals {
    let mut arrivals = Arrivals::default();
    for (index, value) in parcel.samples.into_iter().enumerate() {
        let id = value.get("id").and_then(Value::as_str).and_then(|id| SampleId::new(id).ok());
        match sample(value, now) {
            Ok(sample) => arrivals.sound.push(Record::new(sample, environment.clone())),
            Err(flaw) => {
                arrivals.poison.push(Poison { id, reason: Reason::Sample { place: index + 1, flaw } });
            }
        }
    }
    for (index, value) in parcel.missed.into_iter().enumerate() {
        match missed(value, now) {
            Ok(miss) => arrivals.missed.push(miss),
            Err(flaw) => {
                arrivals.poison.push(Poison { id: None, reason: Reason::Missed { place: index + 1, flaw } });
            }
        }
    }
    match parcel.refused.map(|value| refused(value, now)).transpose() {
        Ok(refused) => arrivals.refused = refused,
        Err(flaw) => arrivals.poison.push(Poison { id: None, reason: Reason::Refused(flaw) }),
    }
    arrivals
}

fn refused(value: Value, now: UnixMillis) -> Result<Refused, Flaw> {
    flaw::check_text(&value)?;
    let refused: Refused = serde_json::from_value(value).map_err(|error| Flaw::Rows(error.to_string()))?;
    flaw::check_moment(refused.slot_ms, now)?;
    Ok(refused)
}

fn missed(value: Value, now: UnixMillis) -> Result<Miss, Flaw> {
    flaw::check_text(&value)?;
    let miss: Miss = serde_json::from_value(value).map_err(|error| Flaw::Slot(error.to_string()))?;
    flaw::check_moment(miss.slot_ms, now)?;
    Ok(miss)
}

/// Reads and checks surroundings.
///
/// # Errors
/// The first [`Flaw`] found.
pub fn environment(value: Value) -> Result<Environment, Flaw> {
    flaw::check_text(&value)?;
    let environment: Environment =
        serde_json::from_value(value).map_err(|error| Flaw::Surroundings(error.to_string()))?;
    part::check_environment(&environment)?;
    Ok(environment)
}

/// Reads and checks one sample.
///
/// # Errors
/// The first [`Flaw`] found.
pub fn sample(value: Value, now: UnixMillis) -> Result<Sample, Flaw> {
    flaw::check_text(&value)?;
    let sample: Sample = serde_json::from_value(value).map_err(|error| Flaw::Shape(error.to_string()))?;
    flaw::check(&sample, now)?;
    Ok(sample)
}
