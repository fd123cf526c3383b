//! One signal, tried.

use serde::Serialize;

/// Whether a machine gives a signal, and what that means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Signal {
    /// Its name.
    pub(super) name: &'static str,
    /// It is there and works.
    pub(super) given: bool,
    /// What was found when it was tried.
    pub(super) found: String,
    /// What samples lack where it is missing.
    pub(super) without: &'static str,
}

impl Signal {
    /// There.
    pub(super) fn given(name: &'static str, found: impl Into<String>, without: &'static str) -> Self {
        Self { name, given: true, found: found.into(), without }
    }

    /// Not there.
    pub(super) fn missing(name: &'static str, found: impl Into<String>, without: &'static str) -> Self {
        Self { name, given: false, found: found.into(), without }
    }

    /// There or not, with what was found or why not.
    pub(super) fn tried(name: &'static str, found: Result<String, String>, without: &'static str) -> Self {
        match found {
            Ok(found) => Self::given(name, found, without),
            Err(reason) => Self::missing(name, reason, without),
        }
    }
}
