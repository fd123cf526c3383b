//! A series' history, window by window.

use serde::de::DeserializeOwned;
use url::Url;

use crate::adapters::import::identity::Names;
use crate::adapters::import::mapping::Origin;
use crate::adapters::import::server::address::Address;
use crate::adapters::import::server::client::{Client, Credentials};
use crate::adapters::import::server::fault::Fault;
use crate::adapters::import::server::history::{Begin, History, Page};
use crate::adapters::import::server::nearest::{nearest, shown};
use crate::adapters::import::total::Total;
use crate::adapters::import::value::Unit;
use crate::intake::flaw;
use crate::measurement::outcome::Outcome;
use crate::measurement::units::UnixMillis;
use crate::measurement::wire::Record;

use super::answer::{self, Matrix, Series};
use super::monitor::Monitor;
use super::selector::{self, Labels, Selector};
use super::{blackbox, cloudprober};

/// As long as Prometheus keeps samples unless told otherwise.
pub const RETENTION_MS: i64 = 15 * 86_400_000;
/// What is asked for at once: a scrape a second is ten megabytes.
const WINDOW_MS: i64 = 12 * 3_600_000;
/// The server's clock may be ahead of ours.
const AHEAD_MS: i64 = 3_600_000;
/// Series that are shown to whoever asked for several.
const SHOWN: usize = 5;

/// A Prometheus server and how to ask it.
#[derive(Debug)]
pub struct Server {
    /// Asks.
    pub client: Client,
    /// Where.
    pub address: Address,
    /// As whom.
    pub credentials: Credentials,
}

impl Server {
    async fn ask<T: DeserializeOwned>(&self, path: &str, parameters: &[(&str, &str)]) -> Result<T, Fault> {
        let mut url: Url = self.address.below(path);
        url.query_pairs_mut().extend_pairs(parameters);
        let answer = self.client.get(url, &self.credentials).await?;
        answer::data(&answer, &self.address.to_string(), &self.credentials.name())
    }

    async fn series(&self, selector: &str, from: UnixMillis, to: UnixMillis) -> Result<Vec<Labels>, Fault> {
        let (from, to) = (seconds(from), seconds(to));
        self.ask("api/v1/series", &[("match[]", selector), ("start", &from), ("end", &to)]).await
    }

    /// The one series of this selector that has samples in this time.
    ///
    /// # Errors
    /// There is none, or there are several; see [`Fault`].
    pub async fn the_series(&self, asked: &Selector, from: UnixMillis, to: UnixMillis) -> Result<Labels, Fault> {
        let mut found = self.series(&asked.text(), from, to).await?;
        match (found.pop(), found.len()) {
            (Some(one), 0) => Ok(one),
            (Some(last), _) => {
                found.push(last);
                let lines: Vec<String> = found.iter().take(SHOWN).map(|one| format!("\n  {}", clean(one))).collect();
                let more = found.len().saturating_sub(SHOWN);
                let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
                Err(Fault::Asked(format!(
                    "--query: {} series match; name one of them by its labels:{}{more}",
                    found.len(),
                    lines.join("")
                )))
            }
            (None, _) => {
                let all = self.series(&Selector::of(&asked.metric, &[]).text(), from, to).await?;
                let names: Vec<String> = all.iter().map(selector::series).collect();
                let near = if names.is_empty() {
                    format!("the server has no {} in this time; see --since", shown(&asked.metric))
                } else {
                    nearest(&asked.text(), names.iter().map(String::as_str))
                };
                Err(Fault::Asked(format!(
                    "--query: no series {} has samples in this time; {near}",
                    shown(&asked.text())
                )))
            }
        }
    }

    /// Every version of the exporter that ran in this time, where its own metrics are scraped.
    ///
    /// # Errors
    /// See [`Fault`].
    pub async fn versions(&self, from: UnixMillis, to: UnixMillis) -> Result<Vec<String>, Fault> {
        let found = self.series("blackbox_exporter_build_info", from, to).await?;
        let mut versions: Vec<String> = found.into_iter().filter_map(|mut labels| labels.remove("version")).collect();
        versions.retain(|version| !version.is_empty() && version.len() <= 64);
        versions.sort();
        versions.dedup();
        Ok(versions)
    }
}

fn clean(labels: &Labels) -> String {
    selector::series(labels).escape_debug().to_string().replace("\\\"", "\"")
}

fn seconds(moment: UnixMillis) -> String {
    format!("{}.{:03}", moment.0.div_euclid(1_000), moment.0.rem_euclid(1_000))
}

/// What reads the sums or scrapes of a page.
#[derive(Debug)]
enum Reader {
    Blackbox(blackbox::Probes),
    Cloudprober(cloudprober::Probes),
}

/// The history of one series.
#[derive(Debug)]
pub struct SeriesHistory {
    server: Server,
    monitor: Monitor,
    unit: Unit,
    labels: Labels,
    origin: Origin,
    now: UnixMillis,
    from: UnixMillis,
    to: UnixMillis,
    /// The first value tells only what comes after it.
    first_is_known: bool,
    reader: Reader,
    names: Names,
}

/// A probe, of either monitor.
struct Ending {
    at: UnixMillis,
    value: Option<f64>,
    outcome: Outcome,
}

impl SeriesHistory {
    /// Up to a moment; as far as there are values where none is given. `labels` are those of the one series.
    #[must_use]
    pub fn new(
        server: Server,
        (monitor, unit): (Monitor, Unit),
        labels: Labels,
        origin: Origin,
        until: Option<UnixMillis>,
        now: UnixMillis,
    ) -> Self {
        let names = Names::within(&origin, &selector::series(&labels));
        let reader = reader(&monitor);
        let to = until.unwrap_or(UnixMillis(now.0 + AHEAD_MS));
        let from = UnixMillis(now.0 - RETENTION_MS);
        Self { server, monitor, unit, labels, origin, now, from, to, first_is_known: false, reader, names }
    }

