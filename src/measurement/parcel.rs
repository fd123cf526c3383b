//! Messages to send: many samples of one environment in few parcels, each small enough and of characters a queue takes.

use std::fmt::Write as _;

use super::environment::Environment;
use super::identity::SampleId;
use super::sample::Sample;
use super::wire::SCHEMA;

/// The largest parcel for a queue that takes 1 MiB, in bytes: what is left is for attributes that others add.
pub const BYTES: usize = 1_048_576 - 16_384;
/// The most samples in one parcel: as many as one message may have.
pub const SAMPLES: usize = 1_000;

/// What can be sent, and what cannot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packed {
    /// Each is one message; together they have every sample that is not in `unfit`, once.
    pub parcels: Vec<Parcel>,
    /// No parcel can hold these.
    pub unfit: Vec<Unfit>,
}

/// One message: a [`super::wire::Message`] as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// The text; every character of it is one that XML 1.0 has.
    pub text: String,
    /// Which samples it holds, in its order.
    pub ids: Vec<SampleId>,
}

/// A sample that does not fit into a parcel of its own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sample {id} {reason}")]
pub struct Unfit {
    /// Which.
    pub id: SampleId,
    /// Why.
    pub reason: Reason,
}

/// Why a sample does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Too long, with its environment.
    #[error("takes {bytes} bytes as a message, more than {limit}")]
    Large {
        /// Of the message with this sample alone.
        bytes: usize,
        /// The largest parcel.
        limit: usize,
    },
    /// It has no JSON.
    #[error("cannot be written as JSON: {0}")]
    Unwritable(String),
}

/// Packs samples of one environment into parcels of at most `limit` bytes and [`SAMPLES`] samples.
///
/// Each sample goes into the first parcel that has room for it, so no two parcels would fit into one.
#[must_use]
pub fn pack<'a>(environment: &Environment, samples: impl IntoIterator<Item = &'a Sample>, limit: usize) -> Packed {
    let mut packed = Packed::default();
    let surroundings = json(environment);
    let (before, after) = match &surroundings {
        Ok(environment) => (format!("{{\"schema\":{SCHEMA},\"environment\":{environment},\"samples\":["), "]}"),
        Err(_) => (String::new(), ""),
    };
    for sample in samples {
        let written = surroundings.as_ref().map_err(Clone::clone).and_then(|_| json(sample));
        let text = match written {
            Ok(text) => text,
            Err(reason) => {
                packed.unfit.push(Unfit { id: sample.id.clone(), reason: Reason::Unwritable(reason) });
                continue;
            }
        };
        let bytes = before.len() + text.len() + after.len();
        if bytes > limit {
            packed.unfit.push(Unfit { id: sample.id.clone(), reason: Reason::Large { bytes, limit } });
            continue;
        }
        let room = |parcel: &&mut Parcel| {
            parcel.text.len() + ",".len() + text.len() + after.len() <= limit && parcel.ids.len() < SAMPLES
        };
        match packed.parcels.iter_mut().find(room) {
            Some(parcel) => {
                parcel.text.push(',');
                parcel.text.push_str(&text);
                parcel.ids.push(sample.id.clone());
            }
            None => packed.parcels.push(Parcel { text: format!("{before}{text}"), ids: vec![sample.id.clone()] }),
        }
    }
    packed.parcels.iter_mut().for_each(|parcel| parcel.text.push_str(after));
    packed
}

fn json(value: &impl serde::Serialize) -> Result<String, String> {
    serde_json::to_string(value).map(escaped).map_err(|error| error.to_string())
}

/// Outside of ASCII, JSON has characters within texts only, so an escape is the same character to any reader.
///
/// The control characters below U+0020 are escaped by JSON itself. XML has U+007F to U+009F, but not every reader of it
/// does.
#[must_use]
pub fn escaped(json: String) -> String {
    let unsafe_in_xml = |c: char| matches!(c, '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
    if !json.contains(unsafe_in_xml) {
        return json;
    }
    json.chars().fold(String::with_capacity(json.len() + 16), |mut text, c| {
        if unsafe_in_xml(c) {
            // A String takes whatever is written to it.
            let _ = write!(text, "\\u{:04x}", u32::from(c));
        } else {
            text.push(c);
        }
        text
    })
}
