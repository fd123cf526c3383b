use crate::measurement::outcome::Cause;

/// Why a name has no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct LookupError {
    /// The word to count by: `NameNotFound`, `ResolverFailed` or `Timeout`.
    pub cause: Cause,
    /// A sentence that names the name and the servers.
    pub detail: String,
}

impl LookupError {
    pub(super) fn new(cause: Cause, detail: String) -> Self {
        Self { cause, detail }
    }
}

/// A name as it may stand in a message.
pub(super) fn shown(name: &str) -> String {
    let mut shown: String = name.chars().take(100).flat_map(char::escape_default).collect();
    if name.chars().nth(100).is_some() {
        shown.push_str("...");
    }
    shown
}
