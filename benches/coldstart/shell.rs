//! The function that this project came from: curl, and its number into CloudWatch by the AWS command line.

use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

use crate::cloud::{Cloud, program};
use crate::compare::millis;

const SCRIPT: &str = r#"
time=$(curl -kL -s -o /dev/null -w '%{time_total}' "$1")
"$2" --endpoint-url "$3" cloudwatch put-metric-data --namespace Shell --metric-name Time --unit Seconds --value "$time"
"#;

/// One invocation: its time on the wall and its processor time, in milliseconds.
pub fn run(cloud: &Cloud, turn: usize) -> (f64, f64) {
    let (begun, before) = (Instant::now(), children());
    let mut command = Command::new("sh");
    command
        .args(["-ec", SCRIPT, "sh"])
        .arg(cloud.page())
        .arg(program("aws"))
        .arg(cloud.endpoint())
        .envs(cloud.environment());
    let output = command.output().expect("sh runs");
    assert!(output.status.success(), "run {turn}: {}", String::from_utf8_lossy(&output.stderr));
    (millis(begun.elapsed()), millis(children() - before))
}

/// Processor time of all children that have ended.
fn children() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("usage");
    let time = |time: nix::sys::time::TimeVal| {
        Duration::from_micros(u64::try_from(time.tv_sec() * 1_000_000 + time.tv_usec()).unwrap_or(0))
    };
    time(usage.user_time()) + time(usage.system_time())
}
