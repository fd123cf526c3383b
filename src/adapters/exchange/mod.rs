//! The measured exchange: the method `fresh`.
//!
//! One request on a new connection, step by step, on the calling thread with nothing else on it. The socket tells when
//! each packet arrived, so every phase is split into network and local time:
//!
//! - `connect` ends when the kernel says so (and, through a proxy, with the proxy's answer). Its network part is the
//!   handshake's round trip from `TCP_INFO`.
//! - `tls` ends when the request may be sent.
//! - `send` ends when the kernel has taken the request. For HTTP/2 the preface and SETTINGS are part of it: they travel
//!   in the same packets.
//! - `wait` ends with the read that completes the first byte of the response header after decryption; for HTTP/2 the
//!   first byte of the answer's HEADERS frame. Decrypting it belongs to `receive`. An interim response (1xx) counts.
//! - `receive` ends with the last byte of the body, decoded where a coding was asked for.
//!
//! A wait for a packet begins when the work that the last read or write made is done, by the thread's CPU clock: a thread
//! that is not let run waits all the same. Waiting for room to write counts as network: the other end, or the path, took
//! no more. So does the wait for the end of a stream or a reset, which the kernel does not stamp. A redirect to the same origin goes over the same connection
//! where the server keeps it open, as in `curl -L`. Between redirects nothing else is kept: no session, no cookie.

mod answer;
pub(super) mod body;
mod chain;
mod connect;
pub(super) mod failure;
mod frames;
mod head;
mod hop;
mod journal;
mod limits;
mod line;
mod records;
pub(super) mod redirect;
pub(super) mod request;
mod running;
mod stream;
mod tap;
pub(super) mod tls;
mod tunnel;
pub(super) mod usage;

pub(super) use line::HEADER_MAX;

use std::io;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;

use self::hop::Step;
use self::journal::Journal;
use self::limits::Limits;
use self::usage::Usage;
use super::kernel::{self, stamping::Stamping};
use super::resolve::configuration::Configuration;
use crate::measurement::sample::Observation;
use crate::probe::port::Measure;
use crate::probe::target::Target;

/// Beyond this the wall clock was set, or the machine slept, while measuring.
const DRIFT_MAX: Duration = Duration::from_millis(5);

/// The method `fresh`: every measurement is a new connection and a full handshake.
///
/// Must not be called from within an async runtime: it has its own and blocks on it.
pub struct Fresh {
    runtime: Runtime,
    clients: tls::Clients,
    /// The first packet of the first exchange deserves its stamp, too; where there are none, samples leave them out.
    _stamping: Option<Stamping>,
}

impl Fresh {
    /// A prober with nothing loaded yet. From then on the process keeps a few MiB of what it frees.
    ///
    /// # Errors
    /// The system gives no event queue.
    pub fn new() -> io::Result<Self> {
        kernel::keep_freed_memory();
        let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
        Ok(Self { runtime, clients: tls::Clients::default(), _stamping: Stamping::hold().ok() })
    }
}

impl Measure for Fresh {
    fn measure(&mut self, target: &Target) -> Observation {
        let client = self.clients.get(&target.tls, target.http).map_err(|error| error.to_string());
        let configuration = Configuration::read();
        let local = LocalSet::new();
        let usage = Usage::before();
        let (chain, journal) = self.runtime.block_on(local.run_until(async {
            let journal = Journal::start();
            let limits = Limits::start(target.timeouts);
            let step =
                Step { target, journal: journal.clone(), limits, configuration: &configuration, client, line: None };
            (chain::walk(step).await, journal)
        }));
        let used = answer::cost(&chain, usage.until_now(journal.largest_stall()));
        let clock_suspect = journal.timeline().drift() > DRIFT_MAX;
        let started_at = journal.timeline().started_at();
        let (hops, outcome, elapsed) = answer::facts(&chain, target, started_at);
        Observation {
            started_at,
            elapsed,
            asked: target.asked(),
            outcome,
            hops,
            local: used,
            curl: None,
            clock_suspect,
        }
    }
}
