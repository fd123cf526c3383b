//! The wire format: versioned JSON, one environment a message.

use serde::{Deserialize, Serialize};

use super::environment::Environment;
use super::miss::Miss;
use super::refused::Refused;
use super::sample::Sample;

/// The version this program writes, and the newest it reads.
pub const SCHEMA: u32 = 1;

/// What a probe sends: the samples of one run, with what they share said once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Where all of them were measured.
    pub environment: Environment,
    /// Any number.
    pub samples: Vec<Sample>,
    /// Slots of the same run that passed without an observation; readers that do not know of them pass them over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missed: Vec<Miss>,
    /// Rows of the table of pages that could not be read; absent where all could, or nobody looked. As above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refused>,
}

impl Message {
    /// A message of the current schema, with samples only.
    #[must_use]
    pub fn new(environment: Environment, samples: Vec<Sample>) -> Self {
        Self { schema: SCHEMA, environment, samples, missed: Vec::new(), refused: None }
    }
}

/// One sample that stands alone: a line of an export, the output of `--json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// [`SCHEMA`].
    pub schema: u32,
    /// What was measured.
    pub sample: Sample,
    /// Where.
    pub environment: Environment,
}

impl Record {
    /// A record of the current schema.
    #[must_use]
    pub fn new(sample: Sample, environment: Environment) -> Self {
        Self { schema: SCHEMA, sample, environment }
    }
}

/// Why bytes are not a message or a record.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// Written by a later version.
    #[error("schema {found} is newer than the newest this program reads ({SCHEMA}); update parallax")]
    Newer {
        /// What the document says of itself.
        found: u64,
    },
    /// No `schema` at the top.
    #[error("no `schema` number at the top: not a Parallax document")]
    Unmarked,
    /// Not JSON, or not of this shape.
    #[error("not a Parallax document: {0}")]
    Json(#[from] serde_json::Error),
}

#[derive(Deserialize)]
#[serde(expecting = "an object with a `schema`")]
struct Marked {
    schema: Option<u64>,
}

/// Reads a document of ours, and names a newer schema rather than failing on the first unknown field.
///
/// # Errors
/// See [`WireError`].
pub fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, WireError> {
    match serde_json::from_slice::<Marked>(bytes)?.schema {
        None => Err(WireError::Unmarked),
        Some(found) if found > u64::from(SCHEMA) => Err(WireError::Newer { found }),
        Some(_) => Ok(serde_json::from_slice(bytes)?),
    }
}
