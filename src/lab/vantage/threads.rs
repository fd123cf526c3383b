//! What the scheduler says of the threads that measure.

use std::fs;
use std::io;
use std::path::Path;

use nix::unistd::Pid;

use super::Told;
use crate::measurement::units::Micros;
use crate::measurement::wire::Record;

/// The threads of our programs that measure have this name, and do nothing else.
const MEASURES: &str = "measure";

/// Nanoseconds for which threads ran, and for which they were ready to and did not.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::lab) struct Scheduled {
    ran: u64,
    waited: u64,
}

impl Scheduled {
    /// The calling thread.
    pub(super) fn of_this_thread() -> Self {
        Self::of(Path::new("/proc/thread-self"))
    }

    /// The threads of another process of ours that measure.
    pub(in crate::lab) fn of_measuring(process: Pid) -> Self {
        let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
        let name = |task: &Path| -> io::Result<String> { fs::read_to_string(task.join("comm")) };
        let measuring =
            tasks.map(|task| task.path()).filter(|task| name(task).is_ok_and(|name| name.trim() == MEASURES));
        measuring
            .map(|task| Self::of(&task))
            .fold(Self::default(), |all, one| Self { ran: all.ran + one.ran, waited: all.waited + one.waited })
    }

    fn of(task: &Path) -> Self {
        let text = fs::read_to_string(task.join("schedstat")).unwrap_or_default();
        let mut numbers = text.split_whitespace().map(|number| number.parse().unwrap_or(0));
        Self { ran: numbers.next().unwrap_or(0), waited: numbers.next().unwrap_or(0) }
    }
}

impl Told {
    /// Of a thread that measures and does nothing else between these two readings.
    pub(super) fn between(record: Record, before: Scheduled, after: Scheduled) -> Self {
        let (ran, waited) = (after.ran.saturating_sub(before.ran), after.waited.saturating_sub(before.waited));
        Self { record, cpu_ns: ran, delay_ns: waited }
    }

    /// Of threads that also wait for their turn before the exchange begins. So what counts is what the probe says of the
    /// exchange, and no more than the scheduler counted for its threads.
    pub(in crate::lab) fn within(record: Record, before: Scheduled, after: Scheduled) -> Self {
        let own = |ns: u64, said: Option<Micros>| said.map_or(ns, |said| ns.min(said.0.saturating_mul(1_000)));
        let local = record.sample.local;
        let told = Self::between(record, before, after);
        Self { cpu_ns: own(told.cpu_ns, local.cpu_us), delay_ns: own(told.delay_ns, local.run_delay_us), ..told }
    }
}
