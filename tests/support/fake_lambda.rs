//! A Lambda sandbox on loopback: the Runtime API for one function, which is frozen and thawed as Lambda does it, and
//! killed at its time-out. Metadata, telemetry and extensions are not there.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A function on a busy machine takes its time; nobody waits longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// A sandbox with a function in it.
pub struct FakeLambda {
    shared: Arc<Shared>,
    child: Child,
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

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Payload and deadline of what is to be invoked.
    waiting: VecDeque<(String, u128)>,
    /// The function has asked for its next invocation.
    is_idle: bool,
    /// When it did so for the first time.
    ready_at: Option<Instant>,
    ended: Option<Ended>,
    lines: Vec<String>,
    is_over: bool,
}

impl FakeLambda {
    /// Starts a program as a function of 1769 MB; `variables` beside those that Lambda sets.
    pub fn start(program: &Path, region: &str, variables: &[(&str, String)]) -> Self {
        Self::start_by(Command::new(program), region, variables)
    }

    /// Starts a command as a function.
    pub fn start_by(mut command: Command, region: &str, variables: &[(&str, String)]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared::default());
        let state = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if state.state.lock().expect("a state").is_over {
                    return;
                }
                let (Ok(stream), state) = (stream, state.clone()) else { continue };
                thread::spawn(move || drop(serve(stream, &state)));
            }
        });
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "parallax-probe")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", format!("2026/11/24/[$LATEST]{:032x}", address.port()))
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .env("AWS_REGION", region)
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut child = command.spawn().expect("the function starts");
        let output = child.stdout.take().expect("its output");
        let heard = shared.clone();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                heard.state.lock().expect("a state").lines.push(line);
                heard.changed.notify_all();
            }
        });
        Self { shared, child }
    }

    /// The function's process.
    #[must_use]
    pub fn process(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).expect("a process id"))
    }

    /// Waits until it asks for an invocation; when it did so for the first time.
    pub fn ready(&self) -> Instant {
        self.wait("the function does not ask for an invocation", |state| state.ready_at.filter(|_| state.is_idle))
    }

    /// Invokes it, thawed where it was frozen, and kills it when the time-out comes first.
    pub fn invoke(&mut self, payload: &str, time_out: Duration) -> Ended {
        self.invoke_and_kill(payload, time_out, time_out)
    }

    /// The same, and kills it earlier than it was told.
    pub fn invoke_and_kill(&mut self, payload: &str, time_out: Duration, killed_after: Duration) -> Ended {
        self.ready();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock");
        {
            let mut state = self.shared.state.lock().expect("a state");
            state.ended = None;
            state.is_idle = false;
            state.waiting.push_back((payload.to_owned(), (now + time_out).as_millis()));
        }
        self.thaw();
        self.shared.changed.notify_all();
        let begun = Instant::now();
        let mut state = self.shared.state.lock().expect("a state");
        loop {
            if let Some(ended) = state.ended.clone() {
                return ended;
            }
            let left = killed_after.saturating_sub(begun.elapsed());
            if left.is_zero() {
                drop(state);
                self.kill();
                return Ended::Killed;
            }
            state = self.shared.changed.wait_timeout(state, left).expect("a state").0;
        }
    }

    /// Freezes it once it has nothing to do, as Lambda does between invocations.
    pub fn freeze(&self) {
        self.ready();
        kill(self.process(), Signal::SIGSTOP).expect("it runs");
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        let _ = kill(self.process(), Signal::SIGCONT);
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits until it has ended by itself; its exit status.
    pub fn exit(&mut self) -> Option<i32> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Ok(Some(status)) = self.child.try_wait() {
                return status.code();
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("the function does not end");
    }

    /// What it wrote so far, once there are so many lines.
    pub fn lines(&self, count: usize) -> Vec<String> {
        self.wait("the function does not say as much", |state| {
            (state.lines.len() >= count).then(|| state.lines.clone())
        })
    }

    fn wait<T>(&self, what: &str, done: impl Fn(&State) -> Option<T>) -> T {
        let begun = Instant::now();
        let mut state = self.shared.state.lock().expect("a state");
        loop {
            if let Some(done) = done(&state) {
                return done;
            }
            assert!(begun.elapsed() < PATIENCE, "{what}; it said {:?}", state.lines);
            state = self.shared.changed.wait_timeout(state, Duration::from_millis(200)).expect("a state").0;
        }
    }
}

impl Drop for FakeLambda {
    fn drop(&mut self) {
        self.kill();
        if let Ok(mut state) = self.shared.state.lock() {
            state.is_over = true;
        }
        self.shared.changed.notify_all();
    }
}

/// Serves one connection of the function to the Runtime API.
fn serve(stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut answers = stream.try_clone()?;
    let mut requests = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if requests.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut length = 0;
        loop {
            let mut header = String::new();
            requests.read_line(&mut header)?;
            match header.trim().split_once(':') {
                None => break,
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse().unwrap_or(0);
                }
                Some(_) => {}
            }
        }
        let mut body = vec![0; length];
        requests.read_exact(&mut body)?;
        let body = String::from_utf8_lossy(&body).into_owned();
        let answer = if path.ends_with("/invocation/next") {
            let Some((payload, deadline)) = next(shared) else { return Ok(()) };
            format!(
                "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
                 Lambda-Runtime-Deadline-Ms: {deadline}\r\nLambda-Runtime-Invoked-Function-Arn: \
                 arn:aws:lambda:eu-west-1:123456789012:function:parallax-probe\r\nContent-Type: application/json\r\n\
                 Content-Length: {}\r\n\r\n{payload}",
                payload.len()
            )
        } else {
            let ended = if path.ends_with("/response") { Ended::Answered(body) } else { Ended::Failed(body) };
            shared.state.lock().expect("a state").ended = Some(ended);
            "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n".to_owned()
        };
        answers.write_all(answer.as_bytes())?;
        shared.changed.notify_all();
    }
}

fn next(shared: &Shared) -> Option<(String, u128)> {
    let mut state = shared.state.lock().expect("a state");
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
        state = shared.changed.wait_timeout(state, Duration::from_millis(200)).expect("a state").0;
    }
}
