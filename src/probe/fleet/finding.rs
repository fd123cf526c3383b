//! What is wrong with a fleet file, and where.

use std::fmt;

/// A place in a text: both count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character in it.
    pub column: usize,
}

/// One mistake: where, what is wrong, and what to change. No secret is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where it begins.
    pub at: Position,
    /// What is wrong, and what to change.
    pub what: String,
}

/// Every mistake of a fleet file, in the order of the file; at least one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.named("fleet file"))]
pub struct FleetError {
    /// The mistakes.
    pub mistakes: Vec<Mistake>,
}

impl FleetError {
    /// One line a mistake, `NAME:LINE:COLUMN: what is wrong`.
    #[must_use]
    pub fn named<'a>(&'a self, file: &'a str) -> impl fmt::Display + 'a {
        fmt::from_fn(move |f| {
            for (i, Mistake { at, what }) in self.mistakes.iter().enumerate() {
                let ending = if i == 0 { "" } else { "\n" };
                write!(f, "{ending}{file}:{}:{}: {what}", at.line, at.column)?;
            }
            Ok(())
        })
    }
}

/// Mistakes as they are found.
pub(super) struct Findings<'t> {
    text: &'t str,
    mistakes: Vec<Mistake>,
}

/// More than this help nobody.
const MISTAKES_SHOWN: usize = 50;

impl<'t> Findings<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, mistakes: Vec::new() }
    }

    /// Notes a mistake at a byte of the text.
    pub(super) fn note(&mut self, byte: usize, what: impl Into<String>) {
        let at = position(self.text, byte);
        self.mistakes.push(Mistake { at, what: what.into() });
    }

    pub(super) fn position(&self, byte: usize) -> Position {
        position(self.text, byte)
    }

    pub(super) fn into_error(mut self) -> Option<FleetError> {
        self.mistakes.sort_by_key(|mistake| mistake.at);
        self.mistakes.truncate(MISTAKES_SHOWN);
        (!self.mistakes.is_empty()).then_some(FleetError { mistakes: self.mistakes })
    }
}

/// The line and column of a byte.
pub(super) fn position(text: &str, byte: usize) -> Position {
    let before = text.get(..text.floor_char_boundary(byte)).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Position { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
}

/// A value as typed, made safe for a terminal and short.
pub(super) fn shown(value: &str) -> String {
    const LONGEST: usize = 60;
    let mut safe: String = value.chars().take(LONGEST).flat_map(char::escape_default).collect();
    if value.chars().count() > LONGEST {
        safe.push('…');
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_not_bytes() {
        assert_eq!(position("a\nüb = 1", 4), Position { line: 2, column: 2 });
        assert_eq!(position("", 99), Position { line: 1, column: 1 });
    }
}
