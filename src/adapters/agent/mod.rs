//! A host as a vantage: measures many pages on schedule and keeps what it saw.
//!
//! Four kinds of threads: the caller's decides what is due; each exchange has a thread to itself, with its own probers;
//! one writes to the archive; one tells what happened. Only the writer waits for the disk and only the teller for its
//! reader, so neither can make an exchange late.

pub mod end;
pub mod event;
pub mod inbox;
pub mod run;

mod tally;
mod tell;
mod work;
mod write;

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use crate::archive::error::ArchiveError;
use crate::measurement::environment::{Environment, Invocation};
use crate::measurement::identity::{Method, SampleId, TargetId, Vantage};
use crate::measurement::miss::Reason;
use crate::measurement::units::UnixMillis;
use crate::measurement::wire::Record;
use crate::probe::port::Measure;
use crate::probe::schedule::order::Line;
use crate::probe::target::Target;

/// Makes the prober of a method, on the thread that will use it.
pub type Probers = dyn Fn(&Method) -> Result<Box<dyn Measure>, String> + Send + Sync;

/// Everything an agent needs to know.
pub struct Agent {
    /// What to measure and when; each target of a line is in `targets`.
    pub lines: Vec<Line>,
    /// The pages by name.
    pub targets: HashMap<TargetId, Arc<Target>>,
    /// Who it is.
    pub identity: Arc<Identity>,
    /// How it measures.
    pub probers: Arc<Probers>,
    /// Exchanges in flight at most.
    pub in_flight: NonZeroUsize,
    /// Samples older than this go; absent keeps all.
    pub keep: Option<Duration>,
    /// Measure the slot of now, and end.
    pub once: bool,
}

/// What an agent writes on its samples.
pub struct Identity {
    /// Where.
    pub vantage: Vantage,
    /// What it is like there.
    pub environment: Environment,
    /// A new name for a sample.
    pub name: Box<dyn Fn() -> SampleId + Send + Sync>,
    /// How often and how long it has run, asked before each exchange.
    pub invocation: Box<dyn Fn() -> Invocation + Send + Sync>,
}

/// What the agent asks of an archive.
pub trait Keep: Send {
    /// Keeps the new ones among them; once it returns they survive a power cut.
    ///
    /// # Errors
    /// None of them is kept.
    fn keep(&mut self, records: &[Record]) -> Result<Kept, ArchiveError>;

    /// The slots of a page and way, from one on, that have a sample of this vantage.
    ///
    /// # Errors
    /// The archive cannot be read.
    fn slots(&mut self, line: &Line, from: UnixMillis) -> Result<Vec<UnixMillis>, ArchiveError>;

    /// Keeps which slots of a page and way passed without an observation; those that have a sample are left out.
    ///
    /// # Errors
    /// None of them is kept.
    fn miss(&mut self, line: &Line, slots: &[UnixMillis], reason: Reason) -> Result<(), ArchiveError>;

    /// Lets go what began before a moment.
    ///
    /// # Errors
    /// The archive cannot be written.
    fn forget_before(&mut self, moment: UnixMillis) -> Result<u64, ArchiveError>;
}

/// What became of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// In the archive now.
    pub ids: Vec<SampleId>,
    /// Not kept, and sending again would not help: why.
    pub refused: Vec<String>,
}
