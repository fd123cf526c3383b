//! Latency across vantages and targets.

use serde::Serialize;

use crate::measurement::counted::counted;
use crate::measurement::units::UnixMillis;
use crate::summary::collector::WindowSummary;
use crate::summary::source::{PhaseSummary, SourceSummary};
use crate::summary::spread::Spread;

use super::document::{Document, Table};
use super::figures::{self, ABSENT, count_and_share, ms, ms_or_absent};
use super::json;
use super::moment::rfc3339;

/// The version of the JSON.
pub const SCHEMA: u32 = 1;

/// What was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The filter, as in `--source`; empty for everything.
    pub source: String,
    /// Samples began then or later; absent for no limit.
    pub since: Option<UnixMillis>,
    /// Samples began before then; absent for no limit.
    pub until: Option<UnixMillis>,
}

/// A window's report. Its JSON is this structure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LatencyReport {
    /// [`SCHEMA`].
    pub schema: u32,
    /// When it was made.
    pub made_at: String,
    /// The filter, as in `--source`; empty for everything.
    pub source: String,
    /// Samples began then or later; absent for no limit.
    pub since: Option<String>,
    /// Samples began before then; absent for no limit.
    pub until: Option<String>,
    /// What the window holds.
    #[serde(flatten)]
    pub summary: WindowSummary,
}

impl LatencyReport {
    /// The report on what was asked for.
    #[must_use]
    pub fn new(scope: &Scope, summary: WindowSummary, made_at: UnixMillis) -> Self {
        Self {
            schema: SCHEMA,
            made_at: rfc3339(made_at),
            source: scope.source.clone(),
            since: scope.since.map(rfc3339),
            until: scope.until.map(rfc3339),
            summary,
        }
    }

    /// No sample was selected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.summary.samples == 0
    }

    /// As JSON.
    #[must_use]
    pub fn json(&self) -> String {
        json::pretty(self)
    }

    /// As a page.
    #[must_use]
    pub fn document(&self) -> Document {
        let mut page = Document::new("Parallax: latency");
        page.text(self.scope());
        let sources = &self.summary.sources;
        if self.is_empty() {
            page.text("No sample lies in this window. Widen --since and --until, or leave a filter out.");
            return page;
        }
        page.table(latency(sources));
        let mut notes = vec![
            "Percentiles: Harrell and Davis's estimate; --json and --csv have the plain order statistic beside it. \
             Below each: its 95 % interval from order statistics, for independent samples. ≥: its upper end does not \
             exist with so few samples."
                .to_owned(),
        ];
        let starred = |s: &SourceSummary| s.latency_ms.iter().flat_map(|l| &l.percentiles).any(|p| !p.enough);
        notes.extend(sources.iter().any(starred).then(figures::star));
        page.notes(notes);
        page.table(starts(sources));
        page.table(failures(sources));
        page.table(phases(sources));
        if sources.iter().any(|source| !source.phases.is_empty()) {
            page.notes(vec![format!("{} -: this method cannot tell.", figures::NETWORK_AND_LOCAL)]);
        }
        page
    }

    fn scope(&self) -> String {
        let first = self.summary.sources.iter().map(|source| source.first_ms).min();
        let last = self.summary.sources.iter().map(|source| source.last_ms).max();
        let limit = |said: &Option<String>, word: &str| said.as_ref().map(|time| format!(", {word} {time}"));
        let spans = first.zip(last).map(|(first, last)| format!(", first {}, last {}", rfc3339(first), rfc3339(last)));
        let filter = if self.source.is_empty() { "all sources" } else { &self.source };
        let parts = [limit(&self.since, "since"), limit(&self.until, "until"), spans];
        format!(
            "{} of {filter}{}. Times in milliseconds; made {}.",
            counted(self.summary.samples, "sample"),
            parts.into_iter().flatten().collect::<String>(),
            self.made_at
        )
    }
}

/// A source in two lines.
#[must_use]
pub fn name(source: &SourceSummary) -> String {
    format!("{}\n{} {}", source.name.target, source.name.vantage, source.name.method)
}

fn latency(sources: &[SourceSummary]) -> Table {
    let head = ["source", "n", "failed", "p50", "p90", "p95", "p99", "mean", "min", "max"];
    let mut table = Table::new("Response time, ms", &head);
    table.rows.extend(sources.iter().map(|source| {
        let mut row = vec![
            name(source),
            source.samples.to_string(),
            count_and_share(source.failures.samples, source.failures.share),
        ];
        match &source.latency_ms {
            None => row.extend(std::iter::repeat_n(ABSENT.to_owned(), 7)),
            Some(latency) => {
                row.extend(latency.percentiles.iter().map(figures::percentile));
                row.extend([latency.mean, latency.min, latency.max].map(ms));
            }
        }
        row
    }));
    table
}

fn starts(sources: &[SourceSummary]) -> Table {
    let mut table = Table::new("Cold against warm, ms", &["source", "start", "n", "median", "95 %", "p90", "mean"]);
    for source in sources {
        let kinds = [("cold", &source.cold_ms), ("warm", &source.warm_ms), ("proactive", &source.proactive_ms)];
        table.rows.extend(kinds.into_iter().filter_map(|(kind, spread)| {
            let spread = spread.as_ref()?;
            let interval = figures::interval(spread.median_interval, ms);
            let n = spread.n.to_string();
            Some(vec![name(source), kind.into(), n, ms(spread.median), interval, ms(spread.p90), ms(spread.mean)])
        }));
    }
    table
}

fn failures(sources: &[SourceSummary]) -> Table {
    let mut table = Table::new("Failures and broken checks", &["source", "what", "samples"]);
    for source in sources {
        let causes = source.failures.causes.iter().map(|(cause, count)| ((*cause).to_owned(), *count));
        let checks = source.failures.checks.iter().map(|(check, count)| (format!("check {check}"), *count));
        let marks = [("body truncated", source.truncated), ("clock suspect", source.clock_suspect)];
        let marks = marks.into_iter().filter(|(_, count)| *count > 0).map(|(what, count)| (what.to_owned(), count));
        let lines = causes.chain(checks).chain(marks);
        table.rows.extend(lines.map(|(what, count)| vec![name(source), what, count.to_string()]));
    }
    table
}

fn phases(sources: &[SourceSummary]) -> Table {
    let head = ["source", "phase", "n", "median", "network", "local", "p90", "mean"];
    let mut table = Table::new("Phases over all hops: medians, p90 and mean, ms", &head);
    let median = |spread: &Option<Spread>| ms_or_absent(spread.as_ref().map(|spread| spread.median));
    for source in sources {
        table.rows.extend(source.phases.iter().enumerate().map(|(at, summary)| {
            let PhaseSummary { phase, elapsed_ms, network_ms, local_ms, .. } = summary;
            vec![
                if at == 0 { name(source) } else { String::new() },
                (*phase).to_owned(),
                elapsed_ms.n.to_string(),
                ms(elapsed_ms.median),
                median(network_ms),
                median(local_ms),
                ms(elapsed_ms.p90),
                ms(elapsed_ms.mean),
            ]
        }));
    }
    table
}
