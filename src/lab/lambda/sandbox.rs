//! A sandbox as Lambda makes one: a process, the Runtime API that it asks for its invocations, and its freezing between
//! them. Metadata, telemetry and extensions are not there.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::loopback::{Answer, Request, Server};

/// How often whoever waits looks whether to go on.
const STEP: Duration = Duration::from_millis(50);
/// Any: a sandbox has one function, which asks for nothing by its name.
const FUNCTION: &str = "arn:aws:lambda:eu-west-1:123456789012:function:parallax-probe";

/// A sandbox with a function in it; both end when this is dropped.
#[derive(Debug)]
pub struct Sandbox {
    shared: Arc<Shared>,
    child: Child,
    _api: Server,
}

/// What a function is told of where it is.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// `AWS_REGION`.
    pub region: &'a str,
    /// 1769 MB are one processor.
    pub memory_mb: u32,
    /// The log stream: a name of the sandbox's own.
    pub stream: &'a str,
}

/// How an invocation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With this answer.
    Answered(String),
    /// With this error.
    Failed(String),
    /// At the time-out; the sandbox is gone.
    Killed,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Payload and deadline of what is to be invoked.
    waiting: VecDeque<(String, u128)>,
    /// The function has asked for its next invocation.
    is_idle: bool,
    /// When it did so for the first time.
    ready_at: Option<Instant>,
    ended: Option<Ended>,
    lines: Vec<String>,
    /// The process closed its output: it has ended.
    is_gone: bool,
    is_over: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>, most: Duration) -> MutexGuard<'a, State> {
        self.changed.wait_timeout(state, most).unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Sandbox {
    /// Starts a command as a function, which finds its Runtime API at this listener; `variables` beside those that Lambda
    /// sets, and instead of those.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(
        mut command: Command,
        api: TcpListener,
        place: &Place<'_>,
        variables: &[(&str, String)],
    ) -> io::Result<Self> {
        let address = api.local_addr()?;
        let shared = Arc::new(Shared::default());
        let told = Arc::clone(&shared);
        let api = Server::start(api, move |request| answer(request, &told))?;
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "parallax-probe")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", place.memory_mb.to_string())
            .env("AWS_LAMBDA_LOG_STREAM_NAME", place.stream)
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .env("AWS_REGION", place.region)
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let heard = Arc::clone(&shared);
        if let Some(output) = child.stdout.take() {
            thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    heard.lock().lines.push(line);
                    heard.changed.notify_all();
                }
                heard.lock().is_gone = true;
                heard.changed.notify_all();
            });
        }
        Ok(Self { shared, child, _api: api })
    }

    /// Waits until it asks for an invocation; when it did so for the first time. `None` where it ended before, or `stop`
    /// came true.
    pub fn ready(&self, stop: &dyn Fn() -> bool) -> Option<Instant> {
        let asked = |state: &State| match state {
            State { is_idle: true, ready_at, .. } => Some(*ready_at),
            State { is_gone: true, .. } => Some(None),
            State { .. } => None,
        };
        self.wait(asked, stop).flatten()
    }

    /// Invokes it, thawed where it was frozen; it is told of `time_out`, and killed after `killed_after`. `None` where it
    /// ended before it answered, or `stop` came true.
    pub fn invoke(
        &mut self,
        payload: &str,
        time_out: Duration,
        killed_after: Duration,
        stop: &dyn Fn() -> bool,
    ) -> Option<Ended> {
        self.ready(stop)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        {
            let mut state = self.shared.lock();
            state.ended = None;
            state.is_idle = false;
            state.waiting.push_back((payload.to_owned(), (now + time_out).as_millis()));
        }
        self.thaw();
        self.shared.changed.notify_all();
        let begun = Instant::now();
        let is_late = || begun.elapsed() >= killed_after;
        let over = |state: &State| match &state.ended {
            Some(ended) => Some(Some(ended.clone())),
            None => state.is_gone.then_some(None),
        };
        match self.wait(over, &|| stop() || is_late()) {
            Some(ended) => ended,
            None if is_late() => {
                self.kill();
                Some(Ended::Killed)
            }
            None => None,
        }
    }

    /// Freezes it: all of its threads stand still, whatever they do.
    pub fn freeze(&self) {
        // Where the process is gone, there is nothing to freeze.
        let _ = kill(self.process(), Signal::SIGSTOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        let _ = kill(self.process(), Signal::SIGCONT);
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// How it ended, where it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// What it wrote so far, once there are so many lines; `None` where `stop` came true before.
    pub fn lines(&self, count: usize, stop: &dyn Fn() -> bool) -> Option<Vec<String>> {
        self.wait(|state| (state.lines.len() >= count).then(|| state.lines.clone()), stop)
    }

    /// What it wrote so far.
    #[must_use]
    pub fn said(&self) -> Vec<String> {
        self.shared.lock().lines.clone()
    }

    /// The process.
    #[must_use]
    pub fn process(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    fn wait<T>(&self, done: impl Fn(&State) -> Option<T>, stop: &dyn Fn() -> bool) -> Option<T> {
        let mut state = self.shared.lock();
        loop {
            if let Some(done) = done(&state) {
                return Some(done);
            }
            if stop() {
                return None;
            }
            state = self.shared.wait(state, STEP);
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.kill();
        self.shared.lock().is_over = true;
        self.shared.changed.notify_all();
    }
}

/// The Runtime API, as much of it as a function needs.
fn answer(request: &Request, shared: &Shared) -> Option<Answer> {
    if !request.path.ends_with("/invocation/next") {
        let body = request.body.clone();
        let answered = request.path.ends_with("/response");
        shared.lock().ended = Some(if answered { Ended::Answered(body) } else { Ended::Failed(body) });
        shared.changed.notify_all();
        return Some(Answer::new("202 Accepted", ""));
    }
    let (payload, deadline) = next(shared)?;
    Some(
        Answer::new("200 OK", payload)
            .with("Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
            .with("Lambda-Runtime-Deadline-Ms", deadline.to_string())
            .with("Lambda-Runtime-Invoked-Function-Arn", FUNCTION)
            .with("Content-Type", "application/json"),
    )
}

fn next(shared: &Shared) -> Option<(String, u128)> {
    let mut state = shared.lock();
    state.is_idle = true;
    state.ready_at.get_or_insert_with(Instant::now);
    shared.changed.notify_all();
    loop {
        if let Some(next) = state.waiting.pop_front() {
            return Some(next);
        }
        if state.is_over {
            return None;
        }
        state = shared.wait(state, STEP);
    }
}
