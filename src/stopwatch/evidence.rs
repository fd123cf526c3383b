//! How well a definition is known.

use serde::Serialize;

/// What a statement about a tool rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// The tool's own source was read.
    SourceRead,
    /// The tool's documentation says so.
    Documentation,
    /// It was measured.
    Measured,
    /// Neither of them: from memory, or by inference.
    Unverified,
}

impl Mark {
    /// As words on a page.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SourceRead => "source read",
            Self::Documentation => "documentation",
            Self::Measured => "measured",
            Self::Unverified => "unverified",
        }
    }
}

/// One place where a definition comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// Of which kind.
    pub mark: Mark,
    /// Which file, page or experiment, and what of the definition it is for where that is not all of it.
    pub place: &'static str,
}

/// The tool's source.
pub(super) const fn read(place: &'static str) -> Evidence {
    Evidence { mark: Mark::SourceRead, place }
}

/// The tool's documentation.
pub(super) const fn documented(place: &'static str) -> Evidence {
    Evidence { mark: Mark::Documentation, place }
}

/// An experiment.
pub(super) const fn measured(place: &'static str) -> Evidence {
    Evidence { mark: Mark::Measured, place }
}

/// Nothing that could be pointed at.
pub(super) const fn unverified(place: &'static str) -> Evidence {
    Evidence { mark: Mark::Unverified, place }
}
