//! Runs by turns, so that what else the machine does falls on all.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use parallax::lab::cpu_share::CpuShare;

use crate::built::Built;
use crate::cloud::Cloud;
use crate::relay::Relay;
use crate::shell;
use crate::spread::Spread;
use crate::turn::{Warm, answered, cold_cpu, cpu, millis, started};

/// 7 % of a processor in periods of 20 ms, as a function of 128 MB has.
const PERIOD: Duration = Duration::from_millis(20);
const QUOTA: Duration = Duration::from_micros(1_400);

/// All in milliseconds.
#[derive(Default)]
pub struct Seen {
    /// Ours: exec to the first question for an invocation.
    pub init: Vec<f64>,
    /// The same of the minimal function.
    pub minimal: Vec<f64>,
    /// Processor time of the same two.
    pub init_cpu: Vec<f64>,
    /// Of the minimal one.
    pub minimal_cpu: Vec<f64>,
    /// Exec to an answer that comes after the queue took the message; all but init under the share.
    pub accepted: Vec<f64>,
    /// Of that, the invocation.
    pub invocation: Vec<f64>,
    /// Processor time of a process from exec to its first answer.
    pub cold_cpu: Vec<f64>,
    /// Processor time of a later invocation that finds no connection left.
    pub warm_cpu: Vec<f64>,
    /// The same with its connections still there.
    pub kept_cpu: Vec<f64>,
    /// Processor time of the shell function.
    pub shell_cpu: Vec<f64>,
    /// Its time on the wall, with processors to itself.
    pub shell: Vec<f64>,
}

/// Prints the table.
pub fn run(built: &Built, cloud: &Cloud, runs: usize) -> Seen {
    let share = CpuShare::create(QUOTA, PERIOD).expect("a share of the processor, as root");
    let mut seen = Seen::default();
    for turn in 0..runs {
        let (minimal, init) = started(&built.minimal, &[]);
        seen.minimal.push(init);
        seen.minimal_cpu.push(cpu(minimal.0.process()));
        drop(minimal);
        throttled(built, cloud, &share, &mut seen);
        seen.cold_cpu.push(cold_cpu(&built.probe, cloud));
        let (wall, cpu) = shell::run(cloud, turn);
        seen.shell.push(wall);
        seen.shell_cpu.push(cpu);
    }
    let mut warm = Warm::start(&built.probe, cloud);
    for _ in 0..runs {
        seen.warm_cpu.push(warm.cpu(false));
        seen.kept_cpu.push(warm.cpu(true));
    }
    println!("\n{:<58} {:>3} {:>9} {:>9} {:>9}", "ms", "n", "p50", "p95", "max");
    for (name, values) in [
        ("init, the minimal function", &seen.minimal),
        ("init, the probe", &seen.init),
        ("processor time: init, the minimal function", &seen.minimal_cpu),
        ("processor time: init, the probe", &seen.init_cpu),
        ("exec to the first message taken, 7 % of a processor", &seen.accepted),
        ("of that, the invocation", &seen.invocation),
        ("processor time: exec to the first message taken", &seen.cold_cpu),
        ("processor time: warm, a new connection to the queue", &seen.warm_cpu),
        ("processor time: warm, connections kept", &seen.kept_cpu),
        ("processor time: shell, curl and aws", &seen.shell_cpu),
        ("shell, curl and aws, a processor to itself", &seen.shell),
    ] {
        let spread = Spread::of(values.clone()).expect("values");
        println!(
            "{name:<58} {:>3} {:>9.2} {:>9.2} {:>9.2}",
            spread.count(),
            spread.at(50),
            spread.at(95),
            spread.at(99)
        );
    }
    seen
}

fn throttled(built: &Built, cloud: &Cloud, share: &CpuShare, seen: &mut Seen) {
    // The queue alone is behind it, so that its latest answer tells when the message was taken: the function looks into its
    // spool afterwards, and waits a second for that.
    let relay: Relay = Relay::to(cloud.address);
    let (mut sandbox, init) = started(&built.probe, &cloud.variables(relay.address));
    seen.init.push(init);
    seen.init_cpu.push(cpu(sandbox.0.process()));
    std::fs::write(share.folder().join("cgroup.procs"), sandbox.0.process().to_string()).expect("it is in the share");
    let asked = Instant::now();
    answered(&mut sandbox);
    let taken = millis(relay.answered().expect("an answer of the queue") - asked);
    seen.invocation.push(taken);
    // The time that this program took to see that init was over is not the function's.
    seen.accepted.push(taken + init);
}

/// One run of the steps, under a share where one is given.
pub fn command(program: &Path, share: Option<&CpuShare>) -> Command {
    share.map_or_else(|| Command::new(program), |share| share.command(program))
}

/// A share like that of a small function.
pub fn small() -> CpuShare {
    CpuShare::create(QUOTA, PERIOD).expect("a share of the processor, as root")
}
