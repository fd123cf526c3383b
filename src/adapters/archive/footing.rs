//! Whether an open archive is still the file at its path.
//!
//! SQLite goes on writing into a file that was removed, and keeps what it has read of one that was cut short: whoever
//! acknowledges what it says has to look.

use std::fs::{Metadata, metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The file as it was last seen.
#[derive(Debug)]
pub(super) struct Footing {
    path: PathBuf,
    file: Option<(u64, u64)>,
    length: u64,
}

impl Footing {
    /// Of the file that lies there now.
    ///
    /// # Errors
    /// It cannot be looked at.
    pub(super) fn of(path: &Path) -> std::io::Result<Self> {
        let found = metadata(path)?;
        Ok(Self { path: path.to_owned(), file: identity(&found), length: found.len() })
    }

    /// Whether it still is, or else what became of it.
    pub(super) fn look(&mut self) -> Result<(), String> {
        let found = metadata(&self.path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                "the file was removed or renamed while it was in use, and what it held with it; what comes now goes \
                 into a new file in its place"
                    .to_owned()
            }
            _ => error.to_string(),
        })?;
        if identity(&found) != self.file {
            return Err(
                "another file has taken its place while it was in use; what comes now goes into that one".to_owned()
            );
        }
        if found.len() < self.length {
            return Err(format!(
                "the file was cut from {} to {} bytes while it was in use; put a copy in its place, or remove it to \
                 begin anew",
                self.length,
                found.len()
            ));
        }
        self.length = found.len();
        Ok(())
    }
}

#[cfg(unix)]
fn identity(found: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Option<(u64, u64)> {
    None
}
