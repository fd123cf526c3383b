//! A page in a file: there whole, or not at all.

use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::exit::Problem;

/// A place for a page, found writable before any work is done for it.
pub(crate) struct PageFile {
    path: PathBuf,
    draft: NamedTempFile,
}

impl PageFile {
    /// Opens a draft beside the place.
    ///
    /// # Errors
    /// The directory is not there or cannot be written, or the place is a directory itself.
    pub(crate) fn prepare(flag: &str, path: &Path) -> Result<Self, Problem> {
        let refused = |reason: String| Problem::input(format!("{flag}: cannot write {}: {reason}", path.display()));
        if path.is_dir() {
            return Err(refused("it is a directory; name a file in it".to_owned()));
        }
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let draft = tempfile::Builder::new()
            .prefix(".parallax-page-")
            .permissions(readable())
            .tempfile_in(parent)
            .map_err(|error| refused(format!("{error}; name a file in a directory that can be written")))?;
        Ok(Self { path: path.to_owned(), draft })
    }

    /// Puts the page in its place, so that a reader never sees half of one; says where that is.
    pub(crate) fn write(mut self, page: &str) -> Result<PathBuf, Problem> {
        let failed = |error: std::io::Error| format!("cannot write {}: {error}", self.path.display());
        self.draft
            .write_all(page.as_bytes())
            .and_then(|()| self.draft.as_file().sync_all())
            .map_err(|error| Problem::unfinished(failed(error)))?;
        let Self { path, draft } = self;
        match draft.persist(&path) {
            Ok(_) => Ok(path),
            Err(error) => Err(Problem::unfinished(format!("cannot write {}: {}", path.display(), error.error))),
        }
    }
}

/// Readable by those whom the umask allows, as any new file: a temporary one is its owner's alone.
fn readable() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    std::fs::Permissions::from_mode(0o666)
}
