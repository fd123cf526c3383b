//! What a run leaves: a folder with an archive, a truth file and a report.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use parallax::adapters::archive::{self, Archive, Mode};
use parallax::archive::port::Append;
use parallax::measurement::wire::Record;
use tokio::runtime::Runtime;

use crate::draft::Draft;
use crate::exit::Problem;

pub(super) const SAMPLES: &str = "samples.db";
pub(super) const TRUTH: &str = "truth.json";
const FILES: [&str; 3] = [SAMPLES, TRUTH, "report.html"];

/// The folder, its archive open.
pub(super) struct Outputs {
    folder: PathBuf,
    archive: Archive,
    runtime: Runtime,
}

impl Outputs {
    /// Makes the folder, and the archive in it.
    ///
    /// # Errors
    /// There is a run in it already: nothing is written over one.
    pub(super) fn prepare(folder: &Path) -> Result<Self, Problem> {
        let refused = |why: String| Problem::input(format!("--out {}: {why}", folder.display()));
        if let Some(found) = FILES.iter().find(|name| folder.join(name).exists()) {
            return Err(refused(format!("{found} of an earlier run is there; name another folder, or remove it")));
        }
        fs::create_dir_all(folder).map_err(|error| refused(format!("it cannot be made: {error}")))?;
        let archive = archive::open(&format!("sqlite:{}", folder.join(FILES[0]).display()), Mode::Write)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(|error| Problem::unfinished(format!("cannot start a runtime: {error}")))?;
        Ok(Self { folder: folder.to_owned(), archive, runtime })
    }

    /// Keeps samples.
    pub(super) fn keep(&mut self, records: &[Record]) -> Result<(), Problem> {
        self.runtime.block_on(self.archive.append(records)).map_err(Problem::unfinished)?;
        Ok(())
    }

    /// Writes what is known, and what is said.
    pub(super) fn write(&self, truth: &str, report: Option<&str>) -> Result<(), Problem> {
        self.put(TRUTH, truth)?;
        report.map_or(Ok(()), |report| self.put(FILES[2], report))
    }

    /// Writes one more file, whole or not at all.
    pub(super) fn put(&self, name: &str, text: &str) -> Result<(), Problem> {
        let path = self.folder.join(name);
        let failed = |why: String| Problem::unfinished(format!("cannot write {}: {why}", path.display()));
        let draft = Draft::of(&path).map_err(failed)?;
        let written = draft.file().write_all(text.as_bytes()).and_then(|()| draft.keep());
        written.map_err(|error| failed(error.to_string()))
    }

    /// Where all of it is.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }
}
