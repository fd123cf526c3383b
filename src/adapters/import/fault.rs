//! What is wrong with a table, or with one row of it.

/// A table that cannot be read as asked: no row of it is looked at.
#[derive(Debug, thiserror::Error)]
pub enum TableFault {
    /// Not one byte.
    #[error("it is empty: not even a header")]
    Empty,
    /// A column that was asked for and is not there.
    #[error("no column `{asked}`; the columns are {columns}")]
    NoColumn {
        /// As typed.
        asked: String,
        /// Those that are there.
        columns: String,
    },
    /// A name that two columns bear.
    #[error("{count} columns are called `{asked}`; name one by its number, as in #2")]
    Ambiguous {
        /// As typed.
        asked: String,
        /// How many.
        count: usize,
    },
    /// Another encoding.
    #[error("it is UTF-16; save it as UTF-8")]
    Utf16,
    /// A quote that never ends, or not a table at all.
    #[error("line {line}: the row is longer than {most} bytes; is a quote not closed?")]
    Endless {
        /// Where it begins.
        line: u64,
        /// The longest row.
        most: u64,
    },
    /// It broke off.
    #[error("cannot be read: {0}")]
    Unreadable(String),
}

/// One row that cannot be a sample.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, {column}: {reason}")]
pub struct Fault {
    /// Counted from 1, the header included.
    pub line: u64,
    /// As in the header, or its number.
    pub column: String,
    /// What is wrong, and what to change.
    pub reason: String,
}

/// A text from the file, short enough and clean enough for a terminal.
pub(super) fn shown(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    let dots = if short.len() < text.len() { "…" } else { "" };
    format!("`{}{dots}`", short.escape_debug())
}
