//! A history that is read page by page, oldest first.
#![expect(async_fn_in_trait, reason = "a command reads one history on one thread; no future has to be Send")]

use crate::measurement::units::UnixMillis;
use crate::measurement::wire::Record;

use super::fault::Fault;

/// One page of a history.
#[derive(Debug, Default)]
pub struct Page {
    /// Samples that began after those of the page before, but for overlaps.
    pub records: Vec<Record>,
    /// What cannot be a sample, each with its time and reason.
    pub bad: Vec<String>,
}

/// Where a reading begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// At this moment, or with the first value there is.
    At(Option<UnixMillis>),
    /// Again at a moment up to which all is kept already.
    Again(UnixMillis),
}

/// Another monitor's samples in their order.
pub trait History {
    /// Reads anew from here.
    fn begin(&mut self, begin: Begin);

    /// The next page; nothing after the last one.
    async fn page(&mut self) -> Result<Option<Page>, Fault>;

    /// What a reader should know of the pages read so far, a sentence each.
    fn remarks(&self) -> Vec<String>;
}
