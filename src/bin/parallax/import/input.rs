//! What is imported, and where its bad rows go.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::path::PathBuf;

use crate::draft::Draft;
use crate::exit::Problem;

/// The file as messages call it.
pub(super) fn name(file: &str) -> String {
    if file == "-" { "standard input".to_owned() } else { file.escape_debug().to_string() }
}

pub(super) fn open(file: &str) -> Result<Box<dyn Read>, Problem> {
    if file == "-" {
        return Ok(Box::new(io::stdin().lock()));
    }
    let refused = |reason: String| Problem::input(format!("cannot read {}: {reason}", name(file)));
    let opened = File::open(file).map_err(|error| refused(error.to_string()))?;
    if opened.metadata().is_ok_and(|data| data.is_dir()) {
        return Err(refused("it is a directory".to_owned()));
    }
    Ok(Box::new(BufReader::new(opened)))
}

/// Rows set aside: beside the file, or on standard error where there is no file.
#[derive(Debug)]
pub(super) struct Rejected {
    path: Option<PathBuf>,
    draft: Option<Draft>,
}

impl Rejected {
    pub(super) fn beside(file: &str) -> Self {
        Self { path: (file != "-").then(|| PathBuf::from(format!("{file}.rejected"))), draft: None }
    }

    /// Keeps lines as they stood; `header` goes first.
    pub(super) fn keep(&mut self, header: &[u8], lines: &[u8]) -> Result<(), Problem> {
        let Some(path) = &self.path else {
            return match io::stderr().write_all(lines) {
                Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                    Err(Problem::unfinished(format!("cannot write to standard error: {error}")))
                }
                _ => Ok(()),
            };
        };
        let failed = |error: io::Error| Problem::unfinished(format!("cannot write {}: {error}", path.display()));
        let draft = match &mut self.draft {
            Some(draft) => draft,
            None => {
                let new = Draft::of(path).map_err(|reason| {
                    Problem::input(format!(
                        "cannot put bad rows into {}: {reason}, or import from standard input (-), whose bad rows go to \
                         standard error",
                        path.display()
                    ))
                })?;
                new.file().write_all(header).map_err(failed)?;
                self.draft.insert(new)
            }
        };
        draft.file().write_all(lines).map_err(failed)
    }

    /// Gives them a name that no earlier import's rows have, and says where they are.
    pub(super) fn settle(self) -> Result<String, Problem> {
        match (self.path, self.draft) {
            (Some(path), Some(draft)) => draft
                .keep_beside_others()
                .map(|path| path.display().to_string())
                .map_err(|error| Problem::unfinished(format!("cannot write {}: {error}", path.display()))),
            _ => Ok("standard error".to_owned()),
        }
    }
}
