//! Windows whose summaries are not those of their samples, and what is kept of a rollup beside summaries.
#![expect(async_fn_in_trait, reason = "each caller runs its archive on one thread; no future has to be Send")]

use crate::measurement::units::UnixMillis;
use crate::summary::variance::collector::VarianceSummary;

use super::error::ArchiveError;
use super::selection::Window;

/// A window whose summary is not, or not any more, that of its samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its first moment.
    pub window: UnixMillis,
    /// By then, whoever marked it has kept its samples or given up.
    pub settled: UnixMillis,
}

/// Marks windows.
pub trait Touch {
    /// Marks each of them, before its samples are kept: whoever ends in between has marked one too many, and not one too
    /// few.
    async fn touch(&mut self, windows: &[UnixMillis], settled: UnixMillis) -> Result<(), ArchiveError>;
}

/// Reads the marks, and takes them away.
pub trait Touched {
    /// The oldest windows that are marked, in order, at most as many as asked for.
    async fn touched(&mut self, most: usize) -> Result<Vec<Mark>, ArchiveError>;

    /// Takes a mark away, unless the window was marked again since it was read.
    async fn done(&mut self, mark: Mark) -> Result<(), ArchiveError>;
}

/// Keeps splits of the spread.
pub trait KeepSplit {
    /// Keeps one a page and method, in place of the one kept of the same stretch before.
    async fn keep_split(&mut self, stretch: Window, split: &VarianceSummary) -> Result<(), ArchiveError>;
}
