//! A child process, and what it cost.
//!
//! The kernel keeps a dead child's accounts until it is reaped: they are read between the two.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::sys::time::{TimeVal, TimeValLike};
use nix::unistd::Pid;

use crate::measurement::local::Local;
use crate::measurement::units::Micros;

/// A child that has not been reaped: its process id cannot have gone to another.
pub(super) struct Child {
    pid: Pid,
    reaped: bool,
    running: Running,
}

/// The child that runs now, if there is one, for whoever wants to end it from another thread.
#[derive(Clone, Debug, Default)]
pub(super) struct Running(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    pid: Option<Pid>,
    /// No child shall run any more.
    broken: bool,
}

impl Running {
    /// Ends the child that runs, and each that is started after it.
    pub(super) fn end(&self) {
        let mut state = self.state();
        state.broken = true;
        // It has not been reaped, or it would not be here.
        if let Some(pid) = state.pid {
            let _ = kill(pid, Signal::SIGKILL);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How it ended and what it used.
#[derive(Debug, Default)]
pub(super) struct End {
    /// Absent where a signal ended it.
    pub(super) exit_code: Option<i32>,
    pub(super) user_cpu: Option<Micros>,
    pub(super) system_cpu: Option<Micros>,
    pub(super) local: Local,
}

impl Child {
    /// Takes over waiting for a process just started; the standard library must not wait for it any more.
    pub(super) fn new(spawned: &std::process::Child, running: &Running) -> Self {
        let child = Self { pid: Pid::from_raw(spawned.id().cast_signed()), reaped: false, running: running.clone() };
        let mut state = running.state();
        state.pid = Some(child.pid);
        if state.broken {
            child.kill();
        }
        drop(state);
        child
    }

    /// Waits for its end, and leaves it unreaped; `false` where time ran out first.
    pub(super) fn wait_until(&self, deadline: Instant) -> bool {
        // It has closed its output, so its end is near: looking again soon costs little and keeps the end exact.
        let mut pause = Duration::from_micros(50);
        while !self.has_ended() {
            if Instant::now() >= deadline {
                return false;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(5));
        }
        true
    }

    #[cfg(target_os = "linux")]
    fn has_ended(&self) -> bool {
        use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT | WaitPidFlag::WNOHANG;
        !matches!(waitid(Id::Pid(self.pid), flags), Ok(WaitStatus::StillAlive) | Err(nix::errno::Errno::EINTR))
    }

    /// Elsewhere `reap` blocks until the end; whoever waits there has no time limit of ours, only the program's own.
    #[cfg(not(target_os = "linux"))]
    fn has_ended(&self) -> bool {
        true
    }

    pub(super) fn kill(&self) {
        let _ = kill(self.pid, Signal::SIGKILL);
    }

    /// Waits for the end, reads the accounts, and reaps.
    pub(super) fn reap(&mut self) -> io::Result<End> {
        self.wait_until(Instant::now() + Duration::from_secs(60));
        let run_delay_us = run_delay(self.pid);
        self.reaped = true;
        // Before it is reaped: from then on its id may be another's.
        self.running.state().pid = None;
        let (status, usage) = wait4(self.pid)?;
        let length = |time: libc::timeval| Micros(u64::try_from(TimeVal::from(time).num_microseconds()).unwrap_or(0));
        let (user, system) = (length(usage.ru_utime), length(usage.ru_stime));
        Ok(End {
            exit_code: libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status)),
            user_cpu: Some(user),
            system_cpu: Some(system),
            local: Local {
                cpu_us: Some(user + system),
                run_delay_us,
                voluntary_switches: u64::try_from(usage.ru_nvcsw).ok(),
                involuntary_switches: u64::try_from(usage.ru_nivcsw).ok(),
                ..Local::default()
            },
        })
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if !self.reaped {
            self.kill();
            self.running.state().pid = None;
            let _ = wait4(self.pid);
        }
    }
}

/// The second field of `schedstat`, in nanoseconds. It is the main thread's; curl does its transfer there, and only
/// looks names up in another.
fn run_delay(pid: Pid) -> Option<Micros> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/schedstat")).ok()?;
    let nanos: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
    Some(Micros(nanos / 1000))
}

fn wait4(pid: Pid) -> io::Result<(i32, libc::rusage)> {
    let mut status = 0;
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    loop {
        // SAFETY: both pointers are to live locals of the types the call writes.
        let reaped = unsafe { libc::wait4(pid.as_raw(), &raw mut status, 0, usage.as_mut_ptr()) };
        if reaped >= 0 {
            // SAFETY: all zeroes is a valid `rusage`, and the call has filled it in.
            return Ok((status, unsafe { usage.assume_init() }));
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}
