//! The agent as a process, with real exchanges and a real archive.

use std::collections::HashSet;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use parallax::adapters::archive::{Mode, open};
use parallax::adapters::clock;
use parallax::archive::port::{Append, Scan};
use parallax::archive::selection::{Selection, Source, Window};
use parallax::measurement::wire::Record;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use crate::support::pages::HTTP;
use crate::support::samples::Recipe;
use crate::support::server::Server;

/// A host with a page to watch, a fleet file and an archive.
struct Host {
    directory: tempfile::TempDir,
    site: Server,
}

impl Host {
    fn new(top: &str, pages: usize) -> Self {
        let site = HTTP.start();
        let directory = tempfile::tempdir().unwrap();
        let targets = (0..pages)
            .map(|i| format!("[[target]]\nid = \"page-{i}\"\nurl = \"{}\"\nallow_private = true\n", site.url("/")));
        let targets: String = targets.collect();
        let text = format!("schema = 1\n{top}\n[vantage]\nid = \"host/test\"\n{targets}");
        fs::write(directory.path().join("fleet.toml"), text).unwrap();
        Self { directory, site }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn archive(&self) -> String {
        format!("sqlite:{}", self.path("samples.db").display())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_parallax"));
        command.arg("agent").arg(self.path("fleet.toml")).args(["--archive", &self.archive()]).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn output(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn start(&self) -> Running {
        Self::started(self.command(&["--json"]))
    }

    fn started(mut command: Command) -> Running {
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let words = child.stderr.take().unwrap();
        Running { child, lines, words }
    }

    fn records(&self) -> Vec<Record> {
        let mut records = Vec::new();
        let all = Selection { source: Source::default(), window: Window::ALWAYS };
        let mut archive = open(&self.archive(), Mode::Read).unwrap();
        block_on(archive.scan(&all, &mut |record| records.push(record))).unwrap();
        records
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

struct Running {
    child: Child,
    lines: BufReader<ChildStdout>,
    words: ChildStderr,
}

impl Running {
    /// The next whole line of standard output; `None` at its end.
    fn line(&mut self) -> Option<Value> {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.ends_with('\n').then(|| serde_json::from_str(&line).unwrap())
    }

    /// The next sample that is told as kept.
    fn kept(&mut self) -> Option<String> {
        loop {
            let line = self.line()?;
            if line["event"] == "kept" {
                return Some(line["id"].as_str().unwrap().to_owned());
            }
        }
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    /// What it still says, and its exit code.
    fn end(mut self) -> (Vec<String>, String, Option<i32>) {
        let rest = std::iter::from_fn(|| self.kept()).collect();
        let mut words = String::new();
        self.words.read_to_string(&mut words).unwrap();
        (rest, words, self.child.wait().unwrap().code())
    }
}

fn is_distinct<T: std::hash::Hash + Eq>(items: impl Iterator<Item = T>) -> bool {
    let mut seen = HashSet::new();
    items.into_iter().all(|item| seen.insert(item))
}

fn assert_none_doubled(records: &[Record]) {
    assert!(is_distinct(records.iter().map(|record| &record.sample.id)), "an id stands twice");
    let place = |record: &Record| {
        let sample = &record.sample;
        (sample.target.clone(), sample.method.clone(), sample.slot_ms)
    };
    assert!(is_distinct(records.iter().map(place)), "a slot was measured twice");
}

/// The seed of the moments at which it is killed.
const SEED: u64 = 20_260_101;
const KILLS: usize = 24;

#[test]
fn killed_at_any_moment_it_loses_no_acknowledged_sample_and_doubles_none() {
    let host = Host::new("every = \"1s\"", 3);
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let mut acknowledged = Vec::new();
    for _ in 0..KILLS {
        let mut running = host.start();
        for _ in 0..random.random_range(1..4) {
            acknowledged.push(running.kept().expect("the agent ended by itself"));
        }
        // Not to wait for anything: the moment itself is what is tried.
        std::thread::sleep(Duration::from_micros(random.random_range(0..400_000)));
        running.signal(Signal::SIGKILL);
        let (rest, words, code) = running.end();
        assert_eq!(code, None, "killed, not ended: {words}");
        acknowledged.extend(rest);
    }
    let records = host.records();
    let kept: HashSet<_> = records.iter().map(|record| record.sample.id.to_string()).collect();
    let lost: Vec<_> = acknowledged.iter().filter(|id| !kept.contains(*id)).collect();
    assert!(lost.is_empty(), "seed {SEED}: {} of {} acknowledged are lost: {lost:?}", lost.len(), acknowledged.len());
    assert!(is_distinct(acknowledged.iter()), "acknowledged twice");
    assert!(acknowledged.len() >= KILLS);
    assert_none_doubled(&records);
}

#[test]
fn ctrl_c_and_sigterm_end_it_in_good_order_and_all_that_was_told_is_kept() {
    let host = Host::new("every = \"1s\"", 2);
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let mut running = host.start();
        let mut told: Vec<_> = (0..2).map(|_| running.kept().unwrap()).collect();
        running.signal(signal);
        let (rest, words, code) = running.end();
        assert_eq!(code, Some(0), "{words}");
        assert!(words.contains("stopping"), "{words}");
        told.extend(rest);
        let records = host.records();
        let kept: HashSet<_> = records.iter().map(|record| record.sample.id.to_string()).collect();
        assert!(told.iter().all(|id| kept.contains(id)));
        assert_none_doubled(&records);
        assert!(records.iter().all(|record| record.sample.outcome.is_good()), "{:?}", records.first());
    }
}

#[test]
fn a_closed_terminal_ends_it_unless_nohup_started_it() {
    let host = Host::new("every = \"1s\"", 1);
    let mut ended = host.start();
    ended.kept().unwrap();
    ended.signal(Signal::SIGHUP);
    let (_, words, code) = ended.end();
    assert!(code == Some(0) && words.contains("stopping"), "{words}");

    let agent = host.command(&["--json"]);
    let mut nohup = Command::new("nohup");
    nohup.arg(agent.get_program()).args(agent.get_args());
    nohup.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut goes_on = Host::started(nohup);
    goes_on.kept().unwrap();
    goes_on.signal(Signal::SIGHUP);
    goes_on.kept().unwrap();
    goes_on.kept().unwrap();
    goes_on.signal(Signal::SIGTERM);
    assert_eq!(goes_on.end().2, Some(0));
}

#[test]
fn ctrl_c_on_a_terminal_does_not_spoil_what_curl_is_measuring() {
    let host = Host::new("every = \"1d\"", 0);
    let url = host.site.url("/slow?ms=700");
    let text = format!(
        "schema = 1\nevery = \"1s\"\n[vantage]\nid = \"host/test\"\n[[target]]\nid = \"slow\"\nurl = \"{url}\"\n\
         allow_private = true\nmethods = [\"curl\"]\n"
    );
    fs::write(host.path("fleet.toml"), text).unwrap();
    let mut child = host.command(&[]).process_group(0).spawn().unwrap();
    let asked = (0..2_000).any(|_| {
        std::thread::sleep(Duration::from_millis(5));
        !host.site.seen().is_empty()
    });
    // As a terminal does it: the whole group, not the one process.
    killpg(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(asked, "curl has not asked for the page");
    let records = host.records();
    assert!(!records.is_empty() && records.iter().all(|record| record.sample.outcome.is_good()), "{records:?}");
}

#[test]
fn pooled_keeps_its_connection_from_slot_to_slot() {
    let host = Host::new("every = \"1s\"", 1);
    let text = fs::read_to_string(host.path("fleet.toml")).unwrap();
    fs::write(host.path("fleet.toml"), format!("{text}methods = [\"pooled\"]\n")).unwrap();
    let mut running = host.start();
    for _ in 0..3 {
        running.kept().unwrap();
    }
    running.signal(Signal::SIGTERM);
    assert_eq!(running.end().2, Some(0));
    let reused = |record: &Record| record.sample.hops[0].connection.as_ref().is_some_and(|kept| kept.reused);
    let reused: Vec<_> = host.records().iter().map(reused).collect();
    assert!(!reused[0] && reused[1..].iter().all(|reused| *reused), "{reused:?}");
}

#[test]
fn a_second_run_in_the_same_slot_measures_nothing_again() {
    let host = Host::new("every = \"1d\"", 2);
    for _ in 0..2 {
        let output = host.output(&["--once"]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(host.records().len(), 2);
    }
}

#[test]
fn samples_older_than_keep_go_at_the_start() {
    let host = Host::new("every = \"1d\"\nkeep = \"2d\"", 1);
    let now = clock::wall().0;
    let old = |days: i64| {
        let started_ms = now - days * 86_400_000;
        Recipe { id: format!("old-{days}"), started_ms, slot_ms: None, ..Recipe::default() }.record()
    };
    let mut archive = open(&host.archive(), Mode::Write).unwrap();
    block_on(archive.append(&[old(1), old(3), old(300)])).unwrap();
    drop(archive);
    let output = host.output(&["--once"]);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{words}");
    assert!(words.contains("2 samples were older"), "{words}");
    let targets: Vec<_> = host.records().iter().map(|record| record.sample.target.to_string()).collect();
    assert_eq!(targets, ["daily-news", "page-0"]);
}

#[test]
fn a_second_agent_of_the_same_vantage_is_refused() {
    let host = Host::new("every = \"1s\"", 1);
    let mut running = host.start();
    running.kept().unwrap();
    let output = host.output(&["--once"]);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{words}");
    assert!(words.contains("another agent runs as host/test"), "{words}");
    running.signal(Signal::SIGTERM);
    assert_eq!(running.end().2, Some(0));
}

#[test]
fn bad_input_is_named_and_nothing_is_written() {
    let host = Host::new("every = \"1s\"", 1);
    let nowhere = format!("sqlite:{}", host.path("no/such/place.db").display());
    let refused = |arguments: &[&str], said: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_parallax"));
        let output = command.arg("agent").args(arguments).output().unwrap();
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{words}");
        assert!(words.contains(said), "{words}");
        assert!(output.stdout.is_empty());
    };
    let fleet = host.path("fleet.toml");
    let fleet = fleet.to_str().unwrap();
    refused(&[fleet, "--archive", &nowhere, "--once"], "place.db");
    refused(&[fleet, "--in-flight", "0"], "from 1 to 64");
    refused(&[host.path("absent.toml").to_str().unwrap()], "absent.toml");
    fs::write(host.path("bad.toml"), "schema = 1\nevrey = \"3m\"\n").unwrap();
    let bad = host.path("bad.toml");
    refused(&[bad.to_str().unwrap()], "bad.toml:2:1: the file has no key `evrey`; did you mean `every`?");
    assert!(!host.path("samples.db").exists());
}

#[test]
fn a_page_that_is_down_is_a_kept_sample_and_no_error() {
    let host = Host::new("every = \"1d\"", 0);
    let address = crate::support::server::closed_port();
    let target = format!("[[target]]\nid = \"down\"\nurl = \"http://{address}/\"\nallow_private = true\n");
    let text = format!("schema = 1\nevery = \"1d\"\n[vantage]\nid = \"host/test\"\n{target}");
    fs::write(host.path("fleet.toml"), text).unwrap();
    let output = host.output(&["--once", "--json"]);
    assert_eq!(output.status.code(), Some(0));
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((line["event"].as_str(), line["good"].as_bool()), (Some("kept"), Some(false)));
    assert!(String::from_utf8_lossy(&output.stderr).contains("connection_refused"));
    assert_eq!(host.records().len(), 1);
}
