//! The wire: packets as the client's own device saw them, and when.

pub mod flows;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread;
use std::time::Duration;

use super::namespace::{Namespace, NamespaceError};

/// Why there is no capture.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// See there.
    #[error(transparent)]
    Namespace(#[from] NamespaceError),
    /// A program is not there or could not be talked to.
    #[error("cannot run `{program}` (package {program}): {reason}")]
    Program {
        /// Which.
        program: &'static str,
        /// What the system said.
        reason: io::Error,
    },
    /// A program ended with an error.
    #[error("`{program}` failed: {said}")]
    Failed {
        /// Which.
        program: &'static str,
        /// What it said.
        said: String,
    },
    /// Packets are missing: what is left proves nothing.
    #[error("the kernel dropped {0} packets before tcpdump saw them; the machine is too busy to be measured on")]
    Dropped(u64),
    /// A line that is not one of ours.
    #[error("tshark printed a line that cannot be read: {0}")]
    Line(String),
    /// One client port stands for two connections.
    #[error("client port {0} was used twice; what belongs to which exchange cannot be told")]
    Port(u16),
}

/// The longest that tcpdump lets the kernel gather packets, and some to spare.
const BLOCK: Duration = Duration::from_millis(1_200);

/// A running tcpdump.
#[derive(Debug)]
pub struct Capture {
    child: Child,
    said: BufReader<ChildStderr>,
}

impl Capture {
    /// Captures all TCP packets from and to `port` on a device of a namespace into `file`, from the moment this returns.
    ///
    /// # Errors
    /// See [`CaptureError`]; needs root and tcpdump.
    pub fn start(namespace: &Namespace, device: &str, port: u16, file: File) -> Result<Self, CaptureError> {
        let failed = |reason| CaptureError::Program { program: "tcpdump", reason };
        // The shell ends tcpdump when its standard input closes: when we say so, and also when we are killed.
        let mut command = Command::new("sh");
        command.args(["-c", "tcpdump \"$@\" </dev/null & cat >/dev/null; kill -TERM $!; wait $!", "tcpdump"]);
        // Written to our own open file, so that it does not matter to whom tcpdump gives up its rights.
        command.args(["-i", device, "-w", "-", "-U", "-s", "0", "-B", "65536", "--time-stamp-precision=nano"]);
        command.arg(format!("tcp port {port}"));
        command.stdin(Stdio::piped()).stdout(file).stderr(Stdio::piped());
        let mut child = namespace.inside(|| command.spawn())?.map_err(failed)?;
        let stderr = child.stderr.take().ok_or_else(|| failed(io::ErrorKind::BrokenPipe.into()))?;
        let mut capture = Self { child, said: BufReader::new(stderr) };
        let mut line = String::new();
        capture.said.read_line(&mut line).map_err(failed)?;
        if line.contains("listening on") {
            return Ok(capture);
        }
        drop(capture.child.stdin.take());
        let _ = capture.said.read_to_string(&mut line);
        Err(CaptureError::Failed { program: "tcpdump", said: line.trim().to_owned() })
    }

    /// Ends the capture: the file has every packet of before the call when this returns, a second and a bit later.
    ///
    /// # Errors
    /// `Dropped` when it is not.
    pub fn finish(mut self) -> Result<(), CaptureError> {
        // tcpdump takes packets from the kernel by the block, and a block may wait a second for more; one that waits when
        // tcpdump is ended is lost. Packet by packet would wake it for each, beside what is being measured.
        thread::sleep(BLOCK);
        drop(self.child.stdin.take());
        let mut summary = String::new();
        self.said
            .read_to_string(&mut summary)
            .and_then(|_| self.child.wait())
            .map_err(|reason| CaptureError::Program { program: "tcpdump", reason })?;
        match dropped(&summary) {
            Some(0) => Ok(()),
            Some(missing) => Err(CaptureError::Dropped(missing)),
            None => Err(CaptureError::Failed { program: "tcpdump", said: summary.trim().to_owned() }),
        }
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // Whatever the shell says now, the capture is over.
        let _ = self.child.wait();
    }
}

fn dropped(summary: &str) -> Option<u64> {
    let line = summary.lines().find(|line| line.ends_with("dropped by kernel"))?;
    line.split(' ').next()?.parse().ok()
}

/// Reads a capture with tshark, decrypting TLS with the secrets in `keys`: one line a packet, for [`flows::parse`].
///
/// # Errors
/// See [`CaptureError`]; needs tshark.
pub fn dissect(capture: &Path, keys: &Path, port: u16) -> Result<String, CaptureError> {
    let output = Command::new("tshark")
        .arg("-r")
        .arg(capture)
        .args(["-o", &format!("tls.keylog_file:{}", keys.display()), "-d", &format!("tcp.port=={port},tls")])
        // A header belongs to the packet that completes its record, not to the one that completes the body.
        .args(["-o", "http.desegment_body:FALSE", "-o", "http.desegment_headers:FALSE"])
        .args(["-T", "fields"])
        .args(flows::FIELDS.iter().flat_map(|field| ["-e", field]))
        .stdin(Stdio::null())
        .output()
        .map_err(|reason| CaptureError::Program { program: "tshark", reason })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(CaptureError::Failed { program: "tshark", said })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_the_kernel_dropped_are_counted() {
        let summary = "56 packets captured\n124 packets received by filter\n3 packets dropped by kernel\n";
        assert_eq!(dropped(summary), Some(3));
        assert_eq!(dropped("tcpdump: no such device"), None);
    }
}
