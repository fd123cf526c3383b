//! An agent on the way to the fleet's queue: whatever ends it and however long the queue is away, each sample arrives.

use std::collections::HashSet;
use std::fs;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use parallax::adapters::archive::{Archive, Mode, open};
use parallax::adapters::aws::queue::Queue;
use parallax::adapters::clock;
use parallax::archive::port::{Append, Forget, Scan};
use parallax::archive::selection::{Selection, Source, Window};
use parallax::intake::arrival::{Arrivals, decode};
use parallax::intake::plan::decide;
use parallax::measurement::units::UnixMillis;
use parallax::measurement::wire::Record;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::wait;
use crate::support::gate::Gate;
use crate::support::ministack::{Account, ministack};
use crate::support::pages::HTTP;
use crate::support::samples::{Recipe, START, row};
use crate::support::server::Server;

const REGION: &str = "eu-west-1";
/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A host with a page to watch, and a queue to send to.
struct Host {
    directory: tempfile::TempDir,
    account: Account,
    endpoint: String,
    url: String,
    _site: Server,
}

impl Host {
    fn new(account: Account, every: &str) -> Self {
        let site = HTTP.start();
        let directory = tempfile::tempdir().unwrap();
        let target = |i| format!("[[target]]\nid = \"page-{i}\"\nurl = \"{}\"\nallow_private = true\n", site.url("/"));
        let targets: String = (0..2).map(target).collect();
        let text = format!("schema = 1\nevery = \"{every}\"\n[vantage]\nid = \"host/test\"\n{targets}");
        fs::write(directory.path().join("fleet.toml"), text).unwrap();
        let client = aws_sdk_sqs::Client::new(&account.config(REGION));
        let url = wait(client.create_queue().queue_name("q").send()).unwrap().queue_url.unwrap();
        Self { directory, account, endpoint: account.endpoint(), url, _site: site }
    }

    fn place(&self) -> String {
        format!("sqlite:{}", self.directory.path().join("samples.db").display())
    }

    fn archive(&self, mode: Mode) -> Archive {
        open(&self.place(), mode).unwrap()
    }

    fn command(&self, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_parallax"));
        command
            .args(["agent", "fleet.toml", "--archive", &self.place()])
            .args(more)
            .current_dir(self.directory.path())
            .envs(self.account.environment(REGION))
            .env("AWS_ENDPOINT_URL", &self.endpoint)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command
    }

    fn start(&self) -> Child {
        self.command(&["--quiet", "--queue", &format!("sqs:{}", self.url)]).stderr(Stdio::null()).spawn().unwrap()
    }

    fn once(&self) -> Output {
        self.command(&["--once", "--queue", &format!("sqs:{}", self.url)]).output().unwrap()
    }

    fn records(&self) -> Vec<Record> {
        let mut records = Vec::new();
        let all = Selection { source: Source::default(), window: Window::ALWAYS };
        wait(self.archive(Mode::Read).scan(&all, &mut |record| records.push(record))).unwrap();
        records
    }

    /// What the queue got, through intake, and how many messages there were.
    fn arrived(&self) -> (Arrivals, usize) {
        let queue = Queue::new(&self.account.config(REGION), &self.url);
        let (mut arrivals, mut messages) = (Arrivals::default(), 0);
        loop {
            let held = wait(queue.receive(10)).unwrap();
            if held.is_empty() {
                return (arrivals, messages);
            }
            for held in held {
                let one = decode(held.message.as_bytes(), clock::wall());
                arrivals.sound.extend(one.sound);
                arrivals.poison.extend(one.poison);
                wait(queue.delete(&[held.receipt])).unwrap();
                messages += 1;
            }
        }
    }

