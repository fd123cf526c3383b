//! Names: which sample, of which page, from where, measured how.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing was given.
    #[error("the {0} is empty")]
    Empty(&'static str),
    /// More than [`NAME_LENGTH_MAX`] bytes.
    #[error("the {0} is longer than {NAME_LENGTH_MAX} bytes")]
    TooLong(&'static str),
    /// A character that has a meaning in a key, a filter or a terminal.
    #[error("the {what} `{name}` has the character {found:?}; letters, digits and . _ - / : ~ + are allowed")]
    Character {
        /// Which kind of name.
        what: &'static str,
        /// The name as given, escaped for a terminal.
        name: String,
        /// The first character that is not allowed.
        found: char,
    },
}

/// The longest name, in bytes: it is part of a database key.
pub const NAME_LENGTH_MAX: usize = 128;

fn checked(what: &'static str, name: &str) -> Result<String, NameError> {
    if name.is_empty() {
        return Err(NameError::Empty(what));
    }
    if name.len() > NAME_LENGTH_MAX {
        return Err(NameError::TooLong(what));
    }
    match name.chars().find(|c| !(c.is_ascii_alphanumeric() || "._-/:~+".contains(*c))) {
        Some(found) => Err(NameError::Character { what, name: name.escape_default().to_string(), found }),
        None => Ok(name.to_owned()),
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            /// Checks a name.
            ///
            /// # Errors
            /// Empty, over 128 bytes, or with a character other than ASCII letters, digits and `. _ - / : ~ +`.
            pub fn new(name: &str) -> Result<Self, NameError> {
                checked($what, name).map(Self)
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $type {
            type Error = NameError;
            fn try_from(name: String) -> Result<Self, NameError> {
                Self::new(&name)
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> Self {
                name.0
            }
        }

        impl FromStr for $type {
            type Err = NameError;
            fn from_str(name: &str) -> Result<Self, NameError> {
                Self::new(name)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

name! {
    /// One sample's own name, made once when it is measured; every resend carries it, so a repeat is known as one.
    SampleId, "sample id"
}
name! {
    /// A watched page.
    TargetId, "target id"
}
name! {
    /// Where a measurement was made: `lambda/ap-northeast-1/1769`, `host/tokyo-office`, `zabbix/tokyo`.
    Vantage, "vantage"
}
name! {
    /// Which definition of "response time" the total obeys: `parallax/fresh`, `curl/time_total`, `zabbix/web.test.time`.
    Stopwatch, "stopwatch"
}

/// How a sample was measured.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Method {
    /// In process, step by step, on a new connection: the measured exchange.
    Fresh,
    /// In process through `reqwest` with kept connections: what an application sees.
    Pooled,
    /// The real curl, one process a measurement.
    Curl,
    /// Another monitor's own measurement, imported: its tool's name.
    Imported(String),
}

impl Method {
    /// The name in JSON, in filters and on pages.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Fresh => "fresh",
            Self::Pooled => "pooled",
            Self::Curl => "curl",
            Self::Imported(tool) => tool,
        }
    }

    /// What this method's total starts and stops at; an import names its own.
    #[must_use]
    pub fn stopwatch(&self) -> Stopwatch {
        Stopwatch(match self {
            Self::Fresh => "parallax/fresh".to_owned(),
            Self::Pooled => "parallax/pooled".to_owned(),
            Self::Curl => "curl/time_total".to_owned(),
            Self::Imported(tool) => tool.clone(),
        })
    }
}

impl TryFrom<String> for Method {
    type Error = NameError;
    fn try_from(name: String) -> Result<Self, NameError> {
        Ok(match name.as_str() {
            "fresh" => Self::Fresh,
            "pooled" => Self::Pooled,
            "curl" => Self::Curl,
            _ => Self::Imported(checked("method", &name)?),
        })
    }
}

impl From<Method> for String {
    fn from(method: Method) -> Self {
        method.as_str().to_owned()
    }
}

impl FromStr for Method {
    type Err = NameError;
    fn from_str(name: &str) -> Result<Self, NameError> {
        name.to_owned().try_into()
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_break_a_key_are_refused() {
        for name in ["", "a#b", "a b", "a,b", "a=b", "line\nbreak", "ünicode", &"x".repeat(129)] {
            assert!(Vantage::new(name).is_err(), "{name:?}");
        }
        for name in ["lambda/ap-northeast-1/1769", "host/tokyo-office", "www.example.com:8443/dna", &"x".repeat(128)] {
            assert!(Vantage::new(name).is_ok(), "{name:?}");
        }
    }

    #[test]
    fn a_refused_name_does_not_reach_the_terminal_raw() {
        let message = TargetId::new("a\u{1b}[2J").unwrap_err().to_string();
        assert!(!message.contains('\u{1b}'), "{message}");
    }

    #[test]
    fn a_method_survives_its_name() {
        for name in ["fresh", "pooled", "curl", "zabbix-web"] {
            assert_eq!(name.parse::<Method>().unwrap().as_str(), name);
        }
    }
}
