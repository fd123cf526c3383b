//! Samples as text for other programs: JSON lines, which lose nothing, and flat CSV, which spreadsheets read.

pub mod flat;

use std::io::{self, Write};

use crate::measurement::wire::Record;

/// Writes a record as one line of JSON.
///
/// # Errors
/// The writer's.
pub fn line(out: &mut dyn Write, record: &Record) -> io::Result<()> {
    let text = serde_json::to_string(record)?;
    out.write_all(text.as_bytes())?;
    out.write_all(b"\n")
}
