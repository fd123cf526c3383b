//! What a run leaves: a folder with an archive, a truth file and a report; all of them, or nothing.

use std::fs;
use std::path::{Path, PathBuf};

use parallax::adapters::archive::{self, Archive, Mode};
use parallax::archive::port::Append;
use parallax::lab::run::sweep;
use parallax::measurement::wire::Record;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::exit::Problem;

pub(super) const SAMPLES: &str = "samples.db";
pub(super) const TRUTH: &str = "truth.json";
pub(super) const REPORT: &str = "report.html";
const FILES: [&str; 3] = [SAMPLES, TRUTH, REPORT];
/// Of the folder in which they become; the number of the process follows.
const PREFIX: &str = ".parallax-run-";

/// What is to be left, its archive open. Dropped before it is written, it leaves nothing.
pub(super) struct Outputs {
    archive: Archive,
    runtime: Runtime,
    place: Place,
}

/// Where it will be, and where it is until then.
struct Place {
    folder: PathBuf,
    /// Folders that were not there, the innermost first.
    made: Vec<PathBuf>,
    /// Within the folder, so that what is done can be moved.
    draft: Option<TempDir>,
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
        let made = folder.ancestors().take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists());
        let mut place = Place { folder: folder.to_owned(), made: made.map(Path::to_owned).collect(), draft: None };
        fs::create_dir_all(folder).map_err(|error| refused(format!("it cannot be made: {error}")))?;
        sweep(folder, &[PREFIX]);
        let draft = tempfile::Builder::new().prefix(&format!("{PREFIX}{}-", std::process::id())).tempdir_in(folder);
        let draft = draft.map_err(|error| refused(format!("nothing can be written to it: {}", error.kind())))?;
        let archive = archive::open(&format!("sqlite:{}", draft.path().join(FILES[0]).display()), Mode::Write)?;
        place.draft = Some(draft);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(|error| Problem::unfinished(format!("cannot start a runtime: {error}")))?;
        Ok(Self { archive, runtime, place })
    }

    /// Keeps samples.
    pub(super) fn keep(&mut self, records: &[Record]) -> Result<(), Problem> {
        self.runtime.block_on(self.archive.append(records)).map_err(Problem::unfinished)?;
        Ok(())
    }

    /// Leaves the samples, and files with these names and texts, in this order; tells where.
    pub(super) fn write(self, texts: &[(&str, &str)]) -> Result<PathBuf, Problem> {
        let Self { archive, mut place, .. } = self;
        // The last one to close it takes away the files beside it.
        drop(archive);
        place.fill(texts)?;
        Ok(std::mem::take(&mut place.folder))
    }
}

impl Place {
    fn fill(&mut self, texts: &[(&str, &str)]) -> Result<(), Problem> {
        let Some(draft) = &self.draft else { return Ok(()) };
        let failed = |name: &str, error: std::io::Error| {
            Problem::unfinished(format!("cannot write {}: {error}", self.folder.join(name).display()))
        };
        for (name, text) in texts {
            fs::write(draft.path().join(name), text).map_err(|error| failed(name, error))?;
        }
        for name in [SAMPLES].into_iter().chain(texts.iter().map(|(name, _)| *name)) {
            fs::rename(draft.path().join(name), self.folder.join(name)).map_err(|error| failed(name, error))?;
        }
        self.made.clear();
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(self.draft.take());
        for folder in &self.made {
            // Somebody else has put something there.
            let _ = fs::remove_dir(folder);
        }
    }
}
