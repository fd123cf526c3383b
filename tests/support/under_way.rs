//! A run of the lab that is to be ended before its time, and what it might leave behind.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use super::command::parallax;

/// A run under way, and where its parts live.
pub struct UnderWay {
    /// The lab.
    pub child: Child,
    /// Processes that it started, and what those did.
    pub parts: BTreeSet<Pid>,
    /// Of those, what it did not start itself: an agent, the servers of a monitor.
    pub further: usize,
    networks: BTreeSet<PathBuf>,
}

fn processes() -> impl Iterator<Item = Pid> {
    let all = fs::read_dir("/proc").unwrap().flatten();
    all.filter_map(|entry| entry.file_name().to_str()?.parse().ok().map(Pid::from_raw))
}

fn parent(pid: Pid) -> Option<Pid> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
    line.trim().parse().ok().map(Pid::from_raw)
}

fn network(pid: impl std::fmt::Display) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/ns/net")).ok()
}

impl UnderWay {
    /// Starts a run of a scenario that would last long.
    pub fn start(directory: &Path, scenario: &str, out: &str) -> Self {
        Self::of(directory, &["lab", "run", scenario, "--rounds", "2000", "--out", out])
    }

    /// Starts the program with these words.
    pub fn of(directory: &Path, words: &[&str]) -> Self {
        Self::spawned(parallax(directory, words).stdout(Stdio::null()).stderr(Stdio::null()))
    }

    /// Starts whatever runs the lab.
    pub fn spawned(command: &mut Command) -> Self {
        Self { child: command.spawn().unwrap(), parts: BTreeSet::new(), further: 0, networks: BTreeSet::new() }
    }

    /// Of the lab.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    /// Watches it for a while.
    pub fn watch(&mut self, length: Duration) {
        let start = Instant::now();
        while start.elapsed() < length {
            self.look();
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Watches it until one of its processes has started one of its own; so long at most.
    pub fn watch_for_further(&mut self, length: Duration) {
        let start = Instant::now();
        while self.further == 0 && start.elapsed() < length {
            self.look();
        }
    }

    fn look(&mut self) {
        let own = self.pid();
        for (part, parent) in processes().filter_map(|pid| Some((pid, parent(pid)?))) {
            let further = self.parts.contains(&parent);
            if parent == own || further {
                self.further += usize::from(self.parts.insert(part) && further);
                self.networks.extend(network(part).filter(|found| Some(found) != network("self").as_ref()));
            }
        }
    }

    /// What of it is still there; waits for a while until nothing is.
    pub fn left(&self) -> Vec<String> {
        let start = Instant::now();
        loop {
            let networks = processes().filter(|pid| network(pid).is_some_and(|found| self.networks.contains(&found)));
            let parts = self.parts.iter().filter(|part| parent(**part).is_some());
            let left: Vec<String> = networks.chain(parts.copied()).map(|pid| format!("process {pid}")).collect();
            if left.is_empty() || start.elapsed() > Duration::from_secs(20) {
                return left;
            }
            thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Groups, folders, devices and mounts that carry the number of one of these processes, or the lab's own names.
pub fn traces(pids: &[Pid]) -> Vec<String> {
    let mut found = Vec::new();
    for (place, prefix) in [
        (PathBuf::from("/sys/fs/cgroup/cpu"), "parallax-share-"),
        (PathBuf::from("/sys/fs/cgroup"), "parallax-share-"),
        (std::env::temp_dir(), "parallax-lab-"),
        (std::env::temp_dir(), "parallax-authority-"),
    ] {
        for entry in fs::read_dir(&place).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if pids.iter().any(|pid| name.starts_with(&format!("{prefix}{pid}-"))) {
                found.push(format!("{}/{name}", place.display()));
            }
        }
    }
    found.extend(
        fs::read_dir("/sys/class/net")
            .unwrap()
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| name.starts_with("delay")),
    );
    found.extend(
        fs::read_to_string("/proc/self/mounts")
            .unwrap()
            .lines()
            .filter(|line| line.contains("parallax") || line.contains("/etc/resolv.conf"))
            .map(str::to_owned),
    );
    found
}
