//! What the calling thread got of the processor.

use std::fs::File;
use std::os::unix::fs::FileExt;

use nix::sys::resource::{UsageWho, getrusage};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::{SysconfVar, sysconf};

use crate::adapters::kernel::Switches;
use crate::measurement::units::Micros;

thread_local! {
    /// Kept open, because `/proc/thread-self` is resolved when it is opened and opening costs more than reading.
    static SCHEDSTAT: Option<File> = File::open("/proc/thread-self/schedstat").ok();
}

/// Lets the threads that measure go first: the calling thread, and those it begins, get what they leave.
pub fn step_back() {
    const NICE: libc::c_int = 10;
    // SAFETY: it takes numbers and touches no memory; on Linux the process 0 is the calling thread.
    unsafe {
        libc::setpriority(libc::PRIO_PROCESS, 0, NICE);
    }
}

/// CPU time of the calling thread since it began.
#[must_use]
pub fn thread_cpu() -> Option<Micros> {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).ok().map(|time| Micros::from(std::time::Duration::from(time)))
}

/// Time the calling thread has been ready to run and was not let run: the second field of its `schedstat`.
#[must_use]
pub fn run_delay() -> Option<Micros> {
    SCHEDSTAT.with(|file| {
        let mut text = [0_u8; 96];
        let length = file.as_ref()?.read_at(&mut text, 0).ok()?;
        delay(&text[..length]).map(|nanoseconds| Micros(nanoseconds / 1_000))
    })
}

/// Nanoseconds on the processor, nanoseconds waiting for it, times put on it.
fn delay(text: &[u8]) -> Option<u64> {
    let mut fields = std::str::from_utf8(text).ok()?.split_ascii_whitespace().skip(1);
    let waited = fields.next()?.parse().ok()?;
    let times_put_on: u64 = fields.next()?.parse().ok()?;
    // A kernel that keeps no such statistics writes zeros; whoever reads this has been put on the processor.
    (times_put_on > 0).then_some(waited)
}

/// How often the calling thread has left the processor since it began.
#[must_use]
pub fn switches() -> Option<Switches> {
    let usage = getrusage(UsageWho::RUSAGE_THREAD).ok()?;
    Some(Switches {
        voluntary: u64::try_from(usage.voluntary_context_switches()).ok()?,
        involuntary: u64::try_from(usage.involuntary_context_switches()).ok()?,
    })
}

/// CPU time of all processors that the hypervisor took since boot, in steps of the clock tick; opens `/proc/stat`.
#[must_use]
pub fn steal() -> Option<Micros> {
    let ticks = stolen_ticks(&std::fs::read_to_string("/proc/stat").ok()?)?;
    let ticks_per_second = u64::try_from(sysconf(SysconfVar::CLK_TCK).ok()??).ok()?;
    Some(Micros(ticks.saturating_mul(1_000_000).checked_div(ticks_per_second)?))
}

/// `cpu user nice system idle iowait irq softirq steal …`
fn stolen_ticks(stat: &str) -> Option<u64> {
    stat.lines().next()?.strip_prefix("cpu ")?.split_ascii_whitespace().nth(7)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedstat_is_read_by_its_second_field() {
        assert_eq!(delay(b"1234 5678 9\n"), Some(5678));
        assert_eq!(delay(b"0 0 1\n"), Some(0));
        assert_eq!(delay(b"0 0 0\n"), None, "no statistics are not a delay of zero");
        assert_eq!(delay(b"1234"), None);
        assert_eq!(delay(b"\xff \xff"), None);
    }

    #[test]
    fn steal_is_the_eighth_number_of_the_first_line() {
        assert_eq!(stolen_ticks("cpu  1 2 3 4 5 6 7 88 9 10\ncpu0 1 2 3 4 5 6 7 8"), Some(88));
        assert_eq!(stolen_ticks("cpu  1 2 3"), None);
        assert_eq!(stolen_ticks(""), None);
    }

    #[test]
    fn a_thread_that_steps_back_leaves_the_others_where_they_are() {
        // Fields of /proc/thread-self/stat after the name in parentheses: the nineteenth of all is the nice value.
        let nice = || {
            let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
            let rest = stat.rsplit_once(')').unwrap().1.to_owned();
            rest.split_ascii_whitespace().nth(16).unwrap().parse::<i32>().unwrap()
        };
        let before = nice();
        let stepped_back = std::thread::spawn(move || {
            step_back();
            nice()
        });
        assert_eq!((stepped_back.join().unwrap(), nice()), (10, before));
    }

    #[test]
    fn work_costs_cpu_time_of_this_thread_only() {
        let before = thread_cpu().unwrap();
        let mut sum = 0_u64;
        while thread_cpu().unwrap().saturating_sub(before) < Micros(2_000) {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(std::thread::spawn(thread_cpu).join().unwrap().unwrap() < thread_cpu().unwrap());
        assert!(run_delay().is_some() && switches().is_some() && steal().is_some());
    }
}
