//! The process from outside: started where it is to measure, asked, and ended.

use std::ffi::CString;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Child, ChildStdin, ChildStdout, Stdio};
use std::time::{Duration, Instant};

use nix::libc;
use nix::unistd::Pid;

use super::resolv_conf;
use super::work::REST;
use super::{Greeting, Kept, Measures, Orders, Rested, Told, VantageError};
use crate::lab::cpu_share::CpuShare;
use crate::lab::namespace::Namespace;
use crate::lab::scenario::side::{Tells, Way};
use crate::measurement::wire::Record;

/// How often whoever waits looks whether it is to stop.
const STEP: Duration = Duration::from_millis(50);
/// How long a vantage that started servers has to end them.
const ENDING: Duration = Duration::from_secs(10);

/// What starts a vantage: a program, and the words after it that make it call [`super::work::run`].
#[derive(Clone, Debug)]
pub struct Command {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
}

/// A running vantage; the process ends when this is dropped, and when the thread that started it does.
#[derive(Debug)]
pub struct Vantage {
    child: Child,
    /// Absent once it is to end.
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    way: Way,
}

impl Vantage {
    /// Starts one inside a network, within a share of a processor from its first instruction.
    ///
    /// # Errors
    /// See [`VantageError`].
    pub fn start(
        command: &Command,
        network: &Namespace,
        share: Option<&CpuShare>,
        orders: &Orders,
        stop: &dyn Fn() -> bool,
    ) -> Result<Self, VantageError> {
        let group = share.map(|share| OpenOptions::new().write(true).open(share.folder().join("cgroup.procs")));
        let group = group.transpose().map_err(VantageError::io("open the share of a processor"))?;
        let mut made = process::Command::new(&command.program);
        // A group of its own: Ctrl-C is for whoever runs the lab.
        made.args(&command.arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        // What it leaves behind goes with the run's folder.
        made.env("TMPDIR", &orders.folder);
        enter(&mut made, network.descriptor(), group.as_ref().map(File::as_raw_fd), None);
        let mut child = made.spawn().map_err(VantageError::io("start a process (as root?)"))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(VantageError::Broken("it has no streams".to_owned()));
        };
        let mut vantage = Self { child, input: Some(input), output: BufReader::new(output), way: orders.way };
        let mut line = serde_json::to_string(orders).map_err(|error| VantageError::Broken(error.to_string()))?;
        line.push('\n');
        vantage.say(&line)?;
        match vantage.hear(stop)? {
            Greeting::Ready => Ok(vantage),
            Greeting::Refused(why) => Err(VantageError::Refused(why)),
        }
    }

    fn say(&mut self, line: &str) -> Result<(), VantageError> {
        let Some(input) = &mut self.input else { return Err(VantageError::Broken("it was ended".to_owned())) };
        input.write_all(line.as_bytes()).and_then(|()| input.flush()).map_err(VantageError::io("speak"))
    }

    fn hear<T: serde::de::DeserializeOwned>(&mut self, stop: &dyn Fn() -> bool) -> Result<T, VantageError> {
        while self.output.buffer().is_empty() && !is_readable(self.output.get_ref().as_raw_fd()) {
            if stop() {
                return Err(VantageError::Stopped);
            }
        }
        let mut line = String::new();
        self.output.read_line(&mut line).map_err(VantageError::io("listen"))?;
        if line.is_empty() {
            let ended = self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
            return Err(VantageError::Broken(format!("it ended ({ended}); what it said stands above")));
        }
        serde_json::from_str(&line).map_err(|error| VantageError::Broken(error.to_string()))
    }
}

impl Measures for Vantage {
    fn measure(&mut self, stop: &dyn Fn() -> bool) -> Result<Told, VantageError> {
        self.say("go\n")?;
        self.hear(stop)
    }

    fn rest(&mut self, stop: &dyn Fn() -> bool) -> Result<(), VantageError> {
        if self.way != Way::Agent {
            return Ok(());
        }
        self.say(&format!("{REST}\n"))?;
        let Rested = self.hear(stop)?;
        Ok(())
    }

