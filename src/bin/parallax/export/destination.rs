//! Where an export goes.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::exit::Problem;

/// Standard output, a device, or a file that appears under its name only once it is whole.
pub(super) struct Destination<'a> {
    path: Option<&'a Path>,
    unfinished: Option<NamedTempFile>,
}

impl<'a> Destination<'a> {
    pub(super) fn new(path: Option<&'a Path>, archive: Option<&Path>) -> Result<Self, Problem> {
        let Some(file) = path else { return Ok(Self { path, unfinished: None }) };
        let refused = |reason: &str| Problem::input(format!("--output {}: {reason}", file.display()));
        if file.is_dir() {
            return Err(refused("it is a directory; name a file in it"));
        }
        let same = |archive: &Path| matches!((archive.canonicalize(), file.canonicalize()), (Ok(a), Ok(b)) if a == b);
        if archive.is_some_and(same) {
            return Err(refused("it is the archive itself; name another file"));
        }
        // A device or a pipe must be written to, not replaced by a file of its name.
        if file.exists() && !file.is_file() {
            return Ok(Self { path, unfinished: None });
        }
        let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let unfinished = as_any_new_file(&mut tempfile::Builder::new())
            .prefix(".parallax-export-")
            .tempfile_in(parent)
            .map_err(|error| refused(&format!("cannot be written: {error}")))?;
        Ok(Self { path, unfinished: Some(unfinished) })
    }

    pub(super) fn writer(&self) -> Result<Box<dyn Write>, Problem> {
        let opened = match (&self.unfinished, self.path) {
            (Some(file), _) => file.as_file().try_clone(),
            (None, Some(path)) => OpenOptions::new().write(true).open(path),
            (None, None) => return Ok(Box::new(io::stdout())),
        };
        opened.map(|file: File| Box::new(file) as Box<dyn Write>).map_err(|error| self.failed(&error))
    }

    pub(super) fn failed(&self, error: &io::Error) -> Problem {
        match self.path {
            _ if error.kind() == ErrorKind::BrokenPipe => Problem::ClosedPipe,
            Some(path) => Problem::unfinished(format!("cannot write {}: {error}", path.display())),
            None => Problem::unfinished(format!("cannot write to standard output: {error}")),
        }
    }

    /// Gives the file its name.
    pub(super) fn keep(self) -> Result<(), Problem> {
        let (Some(file), Some(path)) = (self.unfinished, self.path) else { return Ok(()) };
        let failed = |error: io::Error| Problem::unfinished(format!("cannot write {}: {error}", path.display()));
        file.as_file().sync_all().map_err(failed)?;
        file.persist(path).map_err(|error| failed(error.error))?;
        Ok(())
    }
}

/// Temporary files are private by default; this one becomes an ordinary file.
#[cfg(unix)]
fn as_any_new_file<'b, 'p, 's>(builder: &'b mut tempfile::Builder<'p, 's>) -> &'b mut tempfile::Builder<'p, 's> {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(std::fs::Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn as_any_new_file<'b, 'p, 's>(builder: &'b mut tempfile::Builder<'p, 's>) -> &'b mut tempfile::Builder<'p, 's> {
    builder
}
