//! What an application with kept connections sees: `reqwest`, one client a target, whose pool lives from one measurement
//! to the next.
//!
//! The stopwatch runs from before the request is handed to the client to the last byte of the body, decoded where a
//! coding was asked for. On a kept connection a hop is `wait` and `receive`; on a new one its making stands before them,
//! see `marks`. No phase has a network part: the sockets are not ours to ask.
//!
//! Limits hold for the lookup, for making a connection as a whole, for that and the waiting together, for receiving, and
//! for everything, and a header ends by its size, interim responses (1xx) with it, where the kernel counts what is read
//! (Linux). They are looked at when the client's task pauses, and it reads on while something is there: a server that
//! floods us with what the parser forgets can hold up a limit for 128 reads of up to 400 KB, which is what the runtime
//! grants a task at a time.

mod clients;
mod failure;
mod flood;
mod hop;
mod marks;
mod timeline;

use std::io;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant as Deadline;

use self::clients::Clients;
use self::hop::{Asking, Seen};
use super::clock::Timeline;
use super::exchange::redirect;
use super::exchange::usage::Usage;
use crate::measurement::hop::Hop;
use crate::measurement::outcome::{Answer, Cause, Outcome};
use crate::measurement::phase::Phase;
use crate::measurement::sample::Observation;
use crate::measurement::units::Micros;
use crate::probe::checks;
use crate::probe::port::Measure;
use crate::probe::redact;
use crate::probe::target::Target;

/// Beyond this the wall clock was set, or the machine slept, while measuring.
const DRIFT_MAX: Duration = Duration::from_millis(5);

/// A clock cannot count further than its range; nobody waits a year.
const FOREVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// The method `pooled`.
///
/// Must not be called from within an async runtime: it has its own and blocks on it.
pub struct Pooled {
    runtime: Runtime,
    clients: Clients,
}

impl Pooled {
    /// A prober with no connection yet.
    ///
    /// # Errors
    /// The system gives no event queue.
    pub fn new() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
        Ok(Self { runtime, clients: Clients::default() })
    }
}

impl Measure for Pooled {
    fn measure(&mut self, target: &Target) -> Observation {
        let client = {
            let _entered = self.runtime.enter();
            self.clients.get(target)
        };
        let usage = Usage::before();
        let timeline = Timeline::start();
        let (hops, outcome) = match &client {
            Ok(client) => {
                let end = Deadline::now() + target.timeouts.total.min(FOREVER);
                self.runtime.block_on(walk(&Asking { target, client, timeline, end }))
            }
            Err(reason) => {
                let hop = Hop { url: redact::url(&target.url), ..Hop::default() };
                (vec![hop], Outcome::Failed(hop::failed(Phase::Tls, Cause::Other, reason)))
            }
        };
        Observation {
            started_at: timeline.started_at(),
            elapsed: hops.iter().map(Hop::elapsed_us).sum(),
            asked: target.asked(),
            outcome,
            hops,
            local: usage.until_now(None),
            curl: None,
            clock_suspect: timeline.drift() > DRIFT_MAX,
        }
    }
}

async fn walk(asking: &Asking<'_>) -> (Vec<Hop>, Outcome) {
    let target = asking.target;
    let mut hops: Vec<Hop> = Vec::new();
    let mut url = target.url.clone();
    loop {
        let (hop, seen, done) = asking.ask(&url).await;
        hops.push(hop);
        if let Err(failure) = done {
            return (hops, Outcome::Failed(failure));
        }
        let head = seen.head.as_ref().filter(|_| target.follow_redirects);
        match head.map_or(Ok(None), |head| redirect::next(head.status, &head.headers, &url)) {
            Ok(Some(_)) if hops.len() > target.redirects_max as usize => {
                let detail = format!("more than {} redirects", target.redirects_max);
                return (hops, Outcome::Failed(hop::failed(Phase::Receive, Cause::TooManyRedirects, &detail)));
            }
            Ok(Some(next)) => url = next,
            Ok(None) => {
                let elapsed = hops.iter().map(Hop::elapsed_us).sum();
                return (hops, Outcome::Answered(answer(target, &seen, elapsed)));
            }
            Err(broken) => {
                return (hops, Outcome::Failed(hop::failed(Phase::Receive, broken.cause, &broken.detail)));
            }
        }
    }
}

fn answer(target: &Target, seen: &Seen, elapsed: Micros) -> Answer {
    let Some(head) = &seen.head else { return Answer::default() };
    let facts = checks::Seen {
        status: head.status,
        headers: &hop::as_text(&head.headers),
        body: &seen.content,
        truncated: seen.truncated,
        certificate_days_left: head.tls.as_ref().and_then(|tls| tls.certificate_days_left),
        elapsed,
    };
    Answer {
        status: Some(head.status),
        bytes: Some(seen.bytes),
        truncated: seen.truncated,
        failed_checks: checks::judge(&target.expect, &facts),
    }
}
