//! One agent a vantage and archive: a second one would measure every slot twice.

use std::fs::{File, OpenOptions};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use parallax::measurement::identity::Vantage;

use crate::exit::Problem;

/// Held as long as it lives; the system lets it go however the program ends.
pub(super) struct Alone {
    _lock: Flock<File>,
}

/// Takes the lock beside the archive.
pub(super) fn take(archive: &str, vantage: &Vantage) -> Result<Alone, Problem> {
    let path = archive.strip_prefix("sqlite:").unwrap_or(archive);
    let name: String =
        vantage.as_str().chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
    let path = format!("{path}.agent-{name}.lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(|error| {
        Problem::input(format!("cannot make the lock {path}: {error}; its directory must be writable"))
    })?;
    match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(lock) => Ok(Alone { _lock: lock }),
        Err((_, Errno::EWOULDBLOCK)) => Err(Problem::input(format!(
            "another agent runs as {vantage} on {archive}; stop it, or give this one another [vantage] id"
        ))),
        Err((_, error)) => Err(Problem::input(format!("cannot lock {path}: {error}; use a local file system"))),
    }
}
