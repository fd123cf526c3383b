//! Which samples: a source, and a stretch of time.

use std::fmt;
use std::str::FromStr;

use crate::measurement::environment::Init;
use crate::measurement::identity::{Method, NameError, TargetId, Vantage};
use crate::measurement::sample::Sample;
use crate::measurement::units::UnixMillis;

/// A filter on where samples come from: `vantage=host/tokyo,method=curl,target=daily-news,cold=false`.
///
/// What is not said is not asked for: the empty filter matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Source {
    /// From here.
    pub vantage: Option<Vantage>,
    /// In this way.
    pub method: Option<Method>,
    /// Of this page.
    pub target: Option<TargetId>,
    /// Only cold starts, or none of them.
    pub cold: Option<bool>,
}

/// Why a filter was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Not `key=value`.
    #[error("`{0}` is not key=value; a source is vantage=…,method=…,target=…,cold=true|false")]
    Shape(String),
    /// A key that does not exist.
    #[error("no key `{0}` in a source; the keys are vantage, method, target and cold")]
    Key(String),
    /// The same key twice.
    #[error("`{0}` stands twice in the source")]
    Twice(String),
    /// Neither true nor false.
    #[error("cold=`{0}` is neither true nor false")]
    Cold(String),
    /// A name that cannot be one.
    #[error(transparent)]
    Name(#[from] NameError),
}

impl FromStr for Source {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        let mut source = Self::default();
        for part in text.split(',').filter(|part| !part.trim().is_empty()) {
            let (key, value) =
                part.split_once('=').ok_or_else(|| SourceError::Shape(part.escape_default().to_string()))?;
            let (key, value) = (key.trim(), value.trim());
            let taken = match key {
                "vantage" => source.vantage.replace(value.parse()?).is_some(),
                "method" => source.method.replace(value.parse()?).is_some(),
                "target" => source.target.replace(value.parse()?).is_some(),
                "cold" => {
                    let cold = value.parse().map_err(|_| SourceError::Cold(value.escape_default().to_string()))?;
                    source.cold.replace(cold).is_some()
                }
                _ => return Err(SourceError::Key(key.escape_default().to_string())),
            };
            if taken {
                return Err(SourceError::Twice(key.to_owned()));
            }
        }
        Ok(source)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = [
            self.vantage.as_ref().map(|v| format!("vantage={v}")),
            self.method.as_ref().map(|m| format!("method={m}")),
            self.target.as_ref().map(|t| format!("target={t}")),
            self.cold.map(|c| format!("cold={c}")),
        ]
        .into_iter()
        .flatten()
        .collect();
        f.write_str(&parts.join(","))
    }
}

impl Source {
    /// Whether a sample comes from here.
    #[must_use]
    pub fn matches(&self, sample: &Sample) -> bool {
        let init = sample.invocation.map(|invocation| invocation.init);
        self.vantage.as_ref().is_none_or(|vantage| *vantage == sample.vantage)
            && self.method.as_ref().is_none_or(|method| *method == sample.method)
            && self.target.as_ref().is_none_or(|target| *target == sample.target)
            && self.cold.is_none_or(|cold| init.is_some_and(|init| (init == Init::Cold) == cold))
    }
}

/// A stretch of time: from its start up to, not including, its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first moment in it.
    pub from: UnixMillis,
    /// The first moment after it.
    pub to: UnixMillis,
}

impl Window {
    /// All of time.
    pub const ALWAYS: Self = Self { from: UnixMillis(i64::MIN), to: UnixMillis(i64::MAX) };

    /// Whether a moment lies in it.
    #[must_use]
    pub fn contains(&self, moment: UnixMillis) -> bool {
        self.from <= moment && moment < self.to
    }
}

/// Samples from a source, begun within a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Where from.
    pub source: Source,
    /// When begun.
    pub window: Window,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_survives_its_text() {
        for text in
            ["", "vantage=host/tokyo-office", "vantage=lambda/us-east-1/1769,method=curl,target=news,cold=false"]
        {
            assert_eq!(text.parse::<Source>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_source_that_says_nonsense_is_refused_by_its_word() {
        for (text, said) in [
            ("vantage", "key=value"),
            ("region=x", "no key `region`"),
            ("method=curl,method=fresh", "twice"),
            ("cold=maybe", "neither true nor false"),
            ("target=a b", "character"),
        ] {
            let message = text.parse::<Source>().unwrap_err().to_string();
            assert!(message.contains(said), "{text}: {message}");
        }
    }
}
