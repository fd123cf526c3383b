//! A program that runs as long as the tests do, as nobody in particular, and ends with them whatever happens.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// Servers start in seconds on an idle machine, and this one may be busy.
const PATIENCE: Duration = Duration::from_secs(180);

/// Whom servers run as that refuse to be root: Debian's `nobody`, where the tests are root.
const NOBODY: u32 = 65_534;

/// A folder that they may write to. It outlives the tests, since they do, by a moment; the next run removes it.
pub fn folder(name: &str) -> PathBuf {
    let prefix = format!("parallax-{name}-");
    sweep(&prefix);
    let folder = tempfile::Builder::new().prefix(&prefix).tempdir().expect("a folder").keep();
    std::fs::write(folder.join(OWNER), std::process::id().to_string()).expect("a note");
    give(&folder);
    folder
}

/// Whose folder it is: a process that ran these tests.
const OWNER: &str = "owner";

/// Removes folders whose owners are gone.
fn sweep(prefix: &str) {
    let folders = std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().filter_map(Result::ok);
    for folder in folders.filter(|one| one.file_name().to_string_lossy().starts_with(prefix)).map(|one| one.path()) {
        let owner = std::fs::read_to_string(folder.join(OWNER)).ok().and_then(|note| note.parse::<u32>().ok());
        if owner.is_some_and(|owner| !Path::new(&format!("/proc/{owner}")).exists()) {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// Makes it theirs.
pub fn give(path: &Path) {
    if nix::unistd::geteuid().is_root() {
        std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).expect("a change of owner");
    }
}

/// A program to be run as nobody, in a folder of theirs.
pub fn command(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder)
        .env("TMPDIR", folder)
        .env("LC_ALL", "C.UTF-8")
        .current_dir(folder)
        .stdin(Stdio::null());
    if nix::unistd::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

/// A server at work. All of its processes are killed when this is dropped, and when the tests end, however they end.
pub struct Running {
    shell: Child,
    log: PathBuf,
    ended: PathBuf,
}

/// Runs a server in a group of its own, and kills the group once nobody holds the other end of the shell's input: Zabbix,
/// asked to end, would first wait for a database that ends, too.
const SHELL: &str = r#"{ "$@"; : >"$0"; } & read -r _; kill -KILL 0"#;

/// Starts it; what it says goes to this file of its folder.
pub fn start(server: &Command, folder: &Path, log: &str) -> Running {
    let (log, ended) = (folder.join(log), folder.join(format!("{log}.ended")));
    let output = File::create(&log).expect("a log");
    let mut shell = command(Path::new("/bin/sh"), folder);
    shell.args(["-c", SHELL]).arg(&ended).arg(server.get_program()).args(server.get_args());
    shell.stdin(Stdio::piped()).stdout(output.try_clone().expect("a log")).stderr(output).process_group(0);
    Running { shell: shell.spawn().expect("it starts"), log, ended }
}

impl Running {
    /// Waits until something holds; what the server said is shown where it never does.
    pub fn until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !holds() {
            let said = || std::fs::read_to_string(&self.log).unwrap_or_default();
            assert!(!self.ended.exists(), "{what} is still to come, and it ended; its log says:\n{}", said());
            assert!(begun.elapsed() < PATIENCE, "{what} is still to come; the log says:\n{}", said());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

/// Free when asked for; nobody else on this machine asks for it in the moment between. Below those that the system gives
/// to whoever asks for any, which Zabbix takes for a mistake.
pub fn port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 20_000 + (std::process::id() % 10_000) as u16;
    loop {
        let port = first + NEXT.fetch_add(1, Ordering::Relaxed) % 2_000;
        if std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

/// Whether something listens there.
pub fn listens(port: u16) -> bool {
    std::net::TcpStream::connect((std::net::Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Whether what listens there answers this question so.
pub fn says(port: u16, path: &str, status: &str) -> bool {
    let Ok(mut stream) = std::net::TcpStream::connect((std::net::Ipv4Addr::LOCALHOST, port)) else { return false };
    let mut answer = String::new();
    let asked = write!(stream, "GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n");
    asked.and_then(|()| stream.read_to_string(&mut answer)).is_ok()
        && answer.lines().next().is_some_and(|line| line.ends_with(status))
}
