//! Real monitors: other people's programs, started where a vantage stands, asked for what they measured.

pub mod blackbox;
pub mod daemon;
pub mod shell;
pub mod version;
pub mod zabbix;

use std::env;
use std::path::{Path, PathBuf};

use super::scenario::Scenario;
use super::scenario::side::{Side, Store, Way};

/// Where Debian keeps the authorities that a system trusts, and most TLS libraries look.
pub const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Why a monitor does not watch.
#[derive(Debug, thiserror::Error)]
pub enum MonitorError {
    /// It is not installed.
    #[error("{0}")]
    Missing(Need),
    /// A file, a folder or a process could not be had.
    #[error("cannot {what}: {reason}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        reason: std::io::Error,
    },
    /// It ended, or never came to what was waited for.
    #[error("{what} did not come about{how}; the last that it said: {said}")]
    Waited {
        /// What was waited for.
        what: &'static str,
        /// Ended, or only slow.
        how: &'static str,
        /// The end of its log.
        said: String,
    },
    /// It said something that nobody expects.
    #[error("{tool} answered what was not expected: {said}")]
    Foreign {
        /// Which program.
        tool: &'static str,
        /// What it said.
        said: String,
    },
    /// Its history could not be read.
    #[error(transparent)]
    Import(#[from] crate::adapters::import::server::fault::Fault),
}

impl MonitorError {
    pub(crate) fn io(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |reason| Self::Io { what, reason }
    }
}

/// A program or file that has to be there, and the Debian package that brings it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// A name on the path, or a place of its own; of several places, one with `*` for one part.
    pub what: &'static str,
    /// The package.
    pub package: &'static str,
}

impl std::fmt::Display for Need {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (Debian package {})", self.what, self.package)
    }
}

impl Need {
    /// Where it is.
    ///
    /// # Errors
    /// `Missing`.
    pub fn find(self) -> Result<PathBuf, MonitorError> {
        let found = match self.what.split_once("/*/") {
            // Debian keeps a folder a version: the newest.
            Some((folders, rest)) => {
                let folders = std::fs::read_dir(folders).into_iter().flatten().flatten();
                folders.map(|folder| folder.path().join(rest)).filter(|file| file.exists()).max()
            }
            None if self.what.starts_with('/') => Some(PathBuf::from(self.what)).filter(|file| file.exists()),
            None => {
                let path = env::var_os("PATH").unwrap_or_default();
                env::split_paths(&path).map(|folder| folder.join(self.what)).find(|file| file.is_file())
            }
        };
        found.ok_or(MonitorError::Missing(self))
    }
}

/// What the two sides of a scenario need of other people's programs, and this machine has not.
#[must_use]
pub fn missing(scenario: &Scenario) -> Vec<String> {
    let mut needs: Vec<Need> = scenario.sides.iter().flat_map(needs).collect();
    needs.dedup();
    needs.into_iter().filter(|need| need.find().is_err()).map(|need| need.to_string()).collect()
}

fn needs(side: &Side) -> Vec<Need> {
    let mut needs = match side.method {
        Way::Fresh | Way::Pooled | Way::Agent | Way::Lambda => Vec::new(),
        Way::Curl | Way::ShellCurl => vec![shell::CURL],
        Way::Blackbox => vec![blackbox::EXPORTER],
        Way::Zabbix => zabbix::NEEDS.to_vec(),
    };
    if side.store == Store::All {
        needs.push(Need { what: AUTHORITIES, package: "ca-certificates" });
    }
    needs
}

/// A file of authorities for a side, which everyone may read: the lab's alone, or all that the system trusts as well.
///
/// # Errors
/// A file cannot be read or written.
pub fn authorities(store: Store, own: &Path, into: &Path) -> Result<(), MonitorError> {
    let read = |path: &Path| std::fs::read(path).map_err(MonitorError::io("read authorities"));
    let mut all = if store == Store::All { read(Path::new(AUTHORITIES))? } else { Vec::new() };
    all.extend(read(own)?);
    std::fs::write(into, all).map_err(MonitorError::io("write authorities"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_named_with_its_package() {
        for what in ["no-such-program", "/nonexistent/program", "/usr/lib/nonexistent/*/bin/program"] {
            let said = Need { what, package: "some-package" }.find().unwrap_err().to_string();
            assert_eq!(said, format!("{what} (Debian package some-package)"));
        }
        assert!(Need { what: "sh", package: "dash" }.find().unwrap().ends_with("sh"));
        assert_eq!(Need { what: "/etc/passwd", package: "x" }.find().unwrap(), Path::new("/etc/passwd"));
    }

    #[test]
    fn a_store_of_all_has_the_labs_authority_beside_the_systems() {
        let folder = tempfile::tempdir().unwrap();
        let (own, into) = (folder.path().join("own"), folder.path().join("into"));
        std::fs::write(&own, "ours\n").unwrap();
        authorities(Store::One, &own, &into).unwrap();
        assert_eq!(std::fs::read_to_string(&into).unwrap(), "ours\n");
        if Path::new(AUTHORITIES).exists() {
            authorities(Store::All, &own, &into).unwrap();
            let all = std::fs::read_to_string(&into).unwrap();
            assert!(all.starts_with("-----BEGIN") && all.ends_with("ours\n"));
        }
    }
}
