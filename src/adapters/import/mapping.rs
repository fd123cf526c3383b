//! What the columns of a table mean.

use crate::measurement::identity::{Method, Stopwatch, TargetId, Vantage};

use super::clock::Clock;
use super::value::Decimal;

/// Everything that the table does not say of itself.
#[derive(Debug)]
pub struct Mapping {
    /// When.
    pub time: Column,
    /// How a time is written.
    pub clock: Clock,
    /// What a time is of.
    pub time_at: TimeAt,
    /// How long.
    pub value: Column,
    /// How a value is written.
    pub decimal: Decimal,
    /// The HTTP status; 0 says that nothing answered, as in curl's `000`.
    pub status: Option<Column>,
    /// When the sample was due, written like the time.
    pub slot: Option<Column>,
    /// Cells that say that the check failed.
    pub failed: Vec<FailedCell>,
    /// What no value says.
    pub empty: Empty,
    /// Whose samples they are.
    pub origin: Origin,
}

/// A column by its name in the header, or by its number from 1 as `#2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column(pub String);

/// Which end of the measurement the time column tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeAt {
    /// Its start.
    Start,
    /// Its end: the start is the time less the value.
    End,
}

/// A row is a failed check where this column holds exactly this text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedCell {
    /// The value's column unless said otherwise.
    pub column: Option<Column>,
    /// Surrounding blanks are ignored.
    pub text: String,
}

/// What a row without a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Empty {
    /// A mistake.
    Refuse,
    /// A failed check.
    Failed,
    /// Nothing: the row is left out.
    Skip,
}

/// Whose samples they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The page.
    pub target: TargetId,
    /// The place.
    pub vantage: Vantage,
    /// The tool.
    pub method: Method,
    /// What its number starts and stops at.
    pub stopwatch: Stopwatch,
    /// The tool's version.
    pub tool_version: Option<String>,
    /// This program's version.
    pub probe_version: String,
}
