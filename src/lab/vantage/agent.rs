//! The agent, as it runs on premises: a process of its own with its fleet file and its archive, started beside the vantage and
//! let run from one request to its sample.

use std::env;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::{self, Child, ChildStdout, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::Deserialize;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use toml::{Table, Value};

use super::page;
use super::process::{ends_with, is_readable};
use super::threads::Scheduled;
use super::{Orders, Told};
use crate::adapters::archive::{Archive, Mode, open};
use crate::adapters::clock;
use crate::archive::port::Scan;
use crate::archive::selection::{Selection, Source, Window};
use crate::lab::scenario::side::AGENT_LIMIT_MS;
use crate::measurement::units::UnixMillis;
use crate::measurement::wire::Record;

/// The shortest interval that a fleet file may have: a request waits no longer for it.
const EVERY: &str = "1s";
/// The same.
const EVERY_MS: i64 = 1_000;
/// So often it is looked whether it has told something, for a twentieth of a second each: a minute, where its page has a second.
const LOOKS_MAX: u32 = 1_200;
/// So much of what it said is shown where it ends.
const TAIL: usize = 600;

/// It stands still from one rest to the next measurement; it ends when this is dropped.
pub(super) struct Agent {
    child: Child,
    lines: BufReader<ChildStdout>,
    /// Absent until it has made one.
    archive: Option<Archive>,
    runtime: Runtime,
    /// When its last sample was.
    started: UnixMillis,
    folder: TempDir,
}

/// A line that it tells, as far as it matters here.
#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Line {
    Kept { id: String, started_at_ms: UnixMillis },
    Missed,
}

impl Agent {
    /// Starts one with this program's own file.
    pub(super) fn start(orders: &Orders) -> Result<Self, String> {
        let failed = |what: &'static str| move |error: io::Error| format!("cannot {what}: {error}");
        let folder = tempfile::Builder::new().prefix("agent-").tempdir_in(&orders.folder);
        let folder = folder.map_err(failed("make a folder for the agent"))?;
        let file = folder.path().join("fleet.toml");
        fs::write(&file, fleet(orders)).map_err(failed("write the agent's fleet file"))?;
        let said = File::create(folder.path().join("agent.log")).map_err(failed("make a log for the agent"))?;
        let mut command = Command::new(env::current_exe().map_err(failed("find the agent's program"))?);
        command.arg("agent").arg(&file).args(["--archive", &place(&folder), "--json", "--quiet"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(said);
        // SAFETY: between fork and exec the closure makes system calls only; it allocates nothing and takes no lock.
        unsafe { command.pre_exec(ends_with(process::id())) };
        let runtime = Builder::new_current_thread().build().map_err(failed("start a runtime"))?;
        let mut child = command.spawn().map_err(failed("start the agent"))?;
        let lines = child.stdout.take().map(BufReader::new).ok_or("the agent has no output")?;
        let agent = Self { child, lines, archive: None, runtime, started: UnixMillis(0), folder };
        agent.send(Signal::SIGSTOP)?;
        Ok(agent)
    }

    /// Lets it run until it has kept a sample that was begun from now on. It runs on until it is to [`Agent::rest`].
    pub(super) fn measure(&mut self) -> Result<Told, String> {
        let pid = self.pid();
        let (asked, before) = (clock::wall(), Scheduled::of_measuring(pid));
        self.send(Signal::SIGCONT)?;
        let mut looks = LOOKS_MAX;
        let (id, started) = loop {
            match self.hear(&mut looks)? {
                Line::Kept { id, started_at_ms } if started_at_ms >= asked => break (id, started_at_ms),
                Line::Kept { .. } | Line::Missed => {}
            }
        };
        let after = Scheduled::of_measuring(pid);
        self.started = started;
        Ok(Told::within(self.kept(&id, started)?, before, after))
    }

    /// Lets it stand still, once nothing of it is under way: what took longer than until its next slot is followed at once. Its limit is
    /// shorter than its interval, so that this does not go on for ever.
    pub(super) fn rest(&mut self) -> Result<(), String> {
        let mut looks = LOOKS_MAX;
        while slot(clock::wall()) > slot(self.started) {
            if let Line::Kept { started_at_ms, .. } = self.hear(&mut looks)? {
                self.started = started_at_ms;
            }
        }
        self.send(Signal::SIGSTOP)
    }

    /// What it tells next.
    fn hear(&mut self, looks: &mut u32) -> Result<Line, String> {
        while self.lines.buffer().is_empty() && !is_readable(self.lines.get_ref().as_raw_fd()) {
            *looks = looks.saturating_sub(1);
            if *looks == 0 {
                return Err(format!(
                    "the agent kept nothing, or was never at rest, for a minute; it said last: {}",
                    self.tail()
                ));
            }
        }
        let mut line = String::new();
        self.lines.read_line(&mut line).map_err(|error| format!("cannot hear the agent: {error}"))?;
        if line.is_empty() {
            return Err(format!("the agent ended; it said last: {}", self.tail()));
        }
        serde_json::from_str(&line).map_err(|error| format!("the agent said {line:?}: {error}"))
    }

    fn kept(&mut self, id: &str, started: UnixMillis) -> Result<Record, String> {
        let archive = match &mut self.archive {
            Some(archive) => archive,
            none => none.insert(open(&place(&self.folder), Mode::Read).map_err(|error| error.to_string())?),
        };
        let window = Window { from: started, to: UnixMillis(started.0 + 1) };
        let selection = Selection { source: Source::default(), window };
        let mut found = None;
        let mut visit = |record: Record| {
            if record.sample.id.to_string() == id {
                found = Some(record);
            }
        };
        self.runtime.block_on(archive.scan(&selection, &mut visit)).map_err(|error| error.to_string())?;
        found.ok_or_else(|| format!("the agent's archive has no sample {id}"))
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    fn send(&self, signal: Signal) -> Result<(), String> {
        kill(self.pid(), signal).map_err(|error| format!("cannot send {signal} to the agent: {error}"))
    }

    fn tail(&self) -> String {
        let said = fs::read_to_string(self.folder.path().join("agent.log")).unwrap_or_default();
        let from = said.char_indices().rev().nth(TAIL).map_or(0, |(at, _)| at);
        said[from..].trim().replace('\n', " | ")
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // It may have ended by itself; its files go once it has.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Of its one page; they begin with the second.
fn slot(at: UnixMillis) -> i64 {
    at.0.div_euclid(EVERY_MS)
}

fn place(folder: &TempDir) -> String {
    format!("sqlite:{}", folder.path().join("samples.db").display())
}

/// The lab's page, and this host as its vantage.
fn fleet(orders: &Orders) -> String {
    let limit = orders.timeout_ms.or(Some(AGENT_LIMIT_MS));
    let mut file = page::fleet(&Orders { timeout_ms: limit, ..orders.clone() }, EVERY);
    let vantage = Table::from_iter([("id".to_owned(), Value::String(orders.vantage.clone()))]);
    file.insert("vantage".to_owned(), vantage.into());
    file.to_string()
}
