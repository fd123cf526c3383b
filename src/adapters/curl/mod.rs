//! The real curl, one process a measurement, as a shell script on a schedule would run it.
//!
//! The stopwatch is curl's own `time_total`, and our own lookup where we make one for it: starting the process is outside
//! it and stands beside it ([`CurlRun::process_us`](crate::measurement::sample::CurlRun)). Phases are differences of
//! curl's counters, see `timeline`; curl tells no receive stamps, so no phase has a network part.
//!
//! Where private addresses are allowed, and there is no header that must not go to another host, one process follows the
//! redirects with `-L`. Otherwise each hop is a process of its own: we look the name up, check every address, and pin what
//! was checked, so that nothing else can be asked. curl then has nothing to look up, so our lookup (the system's resolver,
//! as curl would ask it) is that hop's `resolve` and counts in the elapsed time; `time_total_us` stays what curl said. A
//! lookup that fails is the whole of its hop.
//!
//! curl limits time in total and up to the end of the handshake; limits on waiting and receiving alone it has not.

mod account;
mod arguments;
mod certificate;
mod child;
mod failure;
mod found;
mod header;
mod names;
mod process;
mod timeline;
mod transfer;
mod walk;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::measurement::sample::Observation;
use crate::probe::port::{Breaker, Measure};
use crate::probe::target::Target;

use child::Running;
pub use found::CurlError;

/// A curl that can measure.
#[derive(Debug)]
pub struct Curl {
    program: PathBuf,
    version: String,
    directory: tempfile::TempDir,
    running: Running,
}

impl Curl {
    /// The curl on the search path.
    ///
    /// # Errors
    /// There is none, or it is older than 7.70; see [`CurlError`].
    pub fn find() -> Result<Self, CurlError> {
        Self::at(Path::new("curl"))
    }

    /// A curl of one's choice.
    ///
    /// # Errors
    /// As [`Curl::find`].
    pub fn at(program: &Path) -> Result<Self, CurlError> {
        let version = found::version(program)?;
        let directory = tempfile::tempdir().map_err(CurlError::NoDirectory)?;
        Ok(Self { program: program.to_owned(), version, directory, running: Running::default() })
    }

    /// Its version, as in `7.88.1`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }
}

impl Measure for Curl {
    fn measure(&mut self, target: &Target) -> Observation {
        walk::walk(self, target)
    }

    fn breaker(&self) -> Option<Breaker> {
        let running = self.running.clone();
        Some(Arc::new(move || running.end()))
    }
}
