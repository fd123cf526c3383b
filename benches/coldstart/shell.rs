//! The function that this project came from: curl, and its number into CloudWatch by the AWS command line.

use std::process::Command;
use std::time::Instant;

use super::cloud::{Cloud, program};
use super::turn::millis;

const SCRIPT: &str = r#"
time=$(curl -kL -s -o /dev/null -w '%{time_total}' "$1")
"$2" --endpoint-url "$3" cloudwatch put-metric-data --namespace Shell --metric-name Time --unit Seconds --value "$time"
times
"#;

/// One invocation: its time on the wall and its processor time, in milliseconds.
pub fn run(cloud: &Cloud, turn: usize) -> (f64, f64) {
    let begun = Instant::now();
    let mut command = Command::new("sh");
    command
        .args(["-ec", SCRIPT, "sh"])
        .arg(cloud.page())
        .arg(program("aws"))
        .arg(cloud.endpoint())
        .envs(cloud.environment());
    let output = command.output().expect("sh runs");
    assert!(output.status.success(), "run {turn}: {}", String::from_utf8_lossy(&output.stderr));
    let wall = millis(begun.elapsed());
    let said = String::from_utf8_lossy(&output.stdout);
    (wall, children(&said).unwrap_or_else(|| panic!("`times` says {said}")))
}

/// What `times` of a shell says last: user and system time of the programs it ran, as `0m0.870000s`.
fn children(said: &str) -> Option<f64> {
    let millis = |word: &str| {
        let (minutes, seconds) = word.strip_suffix('s')?.split_once('m')?;
        Some((minutes.parse::<f64>().ok()? * 60.0 + seconds.parse::<f64>().ok()?) * 1e3)
    };
    said.lines().next_back()?.split_whitespace().map(millis).sum()
}
