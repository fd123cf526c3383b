//! SQLite's errors, in words that say what to change.

use rusqlite::{Error, ErrorCode};

use crate::archive::error::ArchiveError;

use super::open::PATIENCE;

/// What was being done, and to which archive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Doing<'a> {
    pub verb: &'static str,
    pub place: &'a str,
}

impl Doing<'_> {
    /// The error as the caller shall read it.
    pub(super) fn failed(self, error: &Error) -> ArchiveError {
        let said = error.to_string();
        let advice = match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => {
                return ArchiveError::Foreign { place: self.place.to_owned(), reason: said };
            }
            Some(ErrorCode::DiskFull) => "the disk is full: free some space, or name another place",
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                "the file and its directory must be writable by this user"
            }
            Some(ErrorCode::CannotOpen) => "the directory must exist, and this user must be able to read and write it",
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                return self.unusable(format!(
                    "another program kept it locked for {} s ({said}); try again once it is done",
                    PATIENCE.as_secs()
                ));
            }
            Some(ErrorCode::DatabaseCorrupt) => {
                "the file is damaged: put a copy in its place, or save what is left with `sqlite3 FILE .recover`"
            }
            Some(ErrorCode::SystemIoFailure) => "the disk or its file system failed",
            Some(ErrorCode::TooBig) => "a sample is too large to keep",
            _ => "unexpected",
        };
        self.unusable(format!("{said}: {advice}"))
    }

    pub(super) fn unusable(self, reason: String) -> ArchiveError {
        ArchiveError::Unusable { verb: self.verb, place: self.place.to_owned(), reason }
    }
}
