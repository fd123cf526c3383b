//! A page in a file.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::draft::Draft;
use crate::exit::Problem;

/// A place for a page, found writable before any work is done for it.
pub(crate) struct PageFile(Draft);

impl PageFile {
    /// Opens a draft for the place.
    ///
    /// # Errors
    /// The directory is not there or cannot be written, or the place is a directory itself.
    pub(crate) fn prepare(flag: &str, path: &Path) -> Result<Self, Problem> {
        let refused = |reason| Problem::input(format!("{flag} {}: {reason}", path.display()));
        Draft::of(path).map(Self).map_err(refused)
    }

    /// Puts the page in its place; says where that is.
    pub(crate) fn write(self, page: &str) -> Result<PathBuf, Problem> {
        let path = self.0.path().to_owned();
        let written = self.0.file().write_all(page.as_bytes()).and_then(|()| self.0.keep());
        match written {
            Ok(()) => Ok(path),
            Err(error) => Err(Problem::unfinished(format!("cannot write {}: {error}", path.display()))),
        }
    }
}
