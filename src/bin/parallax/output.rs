//! Data goes to stdout through here and messages to stderr, so that a closed pipe is the reader's choice and not a panic.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use crate::exit::Problem;

/// Writes a whole result, ending in a newline.
pub(crate) fn print(text: &str) -> Result<(), Problem> {
    let mut out = io::stdout().lock();
    let ending = if text.ends_with('\n') { "" } else { "\n" };
    out.write_all(text.as_bytes()).and_then(|()| out.write_all(ending.as_bytes())).and_then(|()| out.flush()).map_err(
        |error| match error.kind() {
            ErrorKind::BrokenPipe => Problem::ClosedPipe,
            _ => Problem::unfinished(format!("cannot write to standard output: {error}")),
        },
    )
}

/// Says a line on stderr, where somebody listens.
pub(crate) fn tell(words: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{words}");
}
