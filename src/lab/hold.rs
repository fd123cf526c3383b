//! A vantage that is held: its process and its packets stand still for the same spans of time, as where a host takes
//! the processor from a guest and shows it nothing of that.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::realtime::become_realtime;

/// The first part of each period; the length is shorter than the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spans {
    /// The first begins then.
    pub start: Instant,
    /// From the beginning of one to that of the next.
    pub every: Duration,
    /// How long each is.
    pub length: Duration,
}

impl Spans {
    /// How far into its period a moment is.
    fn into(&self, at: Instant) -> Duration {
        let since = at.saturating_duration_since(self.start).as_nanos();
        let into = since.checked_rem(self.every.as_nanos()).unwrap_or(0);
        Duration::from_nanos(u64::try_from(into).unwrap_or(0))
    }

    /// The end of the span in which a moment lies; absent where it lies in none.
    #[must_use]
    pub fn end(&self, at: Instant) -> Option<Instant> {
        let into = self.into(at);
        (into < self.length).then(|| at + (self.length - into))
    }

    /// The next beginning of a span after a moment.
    fn next(&self, at: Instant) -> Instant {
        at + (self.every - self.into(at))
    }
}

#[derive(Debug, Default)]
struct State {
    process: Option<Pid>,
    /// It stands still since then.
    since: Option<Instant>,
    held: Vec<(Instant, Instant)>,
}

impl State {
    fn stop(&mut self) {
        let stopped = self.process.filter(|process| kill(*process, Signal::SIGSTOP).is_ok());
        self.since = stopped.map(|_| Instant::now());
    }

    fn go_on(&mut self) {
        if let (Some(process), Some(since)) = (self.process, self.since.take()) {
            // A process that was killed meanwhile needs no more.
            let _ = kill(process, Signal::SIGCONT);
            self.held.push((since, Instant::now()));
        }
    }
}

/// Stops a process for each span while it is engaged; it ends when it is dropped.
#[derive(Debug)]
pub struct Holder {
    spans: Spans,
    state: Arc<Mutex<State>>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Holder {
    /// Starts, with nothing to hold yet.
    ///
    /// # Errors
    /// There is no thread to be had.
    pub fn start(spans: Spans) -> std::io::Result<Self> {
        let (state, over) = (Arc::new(Mutex::new(State::default())), Arc::new(AtomicBool::new(false)));
        let (shared, told) = (Arc::clone(&state), Arc::clone(&over));
        let thread = thread::Builder::new().name("holder".to_owned()).spawn(move || {
            // Refused, it stops later than it might, and the account of what it held says so.
            become_realtime();
            while !told.load(Ordering::Relaxed) {
                until(spans.next(Instant::now()));
                lock(&shared).stop();
                until(spans.end(Instant::now()).unwrap_or_else(Instant::now));
                lock(&shared).go_on();
            }
        })?;
        Ok(Self { spans, state, over, thread: Some(thread) })
    }

    /// From now on it holds this process; never begins within a span, in which the process would still run.
    pub fn engage(&self, process: Pid) {
        while let Some(end) = self.spans.end(Instant::now()) {
            until(end);
        }
        lock(&self.state).process = Some(process);
    }

    /// From now on it holds nothing.
    pub fn release(&self) {
        let mut state = lock(&self.state);
        state.go_on();
        state.process = None;
    }

    /// From when to when a process really stood still, since the last time this was asked.
    #[must_use]
    pub fn held(&self) -> Vec<(Instant, Instant)> {
        std::mem::take(&mut lock(&self.state).held)
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        self.release();
        if let Some(thread) = self.thread.take() {
            // A panic over there has been printed by its own thread.
            let _ = thread.join();
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn until(moment: Instant) {
    thread::sleep(moment.saturating_duration_since(Instant::now()));
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_span_is_the_first_part_of_each_period() {
        let start = Instant::now();
        let spans = Spans { start, every: 50 * MS, length: 15 * MS };
        for (at, end) in [(0, Some(15)), (14, Some(15)), (15, None), (49, None), (50, Some(65)), (1_064, Some(1_065))] {
            assert_eq!(spans.end(start + at * MS), end.map(|end| start + end * MS), "{at}");
        }
        assert_eq!(spans.next(start + 15 * MS), start + 50 * MS);
        assert_eq!(spans.next(start + 60 * MS), start + 100 * MS);
    }
}
