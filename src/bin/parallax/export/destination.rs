//! Where an export goes.

use std::io::{self, ErrorKind, Write};
use std::path::Path;

use crate::draft::Draft;
use crate::exit::Problem;

/// Standard output, a device, or a file that appears under its name only once it is whole.
pub(super) struct Destination<'a> {
    path: Option<&'a Path>,
    draft: Option<Draft>,
}

impl<'a> Destination<'a> {
    pub(super) fn new(path: Option<&'a Path>, archive: Option<&Path>) -> Result<Self, Problem> {
        let Some(file) = path else { return Ok(Self { path, draft: None }) };
        let refused = |reason: &str| Problem::input(format!("--output {}: {reason}", file.display()));
        let same = |archive: &Path| matches!((archive.canonicalize(), file.canonicalize()), (Ok(a), Ok(b)) if a == b);
        if archive.is_some_and(same) {
            return Err(refused("it is the archive itself; name another file"));
        }
        let draft = Draft::of(file).map_err(|reason| refused(&reason))?;
        Ok(Self { path, draft: Some(draft) })
    }

    pub(super) fn writer(&self) -> Result<Box<dyn Write>, Problem> {
        let Some(draft) = &self.draft else { return Ok(Box::new(io::stdout())) };
        draft.file().try_clone().map(|file| Box::new(file) as Box<dyn Write>).map_err(|error| self.failed(&error))
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
        let (Some(draft), Some(path)) = (self.draft, self.path) else { return Ok(()) };
        draft.keep().map_err(|error| Problem::unfinished(format!("cannot write {}: {error}", path.display())))
    }
}
