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
    /// The position every [`STRIDE`] bytes or so, so that no position is counted from the beginning: a file may have
    /// tens of thousands of pages, and all of them in one line.
    known: Vec<(usize, Position)>,
    mistakes: Vec<Mistake>,
}

const STRIDE: usize = 4_096;

/// More than this help nobody.
const MISTAKES_SHOWN: usize = 50;

impl<'t> Findings<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let mut known = vec![(0, Position { line: 1, column: 1 })];
        let mut last = known[0];
        for byte in (STRIDE..text.len()).step_by(STRIDE).map(|byte| text.floor_char_boundary(byte)) {
            last = (byte, counted(&text[last.0..byte], last.1));
            known.push(last);
        }
        Self { text, known, mistakes: Vec::new() }
    }

    /// Notes a mistake at a byte of the text.
    pub(super) fn note(&mut self, byte: usize, what: impl Into<String>) {
        let at = self.position(byte);
        self.mistakes.push(Mistake { at, what: what.into() });
    }

    pub(super) fn position(&self, byte: usize) -> Position {
        let byte = self.text.floor_char_boundary(byte);
        let after = self.known.partition_point(|(known, _)| *known <= byte);
        let (from, at) = self.known[after.saturating_sub(1)];
        counted(&self.text[from..byte], at)
    }

    pub(super) fn into_error(mut self) -> Option<FleetError> {
        self.mistakes.sort_by_key(|mistake| mistake.at);
        self.mistakes.truncate(MISTAKES_SHOWN);
        (!self.mistakes.is_empty()).then_some(FleetError { mistakes: self.mistakes })
    }
}

/// The line and column of a byte.
pub(super) fn position(text: &str, byte: usize) -> Position {
    counted(&text[..text.floor_char_boundary(byte)], Position { line: 1, column: 1 })
}

/// The position behind a piece of text that begins at another.
fn counted(piece: &str, from: Position) -> Position {
    match piece.rfind('\n') {
        None => Position { column: from.column + piece.chars().count(), ..from },
        Some(newline) => {
            Position { line: from.line + piece.matches('\n').count(), column: piece[newline + 1..].chars().count() + 1 }
        }
    }
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

    #[test]
    fn a_position_is_the_same_counted_from_the_beginning_or_from_a_known_one() {
        for text in ["über = 1, ".repeat(2_000), "ü = 1\n".repeat(3_000), "\n".repeat(10_000), String::new()] {
            let findings = Findings::new(&text);
            for byte in (0..text.len() + 10).step_by(97).chain([STRIDE - 1, STRIDE, STRIDE + 1, usize::MAX]) {
                assert_eq!(findings.position(byte), position(&text, byte), "{byte}");
            }
        }
    }
}
