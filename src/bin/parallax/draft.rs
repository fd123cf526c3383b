//! A file that is there whole or not at all: it is written under another name beside its place, then moved there.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file to be.
#[derive(Debug)]
pub(crate) struct Draft {
    path: PathBuf,
    written: Written,
}

#[derive(Debug)]
enum Written {
    Beside(NamedTempFile),
    /// A device or a pipe must be written to, not replaced by a file of its name.
    Straight(File),
}

impl Draft {
    /// Opens one for a place, and so finds out whether that can be written.
    ///
    /// # Errors
    /// It cannot: why, and what to name instead.
    pub(crate) fn of(path: &Path) -> Result<Self, String> {
        let refused =
            |error: io::Error| format!("it cannot be written: {error}; name a file in a directory that can be written");
        if path.is_dir() {
            return Err("it is a directory; name a file in it".to_owned());
        }
        let written = if path.exists() && !path.is_file() {
            Written::Straight(OpenOptions::new().write(true).open(path).map_err(refused)?)
        } else {
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let mut builder = tempfile::Builder::new();
            Written::Beside(as_any_new_file(builder.prefix(".parallax-draft-")).tempfile_in(parent).map_err(refused)?)
        };
        Ok(Self { path: path.to_owned(), written })
    }

    /// Where it will be.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What to write to.
    pub(crate) fn file(&self) -> &File {
        match &self.written {
            Written::Beside(file) => file.as_file(),
            Written::Straight(file) => file,
        }
    }

    /// Gives it its name, once it survives a power cut.
    pub(crate) fn keep(self) -> io::Result<()> {
        let Written::Beside(file) = self.written else { return Ok(()) };
        file.as_file().sync_all()?;
        file.persist(&self.path).map(drop).map_err(|error| error.error)
    }
}

/// Readable by those whom the umask allows: a temporary file is its owner's alone.
#[cfg(unix)]
fn as_any_new_file<'b, 'p, 's>(builder: &'b mut tempfile::Builder<'p, 's>) -> &'b mut tempfile::Builder<'p, 's> {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(std::fs::Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn as_any_new_file<'b, 'p, 's>(builder: &'b mut tempfile::Builder<'p, 's>) -> &'b mut tempfile::Builder<'p, 's> {
    builder
}
