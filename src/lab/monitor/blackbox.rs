//! The real `blackbox_exporter`: a server beside the vantage that probes the page whenever it is asked, as Prometheus asks it.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::daemon::{self, Daemon};
use super::{MonitorError, Need};
use crate::adapters::clock;
use crate::adapters::identifier::sample_id;
use crate::adapters::import::mapping::Origin;
use crate::adapters::import::prometheus::answer::Series;
use crate::adapters::import::prometheus::blackbox::{METRICS, Probes, scrapes};
use crate::adapters::import::total::Total;
use crate::measurement::identity::{Method, NameError, Stopwatch, TargetId, Vantage};
use crate::measurement::units::Micros;
use crate::measurement::wire::Record;

/// The program.
pub const EXPORTER: Need = Need { what: "prometheus-blackbox-exporter", package: "prometheus-blackbox-exporter" };

const TOOL: &str = "blackbox_exporter";
/// In a network of its own, where nobody else has one.
const PORT: u16 = 9_115;
/// How long one probe may take.
const LIMIT: Duration = Duration::from_secs(30);

/// What is asked of it.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The page.
    pub url: &'a str,
    /// Certificates are checked.
    pub verify: bool,
    /// By these authorities.
    pub authorities: &'a Path,
    /// The page may be compressed.
    pub gzip: bool,
}

/// A running one.
#[derive(Debug)]
pub struct Exporter {
    /// Ended with it.
    _running: Daemon,
    question: String,
    origin: Origin,
    probes: Probes,
}

impl Exporter {
    /// Starts one whose files are below this folder.
    ///
    /// # Errors
    /// See [`MonitorError`].
    pub fn start(
        below: &Path,
        wanted: &Wanted<'_>,
        target: &TargetId,
        vantage: &Vantage,
    ) -> Result<Self, MonitorError> {
        let program = EXPORTER.find()?;
        let folder = daemon::folder(below, "blackbox")?;
        let settings = folder.join("blackbox.json");
        std::fs::write(&settings, module(wanted)).map_err(MonitorError::io("write the exporter's settings"))?;
        let mut command = daemon::command(&program, &folder);
        command.arg(format!("--web.listen-address=127.0.0.1:{PORT}"));
        command.arg(format!("--config.file={}", settings.display()));
        let running = Daemon::start(&command, &folder, "exporter.log")?;
        running.until("a port of the exporter", || daemon::listens(PORT))?;
        let page: String = url::form_urlencoded::byte_serialize(wanted.url.as_bytes()).collect();
        let own = |error: NameError| MonitorError::Foreign { tool: TOOL, said: error.to_string() };
        let origin = Origin {
            target: target.clone(),
            vantage: vantage.clone(),
            method: Method::Imported(TOOL.to_owned()),
            stopwatch: Stopwatch::new("blackbox_exporter/probe_duration_seconds").map_err(own)?,
            tool_version: version(&ask("/metrics")?),
            probe_version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        Ok(Self {
            _running: running,
            question: format!("/probe?module=page&target={page}"),
            origin,
            probes: Probes::default(),
        })
    }

    /// Has it probe once.
    ///
    /// # Errors
    /// It does not answer, or not as a prober of pages.
    pub fn measure(&mut self) -> Result<Record, MonitorError> {
        let at = clock::wall();
        let said = ask(&self.question)?;
        let foreign = |said: String| MonitorError::Foreign { tool: TOOL, said };
        let found = scrapes(&series(&said, at.0).map_err(foreign)?);
        let scrape = found.into_values().next().unwrap_or_default();
        let probe = self.probes.next(at, scrape).map_err(foreign)?;
        let probe = probe.ok_or_else(|| foreign("no new probe_duration_seconds".to_owned()))?;
        let elapsed = Micros((probe.seconds * 1e6) as u64);
        let total = Total { id: sample_id(), slot: None, started: at, elapsed, outcome: probe.outcome };
        Ok(total.record(&self.origin))
    }
}

/// YAML holds JSON.
fn module(wanted: &Wanted<'_>) -> String {
    let mut http = json!({
        "preferred_ip_protocol": "ip4",
        "tls_config": { "insecure_skip_verify": !wanted.verify, "ca_file": wanted.authorities },
    });
    if wanted.gzip {
        http["compression"] = "gzip".into();
        http["headers"] = json!({ "Accept-Encoding": "gzip" });
    }
    json!({ "modules": { "page": { "prober": "http", "timeout": format!("{}s", LIMIT.as_secs()), "http": http } } })
        .to_string()
}

/// What it answers to a path.
fn ask(path: &str) -> Result<String, MonitorError> {
    let io = |what| MonitorError::io(what);
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, PORT)).map_err(io("reach the exporter"))?;
    stream.set_read_timeout(Some(LIMIT + Duration::from_secs(5))).map_err(io("wait for the exporter"))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n").map_err(io("ask the exporter"))?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(io("read what the exporter says"))?;
    match answer.split_once("\r\n\r\n") {
        Some((head, body)) if head.lines().next().is_some_and(|line| line.ends_with(" 200 OK")) => Ok(body.to_owned()),
        _ => Err(MonitorError::Foreign { tool: TOOL, said: answer.lines().next().unwrap_or("nothing").to_owned() }),
    }
}

/// Its metrics as Prometheus would keep them.
fn series(said: &str, at_ms: i64) -> Result<Vec<Series>, String> {
    let known = said.lines().filter_map(|line| line.split_once(' ')).filter(|(name, _)| METRICS.contains(name));
    let known: Vec<_> = known
        .map(|(name, value)| {
            let metric: BTreeMap<&str, &str> = BTreeMap::from([("__name__", name)]);
            json!({ "metric": metric, "values": [[at_ms as f64 / 1_000.0, value.trim()]] })
        })
        .collect();
    serde_json::from_value(known.into()).map_err(|error| error.to_string())
}

/// `blackbox_exporter_build_info{…,version="0.23.0"} 1`.
fn version(metrics: &str) -> Option<String> {
    let line = metrics.lines().find(|line| line.starts_with("blackbox_exporter_build_info{"))?;
    let version = line.split_once(",version=\"")?.1.split('"').next()?;
    (!version.is_empty() && version.len() <= 32).then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_probe_says_is_a_scrape_and_its_version_is_known() {
        let said = "# HELP probe_success x\nprobe_success 1\nprobe_http_status_code 200\nprobe_duration_seconds 0.012345678\n\
                    probe_http_duration_seconds{phase=\"tls\"} 0.004\n";
        let found = scrapes(&series(said, 1_700_000_000_123).unwrap());
        let (at, scrape) = found.into_iter().next().unwrap();
        let probe = Probes::default().next(at, scrape).unwrap().unwrap();
        assert!((probe.seconds - 0.012_345_678).abs() < 1e-12 && probe.outcome.is_good());
        let info =
            "blackbox_exporter_build_info{branch=\"b\",goversion=\"go1.19\",revision=\"r\",version=\"0.23.0\"} 1";
        assert_eq!(version(info).as_deref(), Some("0.23.0"));
        assert_eq!(version("nothing"), None);
    }

    #[test]
    fn a_module_says_what_is_wanted() {
        let wanted = Wanted { url: "https://x/", verify: false, authorities: Path::new("/a.pem"), gzip: true };
        let module: serde_json::Value = serde_json::from_str(&module(&wanted)).unwrap();
        let http = &module["modules"]["page"]["http"];
        assert_eq!(http["tls_config"], json!({ "insecure_skip_verify": true, "ca_file": "/a.pem" }));
        assert_eq!(http["compression"], "gzip");
    }
}
