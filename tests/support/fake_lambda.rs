//! The lab's Lambda sandbox with the patience of a test: what does not come, fails it.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use parallax::lab::lambda::sandbox::{Place, Sandbox};

pub use parallax::lab::lambda::sandbox::Ended;

/// A function on a busy machine takes its time; nobody waits longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// A sandbox with a function in it.
pub struct FakeLambda(pub Sandbox);

/// Comes true once nobody waits any longer.
pub(super) fn impatient() -> impl Fn() -> bool {
    let begun = Instant::now();
    move || begun.elapsed() >= PATIENCE
}

impl FakeLambda {
    /// Starts a program as a function of 1769 MB; `variables` beside those that Lambda sets.
    pub fn start(program: &Path, region: &str, variables: &[(&str, String)]) -> Self {
        Self::start_by(Command::new(program), region, variables)
    }

    /// Starts a command as a function.
    pub fn start_by(command: Command, region: &str, variables: &[(&str, String)]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let stream = format!("2026/11/24/[$LATEST]{port:032x}");
        let place = Place { region, memory_mb: 1_769, stream: &stream };
        Self(Sandbox::start(command, listener, &place, variables).expect("the function starts"))
    }

    /// Waits until it asks for an invocation; when it did so for the first time.
    pub fn ready(&self) -> Instant {
        self.found(self.0.ready(&impatient()), "the function does not ask for an invocation")
    }

    /// Invokes it, thawed where it was frozen, and kills it when the time-out comes first.
    pub fn invoke(&mut self, payload: &str, time_out: Duration) -> Ended {
        self.invoke_and_kill(payload, time_out, time_out)
    }

    /// The same, and kills it earlier than it was told.
    pub fn invoke_and_kill(&mut self, payload: &str, time_out: Duration, killed_after: Duration) -> Ended {
        let ended = self.0.invoke(payload, time_out, killed_after, &impatient());
        self.found(ended, "the function does not end its invocation")
    }

    pub(super) fn found<T>(&self, found: Option<T>, what: &str) -> T {
        found.unwrap_or_else(|| panic!("{what}; it said {:?}", self.0.said()))
    }
}