    /// Each sample of the archive arrived at least once, and is one after intake.
    fn assert_all_arrived(&self) {
        let (arrivals, _) = self.arrived();
        assert_eq!(arrivals.poison, []);
        let plan = decide(arrivals, &[]);
        let mut fresh = plan.fresh;
        let mut kept = self.records();
        assert!(!kept.is_empty());
        fresh.sort_by(|a, b| a.sample.id.cmp(&b.sample.id));
        kept.sort_by(|a, b| a.sample.id.cmp(&b.sample.id));
        assert!(fresh == kept, "{} arrived of {} that are kept", fresh.len(), kept.len());
        assert_eq!(self.archive(Mode::Read).backlog().unwrap().samples, 0);
    }
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn signal(child: &Child, signal: Signal) {
    kill(Pid::from_raw(child.id().try_into().unwrap()), signal).unwrap();
}

/// Whether the archive has at least so many samples; it may not be there yet.
fn has(host: &Host, samples: usize) -> bool {
    let Ok(mut archive) = open(&host.place(), Mode::Read) else { return false };
    let mut count = 0;
    let all = Selection { source: Source::default(), window: Window::ALWAYS };
    wait(archive.scan(&all, &mut |_| count += 1)).is_ok() && count >= samples
}

/// The seed of the moments at which it is killed.
const SEED: u64 = 20_260_102;

#[test]
fn killed_again_and_again_with_the_queue_away_for_a_while_every_sample_arrives() {
    let test = "killed_again_and_again_with_the_queue_away_for_a_while_every_sample_arrives";
    let Some(ministack) = ministack(test) else { return };
    let account = ministack.account();
    let gate = Gate::shut_before(account.port());
    let host = Host { endpoint: gate.endpoint(), ..Host::new(account, "1s") };
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let mut samples = 0;
    for open in [false, true, true, false, true, true] {
        if open {
            gate.open()
        } else {
            gate.shut()
        }
        let mut child = host.start();
        samples += 2;
        until("samples are kept", || has(&host, samples));
        // Not to wait for anything: the moment itself is what is tried.
        std::thread::sleep(Duration::from_micros(random.random_range(0..3_000_000)));
        signal(&child, Signal::SIGKILL);
        assert_eq!(child.wait().unwrap().code(), None);
        samples = host.records().len();
    }
    gate.shut();
    assert_eq!(host.once().status.code(), Some(0), "a queue that is away is no error of the agent");
    gate.open();
    let output = host.once();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    host.assert_all_arrived();
}

#[test]
fn an_agent_goes_on_sending_once_the_queue_is_back() {
    let Some(ministack) = ministack("an_agent_goes_on_sending_once_the_queue_is_back") else { return };
    let account = ministack.account();
    let gate = Gate::shut_before(account.port());
    let host = Host { endpoint: gate.endpoint(), ..Host::new(account, "1s") };
    let mut child = host.start();
    until("samples are kept", || has(&host, 4));
    // One call is three tries.
    until("a call has failed", || gate.turned_away() >= 4);
    assert!(host.archive(Mode::Read).backlog().unwrap().samples >= 4, "they wait");
    gate.open();
    let first = host.records().remove(0).sample.id;
    let sent = || {
        let waiting = host.archive(Mode::Write).unshipped(usize::MAX).unwrap();
        waiting.iter().all(|unshipped| unshipped.record.sample.id != first)
    };
    until("the first sample is sent", sent);
    signal(&child, Signal::SIGINT);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    host.assert_all_arrived();
}

#[test]
fn ctrl_c_ends_it_though_the_queue_hangs_and_the_next_run_sends_what_is_left() {
    let test = "ctrl_c_ends_it_though_the_queue_hangs_and_the_next_run_sends_what_is_left";
    let Some(ministack) = ministack(test) else { return };
    let account = ministack.account();
    // It takes connections and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let mut host = Host { endpoint, ..Host::new(account, "1d") };
    let begun = Instant::now();
    let output = host.once();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{words}");
    assert!(words.contains("2 samples wait in the archive for the queue; the next run sends them"), "{words}");
    assert!(begun.elapsed() < PATIENCE);
    let status = Command::new(env!("CARGO_BIN_EXE_parallax")).args(["status", "--archive", &host.place()]).output();
    let page = String::from_utf8(status.unwrap().stdout).unwrap();
    assert!(page.contains("2 samples wait to be sent to the queue, the first of "), "{page}");

    host.endpoint = account.endpoint();
    assert_eq!(host.once().status.code(), Some(0));
    let status = Command::new(env!("CARGO_BIN_EXE_parallax")).args(["status", "--archive", &host.place()]).output();
    assert!(!String::from_utf8(status.unwrap().stdout).unwrap().contains("wait to be sent"));
    host.assert_all_arrived();
}

#[test]
fn a_long_backlog_of_several_environments_goes_in_few_messages_whatever_the_clock_said() {
    let test = "a_long_backlog_of_several_environments_goes_in_few_messages_whatever_the_clock_said";
    let Some(ministack) = ministack(test) else { return };
    let host = Host::new(ministack.account(), "1d");
    let mut archive = host.archive(Mode::Write);
    // Kept before there was a queue: not to be sent.
    let earlier = Recipe { id: "earlier".to_owned(), ..Recipe::default() }.record();
    wait(archive.append(std::slice::from_ref(&earlier))).unwrap();
    let mut archive = archive.to_be_shipped();
    let mut records = row(&Recipe { target: "long", ..Recipe::default() }, 1_200);
    records.reverse();
    records.extend(row(&Recipe { sandbox: "other", target: "other", ..Recipe::default() }, 50));
    // A clock that went back by years, and one that is an hour ahead.
    let began =
        |id: &str, started_ms| Recipe { id: id.to_owned(), slot_ms: None, started_ms, ..Recipe::default() }.record();
    records.extend([began("past", 946_684_800_001), began("future", clock::wall().0 + 3_000_000)]);
    for batch in records.chunks(100) {
        wait(archive.append(batch)).unwrap();
    }
    wait(archive.append(&records[..10])).unwrap();
    assert_eq!(archive.backlog().unwrap().samples, 1_252);
    assert_eq!(archive.backlog().unwrap().oldest, Some(UnixMillis(946_684_800_001)));
    // What waits to be sent is not forgotten; what does not wait is.
    assert_eq!(wait(archive.forget_before(UnixMillis(START + 1_000_000_000_000))).unwrap(), 1);
    drop(archive);
    assert_eq!(host.once().status.code(), Some(0));
    let (arrivals, messages) = host.arrived();
    assert_eq!(arrivals.poison, []);
    let ids: HashSet<_> = arrivals.sound.iter().map(|record| record.sample.id.clone()).collect();
    assert_eq!(ids.len(), 1_254, "and the two of this run");
    let sent: Vec<_> = arrivals.sound.iter().filter(|record| records.contains(record)).collect();
    assert_eq!(sent.len(), records.len(), "each once, as it was kept");
    assert!(messages <= 20, "{messages} messages");
    assert_eq!(host.archive(Mode::Read).backlog().unwrap().samples, 0);
    assert_eq!(wait(host.archive(Mode::Write).forget_before(UnixMillis(START + 86_400_000_000))).unwrap(), 1_254);
}

#[test]
fn one_sample_that_the_queue_refuses_holds_up_no_other_and_stays() {
    let Some(ministack) = ministack("one_sample_that_the_queue_refuses_holds_up_no_other_and_stays") else { return };
    let account = ministack.account();
    let host = Host::new(account, "1d");
    let client = aws_sdk_sqs::Client::new(&account.config(REGION));
    let largest = aws_sdk_sqs::types::QueueAttributeName::MaximumMessageSize;
    wait(client.set_queue_attributes().queue_url(&host.url).attributes(largest, "12000").send()).unwrap();
    let mut large = Recipe { id: "large".to_owned(), ..Recipe::default() }.record();
    large.environment.architecture = "x".repeat(8_000);
    large.sample.tool_version = Some("y".repeat(8_000));
    let mut records = vec![large.clone()];
    let mut small = Recipe { id: "small".to_owned(), ..Recipe::default() }.record();
    small.environment = large.environment;
    records.push(small);
    wait(host.archive(Mode::Write).to_be_shipped().append(&records)).unwrap();
    let output = host.once();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{words}");
    assert!(words.contains("the sample large stays in the archive"), "{words}");
    let ids: HashSet<_> = host.arrived().0.sound.iter().map(|record| record.sample.id.to_string()).collect();
    assert!(ids.contains("small") && !ids.contains("large") && ids.len() == 3, "{ids:?}");
    assert_eq!(host.archive(Mode::Read).backlog().unwrap().samples, 1);
}

#[test]
fn a_queue_that_cannot_be_one_is_refused_before_anything_is_made() {
    let Some(ministack) = ministack("a_queue_that_cannot_be_one_is_refused_before_anything_is_made") else { return };
    let host = Host::new(ministack.account(), "1d");
    for (queue, said) in [
        ("https://sqs.eu-west-1.amazonaws.com/1/q", "write the queue's URL after `sqs:`"),
        ("sqs:", "no URL"),
        ("sqs:parallax", "no URL"),
        ("sqs:ftp://h/1/q", "not that of a queue"),
        ("sqs:https://sqs.eu-west-1.amazonaws.com/", "not that of a queue"),
        ("sqs:https://sqs.eu-west-1.amazonaws.com/1/q.fifo", "standard queue"),
    ] {
        let output = host.command(&["--once", "--queue", queue]).output().unwrap();
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{queue}: {words}");
        assert!(words.contains(said), "{queue}: {words}");
    }
    let mut command = host.command(&["--once", "--queue", "sqs:http://127.0.0.1:9/1/q"]);
    let output = command.env_remove("AWS_REGION").env_remove("AWS_DEFAULT_REGION").output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(2) && words.contains("set AWS_REGION"), "{words}");
    assert!(!host.directory.path().join("samples.db").exists());
}
