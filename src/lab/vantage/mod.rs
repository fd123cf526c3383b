//! A vantage: a process of its own, in its network and with its share of a processor, that measures when told.

mod agent;
mod instrument;
pub(super) mod page;
mod place;
pub(super) mod process;
mod resolv_conf;
pub(super) mod threads;
pub mod work;

use std::io;
use std::path::PathBuf;

use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use super::scenario::side::{Store, Way};
use crate::measurement::wire::Record;

pub use process::{Command, Vantage, forget};

/// What measures when told; it ends when it is dropped.
pub trait Measures {
    /// Measures once.
    ///
    /// # Errors
    /// `Stopped` where `stop` came true meanwhile, and what can go wrong with a process.
    fn measure(&mut self, stop: &dyn Fn() -> bool) -> Result<Told, VantageError>;

    /// Between two measurements: a function is frozen, an agent stands still, and others wait.
    ///
    /// # Errors
    /// As for [`Measures::measure`].
    fn rest(&mut self, stop: &dyn Fn() -> bool) -> Result<(), VantageError> {
        let _ = stop;
        Ok(())
    }

    /// All that a monitor which measures by itself has kept; of others, nothing.
    ///
    /// # Errors
    /// As for [`Measures::measure`]; `Refused` where it cannot be had.
    fn kept(&mut self, stop: &dyn Fn() -> bool) -> Result<Vec<Record>, VantageError> {
        let _ = stop;
        Ok(Vec::new())
    }

    /// The process that measures.
    fn process(&self) -> Pid;

    /// Ends it, and waits for that.
    fn end(&mut self);
}

/// The first line that a vantage reads.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Orders {
    /// The page.
    pub url: String,
    /// The authorities that it knows.
    pub authority: PathBuf,
    /// Whether those are all that it has, where it reads what the machine has.
    pub store: Store,
    /// The certificate is checked.
    pub verify: bool,
    /// A Zabbix watches in further ways, each with one option switched.
    pub switches: bool,
    /// Where programs that it starts may have files.
    pub folder: PathBuf,
    /// The way of measuring.
    pub way: Way,
    /// `Accept-Encoding: gzip`.
    pub accept_gzip: bool,
    /// Processor time to use up before each measurement, milliseconds.
    pub work_ms: f64,
    /// The limit of the whole exchange, milliseconds; absent, the usual one.
    pub timeout_ms: Option<f64>,
    /// What a function is told of its memory.
    pub memory_mb: u32,
    /// What samples call the vantage.
    pub vantage: String,
    /// And the process.
    pub sandbox: String,
    /// Takes the place of `/etc/resolv.conf`, for this process alone.
    pub resolv_conf: PathBuf,
    /// The control group that it must find itself in; absent, none.
    pub share: Option<String>,
}

/// What it says before the first measurement.
#[derive(Debug, Deserialize, Serialize)]
pub enum Greeting {
    /// All is as ordered.
    Ready,
    /// Something is not.
    Refused(String),
}

/// What it says of one measurement.
#[derive(Debug, Deserialize, Serialize)]
pub struct Told {
    /// The sample.
    pub record: Record,
    /// Processor time of the measuring thread from call to return, by the scheduler: nanoseconds.
    pub cpu_ns: u64,
    /// Time for which it was ready to run and did not.
    pub delay_ns: u64,
}

/// What it says once it stands still.
#[derive(Debug, Deserialize, Serialize)]
pub struct Rested;

/// What a monitor that measures by itself says when it is asked for all that it has.
#[derive(Debug, Deserialize, Serialize)]
pub enum Kept {
    /// Its samples.
    All(Vec<Record>),
    /// They cannot be had.
    Refused(String),
}

/// Why a vantage does not measure.
#[derive(Debug, thiserror::Error)]
pub enum VantageError {
    /// The system refused.
    #[error("cannot {what} for a vantage: {reason}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// What it said.
        reason: io::Error,
    },
    /// The process found something not as ordered.
    #[error("a vantage is not as it should be: {0}")]
    Refused(String),
    /// The process ended, or said what nobody expects.
    #[error("a vantage broke down: {0}")]
    Broken(String),
    /// It was to stop.
    #[error("stopped")]
    Stopped,
}

impl VantageError {
    pub(super) fn io(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |reason| Self::Io { what, reason }
    }
}
