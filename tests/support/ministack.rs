//! AWS's wire protocols on loopback: a real ministack, one for all tests of a run.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::needs;

/// It starts in about two seconds on an idle machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running one.
pub struct Ministack {
    port: u16,
}

/// The one of this run, started by whoever asks first; `None` where it is not installed and `CI` is not set.
///
/// # Panics
/// When it does not start, or is missing under CI.
#[must_use]
pub fn ministack(test: &str) -> Option<&'static Ministack> {
    static RUNNING: OnceLock<Ministack> = OnceLock::new();
    let program = python(test, "ministack")?;
    Some(RUNNING.get_or_init(|| start(program)))
}

/// A program of the tests' own Python, which `tests/set_up` makes.
#[must_use]
pub fn python(test: &str, name: &str) -> Option<PathBuf> {
    let file = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.venv/bin")).join(name);
    needs::file(test, &file)
}

fn start(program: PathBuf) -> Ministack {
    let folder = tempfile::tempdir().expect("a folder for it").keep();
    let log = folder.join("log");
    // Free when asked for; nobody else on this machine asks for it in the moment between.
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|free| free.local_addr()).expect("a port").port();
    let (tell, told) = mpsc::channel();
    let output = log.clone();
    // The kernel ends it with the thread that started it: this one lives as long as the tests do.
    std::thread::spawn(move || {
        let output = File::create(&output).expect("a log");
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("BIND_HOST", "127.0.0.1")
            .env("MINISTACK_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            // Functions get it from here.
            .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
            .env("STATE_DIR", &folder)
            .env("HOME", &folder)
            .env("TMPDIR", &folder)
            .env("LOG_LEVEL", "WARNING")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .current_dir(&folder)
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("a log"))
            .stderr(output);
        // SAFETY: only one system call is made between fork and exec, and it allocates nothing.
        unsafe {
            command.pre_exec(|| Ok(nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGTERM)?));
        }
        let started = command.spawn();
        let _ = tell.send(started.as_ref().map(|_| ()).map_err(ToString::to_string));
        if let Ok(mut child) = started {
            let _ = child.wait();
        }
    });
    told.recv().expect("an answer").expect("ministack starts");
    let begun = Instant::now();
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        let said = || std::fs::read_to_string(&log).unwrap_or_default();
        assert!(begun.elapsed() < PATIENCE, "ministack does not answer; it said:\n{}", said());
        std::thread::sleep(Duration::from_millis(50));
    }
    Ministack { port }
}

/// An account of its own: what one test makes no other sees.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    port: u16,
    number: u64,
}

impl Ministack {
    /// An account nobody has used.
    pub fn account(&self) -> Account {
        static NEXT: AtomicU64 = AtomicU64::new(100_000_000_001);
        Account { port: self.port, number: NEXT.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Account {
    /// One that no ministack stands behind, for clients of a fake.
    #[must_use]
    pub fn nobody() -> Self {
        Self { port: 9, number: 100_000_000_000 }
    }

    /// Twelve digits; also the access key, by which ministack tells accounts apart.
    #[must_use]
    pub fn id(&self) -> String {
        self.number.to_string()
    }

    /// The port behind all of it.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where all services are.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What a program needs in its environment to find it, and to ask nobody else.
    #[must_use]
    pub fn environment(&self, region: &str) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", self.endpoint()),
            ("AWS_ACCESS_KEY_ID", self.id()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_REGION", region.to_owned()),
            ("AWS_DEFAULT_REGION", region.to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
        ]
    }

    /// The same for clients within the tests.
    #[must_use]
    pub fn config(&self, region: &str) -> aws_config::SdkConfig {
        let credentials = aws_credential_types::Credentials::new(self.id(), "test", None, None, "tests");
        aws_config::SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .http_client(parallax::adapters::aws::connection::http())
            .endpoint_url(self.endpoint())
            .region(aws_config::Region::new(region.to_owned()))
            .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(credentials))
            .build()
    }
}
