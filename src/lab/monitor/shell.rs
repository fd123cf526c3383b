//! curl as a shell starts it: what a function written as a shell script does for each check.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{MonitorError, Need};
use crate::adapters::curl::{Curl, CurlError};

/// The one that is run.
pub const CURL: Need = Need { what: "curl", package: "curl" };

/// A shell that starts curl and waits for it, as a line of a longer script would: not in its own place.
const SCRIPT: &str = "#!/bin/sh\ncurl \"$@\"\nstatus=$?\nexit $status\n";

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum ShellError {
    /// The script could not be written.
    #[error(transparent)]
    Script(#[from] MonitorError),
    /// curl, through it, does not answer.
    #[error(transparent)]
    Curl(#[from] CurlError),
}

/// A curl behind a shell whose script is in this folder.
///
/// # Errors
/// See [`ShellError`].
pub fn curl(folder: &Path) -> Result<Curl, ShellError> {
    let script = folder.join("check.sh");
    // An earlier process of this vantage may have written it.
    if !script.exists() {
        std::fs::write(&script, SCRIPT).map_err(MonitorError::io("write a script"))?;
        let everyone = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&script, everyone).map_err(MonitorError::io("make a script a program"))?;
    }
    Ok(Curl::at(&script)?)
}
