//! Our probe, curl and blackbox_exporter side by side, alone and while two programs want both processors: what the kernel's stamps say
//! stays, and what programs see of it does not.

use std::collections::BTreeMap;
use std::env;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use parallax::lab::capture::flows::{Flow, WireTime};

use crate::bound::bound;
use crate::figures;
use crate::measure::{self, Exchange, Job};
use crate::road::Road;
use crate::wire;

const ROUNDS: usize = 100;
/// How many want the two processors.
pub const HOGS: usize = 2;
/// In milliseconds, at the 90th percentile.
const OFF: f64 = 0.1;
/// Announces a hog on the command line.
const HOG: &str = "--hog";
/// No hog outlives its benchmark for longer.
const HOG_MAX: Duration = Duration::from_secs(120);
/// The Debian package's name is also its program's.
const EXPORTER: &str = "prometheus-blackbox-exporter";
const MODULE: &str = "modules:\n  page: {prober: http, timeout: 10s, http: {preferred_ip_protocol: ip4, tls_config: {insecure_skip_verify: true}}}\n";

/// Works for nothing, where that was asked for.
pub fn hog() -> bool {
    let asked = env::args().any(|argument| argument == HOG);
    let start = Instant::now();
    while asked && start.elapsed() < HOG_MAX {
        std::hint::spin_loop();
    }
    asked
}

/// A process that ends with this value.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Beside so many hogs; whether the bounds were kept.
pub fn run(road: &Road, count: usize) -> anyhow::Result<bool> {
    let site = road.site()?;
    let keys = tempfile::Builder::new().prefix("parallax-").suffix(".keys").tempfile()?;
    let job = Job {
        url: site.url("/page"),
        authority: site.authority_path().to_owned(),
        rounds: ROUNDS,
        curl: true,
        pause: Duration::from_millis(10),
        work: Duration::ZERO,
    };
    let program = env::current_exe()?;
    let exporter = Exporter::start(road)?;
    let mut hogs = Vec::new();
    let ((told, probes), flows) = road.captured(site.address().port(), keys.path(), || {
        for _ in 0..count {
            hogs.push(Ended(Command::new(&program).arg(HOG).stdin(Stdio::null()).stdout(Stdio::null()).spawn()?));
        }
        let mut command = Command::new(&program);
        command.args(job.arguments()?).env("SSLKEYLOGFILE", keys.path());
        let told = measure::told(&road.run_near(command)?.stdout)?;
        let probes = exporter.probe(road, job.url.as_str())?;
        for hog in &mut hogs {
            ensure!(hog.0.try_wait()?.is_none(), "a spinning program ended before the probes did");
        }
        hogs.clear();
        Ok((told, probes))
    })?;
    figures::head();
    let mut kept = true;
    for (by_curl, method) in [(false, "fresh"), (true, "curl")] {
        for quantity in &wire::QUANTITIES {
            let differences = wire::differences(&told, &flows, by_curl, quantity)?;
            let spread = figures::row(&format!("{method}: {}", quantity.name), &differences);
            if !by_curl && quantity.is_stamped {
                let p90 = spread.filter(|spread| spread.count() == ROUNDS).map(|spread| spread.at(90));
                kept &= bound(&format!("fresh: {}, p90", quantity.name), p90, OFF, " ms");
            }
        }
    }
    let flows = others(flows, &told);
    ensure!(flows.len() == probes.len(), "{} probes and {} connections", probes.len(), flows.len());
    for (name, of, end) in SHOWN {
        let differences = probes
            .iter()
            .zip(&flows)
            .filter_map(|(probe, flow)| Some(figures::off(of(probe), end(flow)?.saturating_sub(flow.syn?))));
        figures::row(&format!("blackbox_exporter: {name}"), &differences.collect::<Vec<f64>>());
    }
    Ok(kept)
}

/// Connections that are in no exchange, in the order in which they were opened.
fn others(mut flows: BTreeMap<u16, Flow>, told: &[Exchange]) -> Vec<Flow> {
    // Exchanges that were not counted came before the first that was.
    let from = told.iter().filter_map(|seen| flows.get(&seen.port)?.syn).max();
    told.iter().for_each(|seen| drop(flows.remove(&seen.port)));
    let mut others: Vec<Flow> = flows.into_values().filter(|flow| flow.syn > from).collect();
    others.sort_by_key(|flow| flow.syn);
    others
}

/// What the exporter says of one probe.
struct Probe {
    connect: Duration,
    /// From the beginning of connecting to the last byte.
    total: Duration,
}

type Shown = (&'static str, fn(&Probe) -> Duration, fn(&Flow) -> Option<WireTime>);

const SHOWN: [Shown; 2] =
    [("connect", |probe| probe.connect, |flow| flow.syn_ack), ("connect to transfer", |probe| probe.total, page_end)];

/// A record of TLS 1.3 that says that the connection closes. It answers the client's, a round trip after the page.
const CLOSING: u64 = 24;

/// The exporter tells no secrets, so what came last is known by its size.
fn page_end(flow: &Flow) -> Option<WireTime> {
    let before = |place: usize| place.checked_sub(1).map_or(0, |before| flow.arrivals[before].0);
    let ends =
        flow.arrivals.iter().enumerate().rfind(|(place, (count, _))| count.saturating_sub(before(*place)) > CLOSING);
    ends.map(|(_, (_, at))| *at)
}

/// The real blackbox_exporter, at the client's end.
struct Exporter {
    _running: Ended,
    _settings: tempfile::NamedTempFile,
    address: SocketAddr,
}

impl Exporter {
    fn start(road: &Road) -> anyhow::Result<Self> {
        let mut settings = tempfile::Builder::new().prefix("parallax-").suffix(".yml").tempfile()?;
        settings.write_all(MODULE.as_bytes())?;
        let address =
            road.near.inside(|| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|free| free.local_addr()))??;
        let mut command = Command::new(EXPORTER);
        command.arg(format!("--web.listen-address={address}"));
        command.arg(format!("--config.file={}", settings.path().display()));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let running = Ended(road.near.inside(|| command.spawn())?.context("start blackbox_exporter")?);
        for _ in 0..100 {
            if road.near.inside(|| TcpStream::connect(address))?.is_ok() {
                return Ok(Self { _running: running, _settings: settings, address });
            }
            thread::sleep(Duration::from_millis(100));
        }
        anyhow::bail!("blackbox_exporter does not listen")
    }

    fn probe(&self, road: &Road, url: &str) -> anyhow::Result<Vec<Probe>> {
        (0..ROUNDS).map(|_| self.once(road, url)).collect()
    }

    fn once(&self, road: &Road, url: &str) -> anyhow::Result<Probe> {
        thread::sleep(Duration::from_millis(10));
        let answer = road.near.inside(|| {
            let mut stream = TcpStream::connect(self.address)?;
            write!(stream, "GET /probe?module=page&target={url} HTTP/1.0\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).map(|_| answer)
        })??;
        let phase = |name: &str| {
            let prefix = format!("probe_http_duration_seconds{{phase=\"{name}\"}} ");
            let line = answer.lines().find_map(|line| line.strip_prefix(prefix.as_str()));
            let seconds = line.with_context(|| format!("blackbox_exporter does not tell `{name}`: {answer}"))?;
            Ok::<_, anyhow::Error>(Duration::try_from_secs_f64(seconds.parse()?)?)
        };
        let connect = phase("connect")?;
        Ok(Probe { connect, total: connect + phase("tls")? + phase("processing")? + phase("transfer")? })
    }
}
