//! What splitting the spread of a million samples costs: `cargo bench --bench variance` (a few minutes, 3 GB of disk).
//!
//! The whole command is run, from the archive to the page, and its time and its largest memory are printed.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![expect(unreachable_pub, dead_code, reason = "the builders of samples are shared with the tests")]

use std::pin::pin;
use std::process::{Command, ExitCode, Stdio};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use parallax::adapters::archive::{Mode, open};
use parallax::archive::port::Append;
use parallax::measurement::identity::SampleId;
use parallax::measurement::wire::Record;

#[path = "../tests/support"]
mod support {
    pub mod fleet;
    pub mod samples;
}

use support::fleet::Fleet;

const FLEETS: u64 = 25;
const INVOCATIONS: u64 = 20;
/// Of each zone; a fleet has six.
const SANDBOXES: usize = 334;
const TIME_MAX: Duration = Duration::from_secs(60);
const MEMORY_MAX_MB: f64 = 256.0;

fn main() -> ExitCode {
    let directory = tempfile::tempdir().unwrap();
    let archive = format!("sqlite:{}", directory.path().join("a.db").display());
    let samples: usize = (0..FLEETS).map(|fleet| keep(&archive, fleet)).sum();
    let start = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_parallax"));
    command.args(["variance", "--archive", &archive]).stdout(Stdio::null());
    let status = command.status().unwrap();
    assert!(status.success(), "parallax variance ended with {status}");
    let passed = start.elapsed();
    // The one child there was; in KiB, on Linux.
    let memory = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss() as f64 / 1024.0;
    println!("{samples} samples: {:.1} s, {memory:.0} MiB at most", passed.as_secs_f64());
    let kept = passed <= TIME_MAX && memory <= MEMORY_MAX_MB;
    println!("{}  at most {} s and {MEMORY_MAX_MB} MiB", if kept { "kept  " } else { "BROKEN" }, TIME_MAX.as_secs());
    if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One fleet of sandboxes of its own.
fn keep(place: &str, fleet: u64) -> usize {
    let own = Fleet { sandboxes: SANDBOXES, invocations: INVOCATIONS, ..Fleet::default() };
    let records: Vec<Record> = own.records(fleet).into_iter().map(|record| of_fleet(record, fleet)).collect();
    let mut archive = open(place, Mode::Write).unwrap();
    for batch in records.chunks(5_000) {
        match pin!(archive.append(batch)).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => done.unwrap(),
            Poll::Pending => panic!("the embedded archive waited"),
        };
    }
    records.len()
}

fn of_fleet(mut record: Record, fleet: u64) -> Record {
    record.sample.id = SampleId::new(&format!("{fleet}-{}", record.sample.id)).unwrap();
    record.environment.sandbox = record.environment.sandbox.map(|sandbox| format!("{fleet}/{sandbox}"));
    record
}
