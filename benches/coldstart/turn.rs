//! One start and one invocation of a function, and what they took; the tests measure by the same.

use std::path::Path;
use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;

use super::cloud::{Cloud, REGION};
use super::fake_lambda::{Ended, FakeLambda};
use super::relay::Relay;

/// Lambda's own limit on what a function may take.
const TIME_OUT: Duration = Duration::from_secs(60);

/// Starts a function; how long it took from exec to its first question for an invocation, in milliseconds.
pub fn started(program: &Path, variables: &[(&str, String)]) -> (FakeLambda, f64) {
    let begun = Instant::now();
    let sandbox = FakeLambda::start(program, REGION, variables);
    let init = millis(sandbox.ready() - begun);
    (sandbox, init)
}

/// Invokes it; its sample has been taken by the queue.
pub fn answered(sandbox: &mut FakeLambda) {
    let ended = sandbox.invoke("{}", TIME_OUT);
    let taken = matches!(&ended, Ended::Answered(answer) if answer.contains("\"sent\":1"));
    assert!(taken, "{ended:?}");
}

/// Processor time of a start and its first invocation.
pub fn cold_cpu(probe: &Path, cloud: &Cloud) -> f64 {
    let mut sandbox = FakeLambda::start(probe, REGION, &cloud.variables(cloud.address));
    answered(&mut sandbox);
    sandbox.ready();
    cpu(sandbox.0.process())
}

/// A function that was invoked before.
pub struct Warm {
    relay: Relay,
    sandbox: FakeLambda,
}

impl Warm {
    /// Starts it, and invokes it once.
    pub fn start(probe: &Path, cloud: &Cloud) -> Self {
        let relay = Relay::to(cloud.address);
        let mut sandbox = FakeLambda::start(probe, REGION, &cloud.variables(relay.address));
        answered(&mut sandbox);
        Self { relay, sandbox }
    }

    /// Processor time of one more invocation, which finds its connection to the queue or has to make one.
    pub fn cpu(&mut self, is_connected: bool) -> f64 {
        if !is_connected {
            self.relay.break_off();
        }
        self.sandbox.ready();
        let before = cpu(self.sandbox.0.process());
        answered(&mut self.sandbox);
        self.sandbox.ready();
        cpu(self.sandbox.0.process()) - before
    }
}

/// Processor time of a process and all threads it ever had, in milliseconds.
pub fn cpu(process: Pid) -> f64 {
    let clock = ClockId::pid_cpu_clock_id(process).expect("a clock");
    millis(clock_gettime(clock).expect("its time").into())
}

/// As a number.
pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
