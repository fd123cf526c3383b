//! A server that runs as long as whoever started it does, as nobody in particular, and ends with them whatever ends them.

use std::fs::File;
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::MonitorError;

/// Servers start in seconds on an idle machine, and this one may be busy.
const PATIENCE: Duration = Duration::from_secs(180);
/// How often it is looked whether something has come about.
const STEP: Duration = Duration::from_millis(50);
/// Whom servers run as that refuse to be root: Debian's `nobody`.
pub const NOBODY: u32 = 65_534;
/// So much of a log is shown.
const TAIL: usize = 600;

/// A folder of this name that servers may write to; those above it must be open to them.
///
/// # Errors
/// It cannot be made.
pub fn folder(below: &Path, name: &str) -> Result<PathBuf, MonitorError> {
    let folder = below.join(name);
    std::fs::create_dir_all(&folder).map_err(MonitorError::io("make a folder for a server"))?;
    if nix::unistd::geteuid().is_root() {
        let given = std::os::unix::fs::chown(&folder, Some(NOBODY), Some(NOBODY));
        given.map_err(MonitorError::io("give a folder to a server"))?;
    }
    Ok(folder)
}

/// A program to be run in a folder of its own, as nobody where this is root.
#[must_use]
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

/// Runs it to its end, and gives what it said.
///
/// # Errors
/// It cannot be started, or ends otherwise than well.
pub fn finish(mut command: Command, tool: &'static str) -> Result<String, MonitorError> {
    let output = command.output().map_err(MonitorError::io("start a program"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    Err(MonitorError::Foreign { tool, said: text(&output.stderr).trim().replace('\n', " | ") })
}

/// A server at work. All of its processes are killed when this is dropped, and when whoever started it ends.
#[derive(Debug)]
pub struct Daemon {
    shell: Child,
    log: PathBuf,
    ended: PathBuf,
}

/// Runs a server in a group of its own, and kills the group once nobody holds the other end of the shell's input: Zabbix,
/// asked to end, would first wait for a database that ends, too.
const SHELL: &str = r#"{ "$@"; : >"$0"; } & read -r _; kill -KILL 0"#;

impl Daemon {
    /// Starts it; what it says goes to this file of its folder.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(server: &Command, folder: &Path, log: &str) -> Result<Self, MonitorError> {
        let (log, ended) = (folder.join(log), folder.join(format!("{log}.ended")));
        let output = File::create(&log).map_err(MonitorError::io("make a log"))?;
        let again = output.try_clone().map_err(MonitorError::io("make a log"))?;
        let mut shell = command(Path::new("/bin/sh"), folder);
        shell.args(["-c", SHELL]).arg(&ended).arg(server.get_program()).args(server.get_args());
        shell.stdin(Stdio::piped()).stdout(again).stderr(output).process_group(0);
        let shell = shell.spawn().map_err(MonitorError::io("start a server"))?;
        Ok(Self { shell, log, ended })
    }

    /// Waits until something holds.
    ///
    /// # Errors
    /// It ended before, or is slower than anyone waits; with the end of its log.
    pub fn until(&self, what: &'static str, mut holds: impl FnMut() -> bool) -> Result<(), MonitorError> {
        let begun = Instant::now();
        while !holds() {
            let how = match (self.ended.exists(), begun.elapsed() > PATIENCE) {
                (true, _) => ", since its server ended",
                (_, true) => " in three minutes",
                _ => {
                    std::thread::sleep(STEP);
                    continue;
                }
            };
            return Err(MonitorError::Waited { what, how, said: self.tail() });
        }
        Ok(())
    }

    fn tail(&self) -> String {
        let said = std::fs::read_to_string(&self.log).unwrap_or_default();
        let from = said.char_indices().rev().nth(TAIL).map_or(0, |(at, _)| at);
        said[from..].trim().replace('\n', " | ")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        // It kills itself, too; there is nothing to be done about one that cannot be waited for.
        let _ = self.shell.wait();
    }
}

/// Whether something listens there.
#[must_use]
pub fn listens(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}
