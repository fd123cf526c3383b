//! Why a rollup was not made.

use parallax::adapters::aws::failure::Failure;
use parallax::archive::error::ArchiveError;
use parallax::metrics::error::PublishError;

/// Why a rollup was not made. What it had to do is done by the next one.
#[derive(Debug, thiserror::Error)]
pub enum RollupError {
    /// The archive did not answer.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The table of pages did not.
    #[error(transparent)]
    Targets(#[from] Failure),
    /// CloudWatch did not.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// It took longer than an invocation may.
    #[error("the time of this invocation is over; give the function more of it, or more memory, which is speed")]
    Time,
}
