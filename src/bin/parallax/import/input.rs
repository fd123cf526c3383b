//! What is imported, and where its bad rows go.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::path::PathBuf;

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
    out: Option<File>,
}

impl Rejected {
    pub(super) fn beside(file: &str) -> Self {
        Self { path: (file != "-").then(|| PathBuf::from(format!("{file}.rejected"))), out: None }
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
        let out = match &mut self.out {
            Some(out) => out,
            None => {
                let mut new = File::create(path).map_err(failed)?;
                new.write_all(header).map_err(failed)?;
                self.out.insert(new)
            }
        };
        out.write_all(lines).map_err(failed)
    }

    pub(super) fn place(&self) -> String {
        self.path.as_ref().map_or_else(|| "standard error".to_owned(), |path| path.display().to_string())
    }
}
