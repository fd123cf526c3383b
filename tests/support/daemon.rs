//! Servers that run as long as the tests do, as the lab runs them: their folders and ports, where nothing is their own.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU16, Ordering};

use parallax::lab::monitor::daemon::{self, Daemon};

/// A folder that they may write to. It outlives the tests, since they do, by a moment; the next run removes it.
pub fn folder(name: &str) -> PathBuf {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let prefix = format!("parallax-{name}-");
    sweep(&prefix);
    let own = format!("{prefix}{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    daemon::folder(&std::env::temp_dir(), &own).unwrap()
}

/// Removes folders whose owners, processes that ran these tests, are gone.
fn sweep(prefix: &str) {
    for folder in std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = folder.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(prefix)?.split('-').next()?.parse::<u32>().ok());
        if owner.is_some_and(|owner| !Path::new(&format!("/proc/{owner}")).exists()) {
            let _ = std::fs::remove_dir_all(folder.path());
        }
    }
}

/// Starts one; what it says goes to this file of its folder.
pub fn start(server: &Command, folder: &Path, log: &str) -> Daemon {
    Daemon::start(server, folder, log).unwrap()
}

/// Free when asked for; nobody else on this machine asks for it in the moment between. Below those that the system gives
/// to whoever asks for any, which Zabbix takes for a mistake.
pub fn port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 20_000 + (std::process::id() % 10_000) as u16;
    loop {
        let port = first + NEXT.fetch_add(1, Ordering::Relaxed) % 2_000;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

/// Whether what listens there answers this question so.
pub fn says(port: u16, path: &str, status: &str) -> bool {
    let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { return false };
    let mut answer = String::new();
    let asked = write!(stream, "GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n");
    asked.and_then(|()| stream.read_to_string(&mut answer)).is_ok()
        && answer.lines().next().is_some_and(|line| line.ends_with(status))
}
