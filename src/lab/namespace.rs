//! Networks of our own: namespaces without a name, which the kernel removes with the last process that uses them.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::process::{Command, Stdio};
use std::thread;

/// Why a namespace could not be made, entered or furnished.
#[derive(Debug, thiserror::Error)]
pub enum NamespaceError {
    /// The kernel refused; this needs root.
    #[error("cannot {what} a network namespace (as root?): {reason}")]
    Kernel {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        reason: io::Error,
    },
    /// `ip` is not there.
    #[error("cannot run `ip` (package iproute2): {0}")]
    Missing(io::Error),
    /// `ip` refused.
    #[error("`ip {arguments}` failed: {said}")]
    Refused {
        /// What it was asked.
        arguments: String,
        /// What it said.
        said: String,
    },
}

/// A network namespace with its loopback device up.
///
/// It has no name anywhere, so a killed run leaves nothing behind: it lives as long as this value, a socket made in it,
/// or a process started in it.
#[derive(Debug)]
pub struct Namespace {
    handle: File,
}

impl Namespace {
    /// Makes one.
    ///
    /// # Errors
    /// See [`NamespaceError`]; without root, `Kernel`.
    pub fn create() -> Result<Self, NamespaceError> {
        let made = on_own_thread(|| {
            // SAFETY: takes no pointers; only the calling thread, which ends here, changes its network.
            match unsafe { libc::unshare(libc::CLONE_NEWNET) } {
                0 => File::open("/proc/thread-self/ns/net"),
                _ => Err(io::Error::last_os_error()),
            }
        });
        let handle = made.map_err(|reason| NamespaceError::Kernel { what: "make", reason })?;
        let made = Self { handle };
        made.ip("link set lo up")?;
        Ok(made)
    }

    /// Runs `work` on a thread of its own inside: sockets it opens and processes it starts stay inside.
    ///
    /// # Errors
    /// `Kernel` when the thread cannot enter.
    pub fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, NamespaceError> {
        on_own_thread(|| {
            // SAFETY: takes no pointers; the descriptor is open, and only the calling thread changes its network.
            match unsafe { libc::setns(self.handle.as_raw_fd(), libc::CLONE_NEWNET) } {
                0 => Ok(work()),
                _ => Err(io::Error::last_os_error()),
            }
        })
        .map_err(|reason| NamespaceError::Kernel { what: "enter", reason })
    }

    /// What a process that is to live inside enters by.
    pub(super) fn descriptor(&self) -> RawFd {
        self.handle.as_raw_fd()
    }

    /// Runs `ip` inside, with arguments split at spaces.
    ///
    /// # Errors
    /// `Missing` without iproute2, `Refused` with what it said.
    pub fn ip(&self, arguments: &str) -> Result<(), NamespaceError> {
        let run = || Command::new("ip").args(arguments.split(' ')).stdin(Stdio::null()).output();
        let output = self.inside(run)?.map_err(NamespaceError::Missing)?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(NamespaceError::Refused { arguments: arguments.to_owned(), said })
    }
}

fn on_own_thread<T: Send>(work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    let ended =
        thread::scope(|scope| thread::Builder::new().spawn_scoped(scope, work).map(thread::ScopedJoinHandle::join))?;
    ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