    async fn read(&self, to: UnixMillis) -> Result<Vec<Series>, Fault> {
        let mut labels = self.labels.clone();
        labels.remove("__name__");
        let phase = labels.remove("phase");
        let metrics: Vec<String> = match &self.monitor {
            Monitor::Blackbox { .. } => blackbox::METRICS.map(str::to_owned).to_vec(),
            Monitor::Cloudprober { prefix } => cloudprober::metrics(prefix).to_vec(),
        };
        let metrics: Vec<&str> = metrics.iter().map(String::as_str).collect();
        let length = to.0 - self.from.0;
        let mut series = self.query(&selector::range(&metrics, &labels, length), to).await?;
        if let Some(phase) = phase {
            labels.insert("phase".to_owned(), phase);
            series.extend(self.query(&selector::range(&[blackbox::PHASE], &labels, length), to).await?);
        }
        Ok(series)
    }

    async fn query(&self, query: &str, to: UnixMillis) -> Result<Vec<Series>, Fault> {
        let matrix: Matrix = self.server.ask("api/v1/query", &[("query", query), ("time", &seconds(to))]).await?;
        if matrix.result.iter().any(|series| !series.histograms.is_empty()) {
            return Err(Fault::Asked(
                "--query: the series is a distribution, in which samples are no longer told apart".to_owned(),
            ));
        }
        Ok(matrix.result)
    }

    /// The probes of a window, and what cannot be one.
    fn probes(&mut self, series: &[Series], to: UnixMillis) -> (Vec<Ending>, Vec<String>) {
        let from = self.from;
        let within = |at: &UnixMillis| *at >= from && *at < to;
        let mut read: Vec<(UnixMillis, Result<Option<Ending>, String>)> = Vec::new();
        match (&mut self.reader, &self.monitor) {
            (Reader::Cloudprober(probes), Monitor::Cloudprober { prefix }) => {
                for (at, sums) in cloudprober::sums(series, prefix).into_iter().filter(|(at, _)| within(at)) {
                    let probe = probes.next(at, sums);
                    read.push((
                        at,
                        probe.map(|probe| {
                            probe.map(|probe| Ending { at, value: probe.latency, outcome: probe.outcome })
                        }),
                    ));
                }
            }
            (Reader::Blackbox(probes), _) => {
                for (at, scrape) in blackbox::scrapes(series).into_iter().filter(|(at, _)| within(at)) {
                    let probe = probes.next(at, scrape);
                    let known = std::mem::replace(&mut self.first_is_known, false);
                    if known {
                        continue;
                    }
                    read.push((
                        at,
                        probe.map(|probe| {
                            probe.map(|probe| Ending { at, value: Some(probe.seconds), outcome: probe.outcome })
                        }),
                    ));
                }
            }
            (Reader::Cloudprober(_), Monitor::Blackbox { .. }) => {}
        }
        let (mut endings, mut bad) = (Vec::new(), Vec::new());
        for (at, ending) in read {
            match ending {
                Ok(ending) => endings.extend(ending),
                Err(reason) => bad.push(format!("at {}: {reason}", seconds(at))),
            }
        }
        (endings, bad)
    }

    fn record(&mut self, ending: Ending) -> Result<Record, String> {
        let elapsed = ending.value.map(|value| self.unit.length(value)).transpose()?;
        let id = self.names.next(ending.at, elapsed).map_err(|error| error.to_string())?;
        let elapsed = elapsed.unwrap_or_default();
        let record =
            Total { id, slot: None, started: ending.at, elapsed, outcome: ending.outcome }.record(&self.origin);
        flaw::check(&record.sample, self.now).map_err(|flaw| flaw.to_string())?;
        Ok(record)
    }
}

impl History for SeriesHistory {
    fn begin(&mut self, begin: Begin) {
        (self.from, self.first_is_known) = match begin {
            Begin::At(from) => (from.unwrap_or(UnixMillis(self.now.0 - RETENTION_MS)), false),
            Begin::Again(from) => (from, true),
        };
        self.reader = reader(&self.monitor);
        self.names = Names::within(&self.origin, &selector::series(&self.labels));
    }

    async fn page(&mut self) -> Result<Option<Page>, Fault> {
        if self.from >= self.to {
            return Ok(None);
        }
        let to = UnixMillis(self.to.0.min(self.from.0.saturating_add(WINDOW_MS)));
        let series = self.read(to).await?;
        let (endings, bad) = self.probes(&series, to);
        self.from = to;
        let mut page = Page { records: Vec::new(), bad };
        for ending in endings {
            let at = ending.at;
            match self.record(ending) {
                Ok(record) => page.records.push(record),
                Err(reason) => page.bad.push(format!("at {}: {reason}", seconds(at))),
            }
        }
        Ok(Some(page))
    }

    fn remarks(&self) -> Vec<String> {
        match &self.reader {
            Reader::Blackbox(probes) if probes.repeated > 0 => vec![format!(
                "{} values repeat the one before digit for digit, as Grafana Synthetic Monitoring publishes a probe again; \
                 each is imported once",
                probes.repeated
            )],
            _ => Vec::new(),
        }
    }
}

fn reader(monitor: &Monitor) -> Reader {
    match monitor {
        Monitor::Blackbox { phase } => Reader::Blackbox(blackbox::Probes::new(phase.is_some())),
        Monitor::Cloudprober { .. } => Reader::Cloudprober(cloudprober::Probes::default()),
    }
}