    fn kept(&mut self, stop: &dyn Fn() -> bool) -> Result<Vec<Record>, VantageError> {
        if self.way != Way::Zabbix {
            return Ok(Vec::new());
        }
        self.say("all\n")?;
        match self.hear(stop)? {
            Kept::All(records) => Ok(records),
            Kept::Refused(why) => Err(VantageError::Refused(why)),
        }
    }

    fn end(&mut self) {
        drop(self.input.take());
        let begun = Instant::now();
        // What it started has files that nobody may remove while it runs.
        let serves = self.way.tells() == Tells::Total || self.way == Way::Agent;
        while serves && begun.elapsed() < ENDING && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(STEP);
        }
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn process(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }
}

impl Drop for Vantage {
    fn drop(&mut self) {
        self.end();
    }
}

/// Before the program's first instruction: it ends with whoever started it, and is where it belongs. The name server of
/// a program that does not see to that itself is given here.
pub(in crate::lab) fn enter(
    command: &mut process::Command,
    network: RawFd,
    group: Option<RawFd>,
    resolv_conf: Option<CString>,
) {
    let ends_with_us = ends_with(process::id());
    let enter = move || {
        let done = |result: libc::c_long| if result < 0 { Err(std::io::Error::last_os_error()) } else { Ok(()) };
        ends_with_us()?;
        if let Some(group) = group {
            // SAFETY: the descriptor is open, and the one byte is static. 0 means the writer itself.
            done(unsafe { libc::write(group, c"0".as_ptr().cast(), 1) } as libc::c_long)?;
        }
        // SAFETY: the descriptor is open; only the new process, which has one thread, changes its network.
        done(unsafe { libc::setns(network, libc::CLONE_NEWNET) }.into())?;
        resolv_conf.as_deref().map_or(Ok(()), |file| resolv_conf::mount(file).map_err(|refused| refused.1.into()))
    };
    // SAFETY: between fork and exec the closure makes system calls only; it allocates nothing and takes no lock.
    unsafe { command.pre_exec(enter) };
}

/// Called in a new process, lets it end when the thread of `parent` that started it does; it fails where that was before.
/// It makes system calls only.
pub(super) fn ends_with(parent: u32) -> impl Fn() -> std::io::Result<()> + Copy {
    move || {
        // SAFETY: takes no pointers, and concerns the calling process only.
        if unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) } < 0 {
            return Err(std::io::Error::last_os_error());
        }
        // Who was killed between the two calls sent no signal.
        let ended = std::os::unix::process::parent_id() != parent;
        if ended { Err(std::io::Error::from_raw_os_error(libc::ESRCH)) } else { Ok(()) }
    }
}

/// Whether there is something to read, or never will be; waits for it for a moment.
pub(super) fn is_readable(stream: RawFd) -> bool {
    let mut watched = libc::pollfd { fd: stream, events: libc::POLLIN, revents: 0 };
    // SAFETY: one entry that outlives the call.
    unsafe { libc::poll(&raw mut watched, 1, STEP.as_millis() as libc::c_int) > 0 }
}

/// Drops a file from the page cache, as far as nobody has it mapped.
///
/// # Errors
/// The file cannot be opened, or the system refuses.
pub fn forget(path: &Path) -> std::io::Result<()> {
    let file = File::open(path)?;
    nix::fcntl::posix_fadvise(&file, 0, 0, nix::fcntl::PosixFadviseAdvice::POSIX_FADV_DONTNEED)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_whose_parent_ended_before_it_could_ask_to_end_with_it_does_not_begin() {
        let begun = |parent| {
            let mut command = process::Command::new("true");
            // SAFETY: it makes system calls only.
            unsafe { command.pre_exec(ends_with(parent)) };
            command.status()
        };
        assert!(begun(process::id()).unwrap().success());
        assert_eq!(begun(1).unwrap_err().raw_os_error(), Some(libc::ESRCH));
    }
}
