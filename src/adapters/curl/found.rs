//! Which curl this machine has.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The first version with `-w '%{json}'`.
const OLDEST: (u32, u32) = (7, 70);

/// Why curl cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CurlError {
    /// Nothing of that name on the search path.
    #[error("curl is not installed (`{0}` was not found); install it, or measure with `fresh` or `pooled`")]
    Missing(PathBuf),
    /// It is there and does not run.
    #[error("`{program}` could not be run: {reason}")]
    NotStarted {
        /// What was run.
        program: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// It does not say `curl x.y.z`.
    #[error("`{0} --version` does not answer as curl does; is another program of that name on the search path?")]
    NotCurl(PathBuf),
    /// It cannot give its account as JSON.
    #[error("curl {0} is too old: 7.70 or later is needed for `-w '%{{json}}'`")]
    TooOld(String),
    /// No place for its temporary files.
    #[error("no temporary directory for curl's files: {0}; set TMPDIR to one that can be written")]
    NoDirectory(std::io::Error),
}

/// The version of a curl, as in `7.88.1`.
pub(super) fn version(program: &Path) -> Result<String, CurlError> {
    let output = Command::new(program).args(["-q", "--version"]).output().map_err(|reason| match reason.kind() {
        std::io::ErrorKind::NotFound => CurlError::Missing(program.to_owned()),
        _ => CurlError::NotStarted { program: program.to_owned(), reason },
    })?;
    let text = String::from_utf8_lossy(&output.stdout);
    checked(&text).unwrap_or_else(|| Err(CurlError::NotCurl(program.to_owned())))
}

/// Absent where the text is not curl's.
fn checked(text: &str) -> Option<Result<String, CurlError>> {
    let version = text.strip_prefix("curl ")?.split_whitespace().next()?;
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().ok());
    let (major, minor) = (numbers.next()??, numbers.next()??);
    Some(if (major, minor) < OLDEST { Err(CurlError::TooOld(version.to_owned())) } else { Ok(version.to_owned()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_from_what_is_none() {
        assert_eq!(checked("curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/7.88.1").unwrap().unwrap(), "7.88.1");
        assert_eq!(checked("curl 8.21.0-DEV\n").unwrap().unwrap(), "8.21.0-DEV");
        assert!(matches!(checked("curl 7.69.1 (x)"), Some(Err(CurlError::TooOld(_)))));
        for text in ["", "curl", "curl x.y", "wget 8.1", "curl 8"] {
            assert!(checked(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_missing_curl_and_another_program_are_named() {
        assert!(matches!(version(Path::new("/nonexistent/curl")), Err(CurlError::Missing(_))));
        assert!(matches!(version(Path::new("/bin/echo")), Err(CurlError::NotCurl(_))));
        assert!(version(Path::new("/nonexistent/curl")).unwrap_err().to_string().contains("install it"));
    }
}
