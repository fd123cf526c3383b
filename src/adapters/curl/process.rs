//! One run of one program: fed, read, limited, and its cost taken before it is reaped.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::measurement::local::Local;
use crate::measurement::units::Micros;

use super::child::{Child, Running};

/// Variables that would change the measurement behind the target's back: proxies are the target's matter.
const ENVIRONMENT_REMOVED: [&str; 8] =
    ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY", "CURL_HOME"];

/// What to run.
pub(super) struct Run<'a> {
    pub(super) program: &'a Path,
    pub(super) arguments: Vec<OsString>,
    /// Written to standard input.
    pub(super) input: &'a str,
    /// The file that takes standard error.
    pub(super) errors: &'a Path,
    /// Killed when this has passed.
    pub(super) limit: Duration,
    /// Bytes of standard output that are read; then it is closed.
    pub(super) output_max: u64,
    /// Keep them, not only count them.
    pub(super) keep_output: bool,
    /// Where it is known while it runs.
    pub(super) running: &'a Running,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Ran {
    /// The exit status; absent where a signal ended it.
    pub(super) exit_code: Option<i32>,
    /// We ended it, because its time was over.
    pub(super) killed: bool,
    /// Bytes of standard output, at most the largest number asked for.
    pub(super) output_bytes: u64,
    pub(super) output: Vec<u8>,
    /// There was more output than was asked for.
    pub(super) truncated: bool,
    /// From before the process was made to after it ended; the end is noticed up to 0.1 ms late.
    pub(super) elapsed: Micros,
    pub(super) user_cpu: Option<Micros>,
    pub(super) system_cpu: Option<Micros>,
    pub(super) local: Local,
}

impl Run<'_> {
    /// Runs it to its end.
    ///
    /// # Errors
    /// The program could not be started, or our side of its pipes failed.
    pub(super) fn run(&self) -> io::Result<Ran> {
        let started = Instant::now();
        let deadline = started + self.limit;
        // Socket pairs and not pipes: only sockets can be read and written with a time limit.
        let (ours, theirs) = UnixStream::pair()?;
        let (feeding, fed) = UnixStream::pair()?;
        let mut command = Command::new(self.program);
        command.args(&self.arguments).stdin(OwnedFd::from(fed)).stdout(OwnedFd::from(theirs));
        // A group of its own: Ctrl-C in a terminal ends us, in our own time, and not the measurement under way.
        command.stderr(File::create(self.errors)?).process_group(0);
        for name in ENVIRONMENT_REMOVED {
            command.env_remove(name);
        }
        let mut child = Child::new(&command.spawn()?, self.running);
        // The command holds the other ends of the pairs: our reading would never see its end.
        drop(command);
        feeding.set_write_timeout(Some(self.limit))?;
        // A program that ends without reading is judged by its exit status.
        let _ = (&feeding).write_all(self.input.as_bytes());
        drop(feeding);
        let mut ran = Ran::default();
        let ended = self.read(&ours, deadline, &mut ran)? && {
            drop(ours);
            child.wait_until(deadline)
        };
        if !ended {
            child.kill();
            ran.killed = true;
        }
        let end = child.reap()?;
        ran.elapsed = Micros::from(started.elapsed());
        (ran.exit_code, ran.user_cpu, ran.system_cpu, ran.local) =
            (end.exit_code, end.user_cpu, end.system_cpu, end.local);
        Ok(ran)
    }

    /// Reads to the end of the output, or to the largest number of bytes; `false` where time ran out.
    fn read(&self, mut from: &UnixStream, deadline: Instant, ran: &mut Ran) -> io::Result<bool> {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(false);
            }
            from.set_read_timeout(Some(left))?;
            let read = match from.read(&mut buffer) {
                Ok(0) => return Ok(true),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return Ok(false),
                Err(error) => return Err(error),
            };
            let room = usize::try_from(self.output_max - ran.output_bytes).unwrap_or(usize::MAX);
            let taken = read.min(room);
            ran.output_bytes += taken as u64;
            if self.keep_output {
                ran.output.extend_from_slice(&buffer[..taken]);
            }
            if read > room {
                ran.truncated = true;
                return Ok(true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration, output_max: u64) -> Ran {
        let errors = tempfile::NamedTempFile::new().unwrap();
        Run {
            program: Path::new("/bin/sh"),
            arguments: vec!["-c".into(), script.into()],
            input: "given",
            errors: errors.path(),
            limit,
            output_max,
            keep_output: true,
            running: &Running::default(),
        }
        .run()
        .unwrap()
    }

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn input_output_status_and_cost_are_taken() {
        let ran =
            shell("read line; echo \"$line\"; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; exit 7", LONG, 100);
        assert_eq!((ran.output.as_slice(), ran.exit_code, ran.killed), (b"given\n".as_slice(), Some(7), false));
        assert!(ran.user_cpu.unwrap() > Micros::ZERO && ran.local.cpu_us.unwrap() <= ran.elapsed);
        assert_eq!(ran.local.run_delay_us.is_some(), cfg!(target_os = "linux"));
    }

    #[test]
    fn a_program_that_hangs_is_ended_even_where_its_children_hold_the_output() {
        for script in
            ["sleep 30", "exec >&-; exec sleep 30", "sleep 30 & wait", "trap '' TERM; while :; do sleep 1; done"]
        {
            let ran = shell(script, Duration::from_millis(200), 100);
            assert!(ran.killed && ran.exit_code.is_none() && ran.elapsed < Micros(10_000_000), "{script}: {ran:?}");
        }
    }

    #[test]
    fn endless_output_is_cut_at_the_largest_size() {
        let ran = shell("while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa || exit 9; done", LONG, 1000);
        assert!(ran.truncated && !ran.killed && ran.output.len() == 1000, "{:?}", ran.exit_code);
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error() {
        let errors = tempfile::NamedTempFile::new().unwrap();
        let run = Run {
            program: Path::new("/nonexistent/curl"),
            arguments: Vec::new(),
            input: "",
            errors: errors.path(),
            limit: LONG,
            output_max: 0,
            keep_output: false,
            running: &Running::default(),
        };
        assert_eq!(run.run().unwrap_err().kind(), ErrorKind::NotFound);
    }
}
