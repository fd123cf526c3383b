//! Kept samples in one SQLite file: the embedded archive.
//!
//! One writer at a time and any number of readers, in any number of processes, by SQLite's own locks; readers see whole
//! batches only. What a sample is selected by stands in columns, the sample itself beside them as JSON, its
//! surroundings once for all samples that share them, and one line a source is kept up to date with every batch.

mod append;
mod directory;
mod fault;
mod forget;
mod miss;
mod open;
mod place;
mod scan;
mod schema;
pub mod size;

#[cfg(feature = "aws")]
pub use place::table;

use rusqlite::Connection;

use crate::archive::error::ArchiveError;

/// What an archive is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// To read what is there; works beside a writer, and from a place that cannot be written.
    Read,
    /// To add and remove; makes the archive where there is none.
    Write,
}

/// An open archive.
#[derive(Debug)]
pub struct Archive {
    connection: Connection,
    place: String,
}

/// Opens the archive at a place such as `sqlite:parallax.db`.
///
/// # Errors
/// See [`ArchiveError`]; a file of another kind is left as it is.
pub fn open(place: &str, mode: Mode) -> Result<Archive, ArchiveError> {
    let path = place::path(place)?;
    let connection = open::connection(path, place, mode)?;
    Ok(Archive { connection, place: place.to_owned() })
}
