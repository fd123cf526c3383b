//! Milliseconds, or their logarithms.

use serde::Serialize;

/// What is split. Milliseconds add up; logarithms are not led by a few very slow samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// The response time in milliseconds.
    Milliseconds,
    /// Its natural logarithm: a difference of 0.1 is about 10 %.
    Logarithms,
}

impl Scale {
    /// A response time on this scale; one below a microsecond, the step of the clock, counts as a microsecond.
    #[must_use]
    pub fn of(self, millis: f64) -> f64 {
        match self {
            Self::Milliseconds => millis,
            Self::Logarithms => millis.max(0.001).ln(),
        }
    }
}
