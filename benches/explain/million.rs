//! The commands that read samples, each over an archive of a million: time, and the most memory each had at once.
//!
//! `cargo bench --bench million`, on a quiet machine; other numbers of samples, or an archive that is kept, by
//! `-- --samples 20000` and `-- --archive PATH`. The archive takes about three gigabytes where `TMPDIR` says. Ends with exit
//! code 1 where an account is not kept within its bound.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![expect(unreachable_pub, dead_code, reason = "what both benchmarks of accounts share")]

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::{Command, ExitCode, Stdio};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use parallax::adapters::archive::{Mode, open};
use parallax::archive::port::Append;
use tempfile::TempDir;

mod bound;
mod samples;

use bound::{Bound, MILLION, QUIET};

/// Samples kept at once.
const BATCH: u64 = 20_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|word| word == "--help" || word == "-h") {
        println!("The commands that read samples, over a million of them. [--samples N] [--archive PATH]\n{QUIET}");
        return ExitCode::SUCCESS;
    }
    let after = |flag: &str| {
        let at = arguments.iter().position(|argument| argument == flag)?;
        arguments.get(at + 1).cloned()
    };
    let count: u64 = after("--samples").map_or(1_000_000, |text| text.parse().unwrap());
    let directory = TempDir::new().unwrap();
    let path = after("--archive").map_or_else(|| directory.path().join("a.db"), PathBuf::from);
    if !path.exists() {
        let began = Instant::now();
        fill(&path, count / 2);
        println!("{count} samples kept in {:.1} s", began.elapsed().as_secs_f64());
    }
    let archive = format!("sqlite:{}", path.display());
    println!("{:<58} {:>9} {:>9} {:>9}", "parallax", "wall, s", "cpu, s", "peak, MiB");
    let mut judged = Vec::new();
    for command in COMMANDS {
        let run = run(command, &archive);
        let (wall, cpu) = (run.wall.as_secs_f64(), run.cpu.as_secs_f64());
        println!("{command:<58} {wall:>9.2} {cpu:>9.2} {:>9}", run.peak_kib / 1_024);
        if command.starts_with("explain") {
            judged.push(Bound { what: command, ..MILLION }.judge(wall, Some(run.peak_kib as f64 / 1_024.0)));
        }
    }
    println!();
    judged.iter().for_each(|(line, _)| println!("{line}"));
    if judged.iter().all(|(_, kept)| *kept) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

const COMMANDS: [&str; 7] = [
    "status",
    "explain --a vantage=bench/a --b vantage=bench/b --statistic mean",
    "explain --a vantage=bench/a --b vantage=bench/b",
    "explain --a vantage=bench/a --b vantage=bench/b --statistic p99",
    "variance",
    "report",
    "stopwatch replay",
];

fn fill(path: &Path, each: u64) {
    let mut archive = open(&format!("sqlite:{}", path.display()), Mode::Write).unwrap();
    for side in [samples::A, samples::B] {
        for first in (0..each).step_by(BATCH as usize) {
            let batch: Vec<_> = (first..each.min(first + BATCH)).map(|n| samples::record(side, n)).collect();
            match pin!(archive.append(&batch)).poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(kept) => kept.unwrap(),
                Poll::Pending => panic!("the embedded archive waited"),
            };
        }
    }
}

struct Run {
    wall: Duration,
    cpu: Duration,
    peak_kib: i64,
}

#[expect(clippy::zombie_processes, reason = "wait4 waits for it, and says what it used")]
fn run(command: &str, archive: &str) -> Run {
    let began = Instant::now();
    let child = Command::new(env!("CARGO_BIN_EXE_parallax"))
        .args(command.split(' '))
        .args(["--archive", archive])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut status = 0;
    // SAFETY: all zeros is a value of this plain C structure.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the process is our own child, nobody else waits for it, and both pointers live as long as the call.
    let waited = unsafe { libc::wait4(child.id() as i32, &raw mut status, 0, &raw mut usage) };
    assert_eq!((waited, status), (child.id() as i32, 0), "{command}");
    let time = |time: libc::timeval| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1_000);
    Run { wall: began.elapsed(), cpu: time(usage.ru_utime) + time(usage.ru_stime), peak_kib: usage.ru_maxrss }
}
