//! How an agent ends.

use crate::archive::error::ArchiveError;
use crate::measurement::counted::does;

/// How an agent ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All that was measured is kept.
    InOrder,
    /// Asked twice to stop: what was in memory is gone.
    AtOnce,
}

/// Why an agent could not go on.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The archive could not be read at the start.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The archive took no samples for too long.
    #[error("{} measured and could not be kept: {reason}", does(lost, "sample", ["was", "were"]))]
    Lost {
        /// How many.
        lost: usize,
        /// What the archive said last.
        reason: String,
    },
    /// A measuring thread cannot go on.
    #[error("cannot measure: {0}")]
    NoProber(String),
    /// The system gives no thread.
    #[error("cannot start a thread: {0}; lower --in-flight, or raise the system's limit")]
    NoThread(#[from] std::io::Error),
}
