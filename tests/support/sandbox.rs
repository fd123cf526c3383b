//! A Lambda sandbox on this machine: a real function's process, and the Runtime API on loopback that it asks for events.

use std::fs::File;
use std::net::Ipv4Addr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// No invocation of a test lasts longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// A process that waits for events. Killed when dropped.
pub struct Sandbox {
    child: Arc<Mutex<Child>>,
    log: PathBuf,
    events: tokio::sync::mpsc::UnboundedSender<Invocation>,
    answers: mpsc::Receiver<Answer>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Invocation {
    event: String,
    deadline_ms: u128,
}

/// What became of an invocation.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// The function's answer.
    Done(String),
    /// The function's error, as it told the Runtime API.
    Failed(String),
    /// The process ended before it answered.
    Died,
}

impl Sandbox {
    /// Starts the process, with this environment beside Lambda's own and no other.
    pub fn start(program: &Path, environment: &[(String, String)], log: &Path) -> Self {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (events, waiting) = tokio::sync::mpsc::unbounded_channel();
        let (answer, answers) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let api = Arc::new(Api { waiting: tokio::sync::Mutex::new(waiting), answer });
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).unwrap();
                tokio::select! { () = accept(listener, api) => {}, _ = stopped => {} }
            });
        });
        let output = File::options().create(true).append(true).open(log).unwrap();
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "under-test")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output);
        // SAFETY: only one system call is made between fork and exec, and it allocates nothing.
        unsafe {
            command.pre_exec(|| Ok(nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)?));
        }
        let child = Arc::new(Mutex::new(command.spawn().unwrap()));
        Self { child, log: log.to_owned(), events, answers, stop: Some(stop), thread: Some(thread) }
    }

    /// What ends the process at once, from any thread.
    pub fn killer(&self) -> Arc<dyn Fn() + Send + Sync> {
        let child = self.child.clone();
        Arc::new(move || {
            let _ = child.lock().unwrap().kill();
        })
    }

    /// Whether the process is there.
    pub fn is_alive(&self) -> bool {
        matches!(self.child.lock().unwrap().try_wait(), Ok(None))
    }

    /// Sends an event and waits for what becomes of it.
    pub fn invoke(&self, event: &str, time: Duration) -> Answer {
        let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + time;
        let _ = self.events.send(Invocation { event: event.to_owned(), deadline_ms: deadline.as_millis() });
        let begun = Instant::now();
        loop {
            match self.answers.recv_timeout(Duration::from_millis(5)) {
                Ok(answer) => return answer,
                Err(_) if !self.is_alive() => return self.answers.try_recv().unwrap_or(Answer::Died),
                Err(_) => assert!(begun.elapsed() < PATIENCE, "no answer; its log:\n{}", self.said()),
            }
        }
    }

    /// The log of all processes so far.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        {
            let mut child = self.child.lock().unwrap();
            let _ = child.kill();
            let _ = child.wait();
        }
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Api {
    waiting: tokio::sync::Mutex<tokio::sync::mpsc::UnboundedReceiver<Invocation>>,
    answer: mpsc::Sender<Answer>,
}

async fn accept(listener: TcpListener, api: Arc<Api>) {
    while let Ok((stream, _)) = listener.accept().await {
        let api = api.clone();
        tokio::spawn(async move {
            let serve = service_fn(move |request| {
                let api = api.clone();
                async move { api.serve(request).await }
            });
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), serve).await;
        });
    }
}

impl Api {
    async fn serve(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
        let path = request.uri().path().to_owned();
        let answer = Response::builder();
        if request.method() == Method::GET && path.ends_with("/invocation/next") {
            let Some(Invocation { event, deadline_ms }) = self.waiting.lock().await.recv().await else {
                return Ok(answer.status(StatusCode::GONE).body(Full::default()).unwrap());
            };
            return Ok(answer
                .header("Lambda-Runtime-Aws-Request-Id", "00000000-0000-4000-8000-000000000000")
                .header("Lambda-Runtime-Deadline-Ms", deadline_ms.to_string())
                .header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:0:function:under-test")
                .body(Full::new(Bytes::from(event)))
                .unwrap());
        }
        let body = request.into_body().collect().await?.to_bytes();
        let text = String::from_utf8_lossy(&body).into_owned();
        let _ = self.answer.send(if path.ends_with("/response") { Answer::Done(text) } else { Answer::Failed(text) });
        Ok(answer.status(StatusCode::ACCEPTED).body(Full::default()).unwrap())
    }
}
