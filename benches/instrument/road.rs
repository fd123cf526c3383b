//! Where the packets go: loopback, or a path of 20 ms; either in networks of its own, where nothing else runs.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use parallax::lab::capture::flows::{self, Flow};
use parallax::lab::capture::{self, Capture, CaptureError};
use parallax::lab::delaybox::{Account, DEVICE, DelayBox, FAR};
use parallax::lab::namespace::Namespace;
use parallax::lab::site::{Options, Site};

use crate::spread::Spread;

/// Half of 20 ms.
pub const ONE_WAY: Duration = Duration::from_millis(10);
/// The kernel may give two of the exchanges one port, and then nobody can tell them apart: all are made again.
const TRIES: u32 = 8;

/// A client's network, a server's, and what is between them.
pub struct Road {
    /// As the tables call it.
    pub name: &'static str,
    /// Where the client is.
    pub near: Arc<Namespace>,
    /// Where the server is.
    pub far: Arc<Namespace>,
    device: &'static str,
    server: Ipv4Addr,
    delay: Option<DelayBox>,
}

impl Road {
    /// Client and server in one network.
    pub fn loopback() -> anyhow::Result<Self> {
        let both = Arc::new(Namespace::create()?);
        let server = Ipv4Addr::LOCALHOST;
        Ok(Self { name: "loopback", near: Arc::clone(&both), far: both, device: "lo", server, delay: None })
    }

    /// Two networks, a delay box between them.
    pub fn delayed(one_way: Duration) -> anyhow::Result<Self> {
        let (near, far) = (Arc::new(Namespace::create()?), Arc::new(Namespace::create()?));
        let delay = Some(DelayBox::between(&near, &far, one_way)?);
        Ok(Self { name: "20 ms path", near, far, device: DEVICE, server: FAR, delay })
    }

    /// Packets are held on it.
    pub fn is_slow(&self) -> bool {
        self.delay.is_some()
    }

    /// Where a server listens: any free port.
    pub fn server(&self) -> SocketAddr {
        (self.server, 0).into()
    }

    /// The page of 60 KB over HTTPS, at the far end.
    pub fn site(&self) -> anyhow::Result<Site> {
        let options = Options { address: self.server, redirect: false, ..Options::default() };
        Ok(self.far.inside(|| Site::start(options))??)
    }

    /// Runs `work` while the packets of one server port are captured at the client's device, and tells both.
    pub fn captured<T>(
        &self,
        port: u16,
        keys: &Path,
        mut work: impl FnMut() -> anyhow::Result<T>,
    ) -> anyhow::Result<(T, BTreeMap<u16, Flow>)> {
        let mut left = TRIES;
        loop {
            match self.captured_once(port, keys, &mut work) {
                Err(error) if left > 1 && matches!(error.downcast_ref(), Some(CaptureError::Port(_))) => left -= 1,
                ended => return ended,
            }
        }
    }

    fn captured_once<T>(
        &self,
        port: u16,
        keys: &Path,
        work: &mut impl FnMut() -> anyhow::Result<T>,
    ) -> anyhow::Result<(T, BTreeMap<u16, Flow>)> {
        let file = tempfile::Builder::new().prefix("parallax-").suffix(".pcap").tempfile()?;
        let capture = Capture::start(&self.near, self.device, port, File::options().write(true).open(file.path())?)?;
        let done = work()?;
        capture.finish()?;
        Ok((done, flows::parse(&capture::dissect(file.path(), keys, port)?, port)?))
    }

    /// Runs a command at the client's end, to its end.
    pub fn run_near(&self, mut command: Command) -> anyhow::Result<Output> {
        command.stdin(Stdio::null()).stderr(Stdio::inherit()).stdout(Stdio::piped());
        let output = self.near.inside(|| command.output())?.context("start the measuring process")?;
        ensure!(output.status.success(), "the measuring process ended with {}", output.status);
        Ok(output)
    }

    /// Takes the road down, and says what the box really did.
    pub fn finish(self) -> Option<String> {
        let account = self.delay?.finish();
        Some(told(&account))
    }
}

fn told(account: &Account) -> String {
    let excess = account.passages.iter().map(|passage| (passage.held.as_secs_f64() - ONE_WAY.as_secs_f64()) * 1_000.0);
    let shown = |spread: Spread| [50, 95, 99].map(|percent| format!("{:.3}", spread.at(percent))).join(" ");
    let spread = Spread::of(excess.collect()).map_or_else(|| "no packets".to_owned(), shown);
    format!(
        "the box held {} packets for {} ms each, and longer by {spread} ms (p50 p95 p99); {} lost; real-time priority: {}",
        account.passages.len(),
        ONE_WAY.as_millis(),
        account.lost,
        account.realtime,
    )
}
