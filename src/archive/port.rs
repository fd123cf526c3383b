//! What any archive can be asked to do.
#![expect(async_fn_in_trait, reason = "each caller runs its archive on one thread; no future has to be Send")]

use std::ops::ControlFlow;

use crate::measurement::identity::{Method, SampleId, TargetId, Vantage};
use crate::measurement::miss;
use crate::measurement::units::UnixMillis;
use crate::measurement::wire::Record;
use crate::summary::collector::WindowSummary;
use crate::summary::source::SourceName;

use super::error::ArchiveError;
use super::selection::{Selection, Window};

/// Keeps samples, each exactly once.
pub trait Append {
    /// Keeps those whose id is new and leaves the others as they are; once it returns, they survive a power cut.
    ///
    /// Where it fails, the embedded engine has kept none of them; an engine a network away may have kept some, and does
    /// not know which. The same call again keeps the rest, and each of them once.
    async fn append(&mut self, records: &[Record]) -> Result<Appended, ArchiveError>;
}

/// How many of a batch were new.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Appended {
    /// Kept now.
    pub new: usize,
    /// Kept before.
    pub repeated: usize,
}

/// Says which samples are kept already.
pub trait Known {
    /// The ids of those that are kept, in the order given.
    ///
    /// Takes records because an engine may file a sample under more than its id: of two records with one id that began
    /// at two moments, it may know one and not the other.
    async fn known(&mut self, records: &[Record]) -> Result<Vec<SampleId>, ArchiveError>;
}

/// Reads samples back.
pub trait Scan {
    /// Shows each selected record once, in the order in which they began (then by id), without holding all of them,
    /// until the visitor has seen enough.
    async fn scan_while(
        &mut self,
        selection: &Selection,
        visit: &mut dyn FnMut(Record) -> ControlFlow<()>,
    ) -> Result<(), ArchiveError>;

    /// Shows all of them.
    async fn scan(&mut self, selection: &Selection, visit: &mut dyn FnMut(Record)) -> Result<(), ArchiveError> {
        let mut visit_all = |record| {
            visit(record);
            ControlFlow::Continue(())
        };
        self.scan_while(selection, &mut visit_all).await
    }
}

/// Says which sources there are, without reading their samples.
pub trait Directory {
    /// One line a source, ordered by target, vantage and method.
    async fn sources(&mut self) -> Result<Vec<SourceLine>, ArchiveError>;
}

/// One source as the directory shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLine {
    /// The page.
    pub target: TargetId,
    /// The place.
    pub vantage: Vantage,
    /// The way.
    pub method: Method,
    /// Samples kept.
    pub samples: u64,
    /// Of those, the ones that failed or broke a check.
    pub failures: u64,
    /// Slots kept as missed.
    pub missed: u64,
    /// When its samples began; absent where all that is kept of it is missed slots.
    pub span: Option<Span>,
}

/// From the first sample of a source to its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first one began then.
    pub first: UnixMillis,
    /// The last one began then.
    pub last: UnixMillis,
}

/// Keeps which slots were missed.
pub trait Miss {
    /// Keeps each of them once, and none that has a sample: a sample that comes later takes its slot out again.
    ///
    /// All of them are kept or none.
    async fn miss(&mut self, missed: &[miss::Miss]) -> Result<(), ArchiveError>;
}

/// Says which slots of a schedule are done.
pub trait Slots {
    /// Slots of this source that have a sample, within a window of slots.
    async fn slots(
        &mut self,
        target: &TargetId,
        vantage: &Vantage,
        method: &Method,
        window: Window,
    ) -> Result<Vec<UnixMillis>, ArchiveError>;
}

/// Lets old samples go.
pub trait Forget {
    /// Removes samples that began and slots that were missed before a moment; returns how many samples.
    async fn forget_before(&mut self, moment: UnixMillis) -> Result<u64, ArchiveError>;
}

/// Keeps what was worked out of a window, so that it need not be worked out again.
pub trait Summaries {
    /// Keeps the summary of each source in a window, in place of the one kept of the same window and source before.
    async fn put_summary(&mut self, window: Window, summary: &WindowSummary) -> Result<(), ArchiveError>;

    /// The summaries of windows that began within a stretch of time, by the window's start, target, vantage and method.
    async fn summaries(&mut self, begun: Window) -> Result<Vec<KeptSummary>, ArchiveError>;
}

/// One source's summary of one window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptSummary {
    /// Of this stretch of time.
    pub window: Window,
    /// Of this source.
    pub source: SourceName,
    /// A [`SourceSummary`](crate::summary::source::SourceSummary) as JSON, digit for digit as it was kept: a later version
    /// may have kept more than this one knows.
    pub figures: String,
}
