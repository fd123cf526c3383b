//! Why an archive could not do as asked.

/// Why an archive could not do as asked. Every message names the archive and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// What was typed names no kind of archive this program can open.
    #[error("`{place}` is no place for an archive: {reason}")]
    Place {
        /// As in `--archive`, escaped for a terminal.
        place: String,
        /// What to write instead.
        reason: String,
    },
    /// There is none at that place.
    #[error("no archive at {place}; `parallax agent`, `compare` or `demo` make one, or name another with --archive")]
    Missing {
        /// As in `--archive`.
        place: String,
    },
    /// It could not be opened or written.
    #[error("cannot {verb} the archive {place}: {reason}")]
    Unusable {
        /// `open`, `read`, `write`.
        verb: &'static str,
        /// As in `--archive`.
        place: String,
        /// The engine's words, and what to change.
        reason: String,
    },
    /// One of its samples cannot be read; the others can.
    #[error("cannot read the archive {place}: {reason} (the sample is of {source_name}, and began {began})")]
    Damaged {
        /// As in `--archive`.
        place: String,
        /// Which sample, and what is wrong with it.
        reason: String,
        /// As in `--source`; its row is whole.
        source_name: String,
        /// When, as RFC 3339.
        began: String,
    },
    /// A file of another kind.
    #[error("{place} is not a Parallax archive ({reason}); name another file with --archive")]
    Foreign {
        /// As in `--archive`.
        place: String,
        /// How it was recognised.
        reason: String,
    },
    /// Written by a later version.
    #[error(
        "the archive {place} has schema {found}, newer than the newest this program knows ({known}); update parallax"
    )]
    Newer {
        /// As in `--archive`.
        place: String,
        /// The archive's.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The service behind it did not do as asked.
    #[error("{place}: {reason}")]
    Service {
        /// As in `--archive`.
        place: String,
        /// What was asked of what, what came of it, and what to change.
        reason: String,
        /// Whether the same may succeed later without anyone's doing.
        may_pass: bool,
    },
}
