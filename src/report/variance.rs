//! Where the spread lies.

mod words;

use serde::Serialize;

use crate::measurement::counted::counted;
use crate::measurement::units::UnixMillis;
use crate::statistics::interval::Interval;
use crate::summary::variance::collector::VarianceSummary;
use crate::summary::variance::contrast::Contrast;
use crate::summary::variance::needs::SANDBOXES;
use crate::summary::variance::part::Kind;
use crate::summary::variance::scale::Scale;
use crate::summary::variance::split::{Invocations, Split};
use crate::summary::variance::stratum::{ColdStart, Stratum};

use super::document::{Document, Table};
use super::figures::{self, ABSENT, ms, signed};
use super::json;
use super::latency::Scope;
use super::moment::rfc3339;

/// The version of the JSON.
pub const SCHEMA: u32 = 1;

/// A window's spread in parts. Its JSON is this structure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VarianceReport {
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
    pub summary: VarianceSummary,
}

impl VarianceReport {
    /// The report on what was asked for.
    #[must_use]
    pub fn new(scope: &Scope, summary: VarianceSummary, made_at: UnixMillis) -> Self {
        Self {
            schema: SCHEMA,
            made_at: rfc3339(made_at),
            source: scope.source.clone(),
            since: scope.since.map(rfc3339),
            until: scope.until.map(rfc3339),
            summary,
        }
    }

    /// Some spread is in parts: two of them at least.
    #[must_use]
    pub fn says_something(&self) -> bool {
        self.summary.strata.iter().any(Stratum::is_split)
    }

    /// As JSON.
    #[must_use]
    pub fn json(&self) -> String {
        json::pretty(self)
    }

    /// As a page.
    #[must_use]
    pub fn document(&self) -> Document {
        let mut page = Document::new("Parallax: where the spread lies");
        let of = if self.source.is_empty() { "all sources".to_owned() } else { self.source.clone() };
        let from = self.since.as_ref().map(|since| format!(", since {since}")).unwrap_or_default();
        let to = self.until.as_ref().map(|until| format!(", before {until}")).unwrap_or_default();
        page.text(format!("{} of {of}{from}{to}; made {}.", counted(self.summary.samples, "sample"), self.made_at));
        if self.summary.samples == 0 {
            page.text("No sample lies in this window: widen --since and --until, or name another source.");
            return page;
        }
        if !self.says_something() {
            page.text("Nothing here can be split; what is missing stands below each page.");
        }
        self.summary.strata.iter().for_each(|stratum| section(&mut page, stratum));
        page
    }
}

fn section(page: &mut Document, stratum: &Stratum) {
    page.heading(&format!("{} {}", stratum.target, stratum.method));
    page.text(counts(stratum));
    let Some(split) = stratum.split() else {
        page.text("There is no warm response time, so there is no spread.");
        return;
    };
    page.table(parts(stratum));
    page.notes(words::notes(stratum, split));
    page.table(contrasts(split));
    page.table(invocations(split));
    page.notes(stratum.cold_start_ms.map(cold).into_iter().collect());
}

fn counts(stratum: &Stratum) -> String {
    let spread = stratum.milliseconds.as_ref().map_or_else(String::new, |split| {
        let deviation = split.deviation.map(|deviation| format!(", standard deviation {} ms", ms(deviation)));
        format!(": mean {} ms{}", ms(split.mean), deviation.unwrap_or_default())
    });
    let out = [
        (stratum.failures, "without a response time"),
        (stratum.cold as u64, "cold"),
        (stratum.without_sandbox as u64, "that name no sandbox"),
    ];
    // Where no sample names a sandbox, those samples are the ones that are split.
    let all_nameless = stratum.without_sandbox == stratum.warm;
    let out: Vec<String> = out
        .into_iter()
        .filter(|(count, what)| *count > 0 && !(all_nameless && what.ends_with("sandbox")))
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let left_out = if out.is_empty() { String::new() } else { format!(" Left out: {}.", out.join(", ")) };
    format!("{} warm response times{spread}.{left_out}", stratum.warm)
}

fn kind(part: Kind) -> &'static str {
    match part {
        Kind::Region => "regions",
        Kind::Vantage => "vantages of a region",
        Kind::AvailabilityZone => "zones of a vantage",
        Kind::CpuModel => "CPU models of a zone",
        Kind::Sandbox => "sandboxes of a place",
        Kind::Invocation => "invocations: first, second, later",
        Kind::Rest => "one sandbox over time",
        Kind::SandboxAndRest => "sandboxes, and all below them",
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// On both scales: milliseconds add up, logarithms are not led by a few very slow samples.
fn parts(stratum: &Stratum) -> Table {
    let head = ["", "how many", "share", "deviation, ms", "share, log", "deviation, factor"];
    let mut table = Table::new("Share of the variance that lies between", &head);
    let figures: [fn(f64) -> String; 2] = [ms, |deviation| format!("{:.3}", deviation.exp())];
    let scales = [stratum.milliseconds.as_ref(), stratum.logarithms.as_ref()];
    let parts = scales.map(|split| split.map_or(&[][..], |split| &split.parts[..]));
    let cells = |at: Option<usize>| {
        parts.iter().zip(figures).flat_map(move |(parts, figure)| match at {
            Some(at) => parts.get(at).map_or([None, None], |part| {
                [part.share.map(percent), part.variance.map(|variance| figure(variance.sqrt()))]
            }),
            None => {
                let total: f64 = parts.iter().filter_map(|part| part.variance).sum();
                if total > 0.0 { [Some(percent(1.0)), Some(figure(total.sqrt()))] } else { [None, None] }
            }
        })
    };
    let row = |name: &str, levels: usize, at: Option<usize>| {
        let levels = if levels == 0 { ABSENT.to_owned() } else { levels.to_string() };
        let cells = cells(at).map(|cell| cell.unwrap_or_else(|| ABSENT.to_owned()));
        [name.to_owned(), levels].into_iter().chain(cells).collect::<Vec<String>>()
    };
    table.rows = parts[0].iter().enumerate().map(|(at, part)| row(kind(part.part), part.levels, Some(at))).collect();
    if cells(None).any(|cell| cell.is_some()) {
        table.rows.push(row("all parts", 0, None));
    }
    table
}

/// A difference on its scale, as milliseconds or as percent.
fn difference(scale: Scale) -> fn(f64) -> String {
    match scale {
        Scale::Milliseconds => signed,
        Scale::Logarithms => |difference| format!("{:+.1} %", difference.exp_m1() * 100.0),
    }
}

fn unit(scale: Scale) -> &'static str {
    match scale {
        Scale::Milliseconds => "difference, ms",
        Scale::Logarithms => "difference",
    }
}

fn contrasts(split: &Split) -> Table {
    let head = ["place", "against", "n", "sandboxes", unit(split.scale), "95 %"];
    let mut table = Table::new("Places against the one with most samples beside them", &head);
    let figure = difference(split.scale);
    let row = |contrast: &Contrast| {
        let inside = contrast.inside.as_ref().map(|inside| format!("{inside}: ")).unwrap_or_default();
        vec![
            format!("{inside}{}", contrast.name),
            contrast.against.clone(),
            contrast.samples.to_string(),
            contrast.sandboxes.to_string(),
            contrast.difference.map_or_else(|| "never in one zone".to_owned(), figure),
            interval(contrast.interval, figure),
        ]
    };
    table.rows = split.contrasts.iter().map(row).collect();
    table
}

fn interval(interval: Option<Interval>, figure: fn(f64) -> String) -> String {
    interval.map_or_else(|| ABSENT.to_owned(), |interval| figures::interval(interval, figure))
}

fn invocations(split: &Split) -> Table {
    let head = ["invocation of a sandbox", "n", unit(split.scale), "95 %"];
    let mut table = Table::new("Against the third and later invocations", &head);
    let figure = difference(split.scale);
    table.rows = split
        .invocations
        .iter()
        .map(|effect| {
            let name = match effect.invocations {
                Invocations::First => "first",
                Invocations::Second => "second",
                Invocations::Later => "later",
                Invocations::Unknown => "not said",
            };
            let samples = effect.samples.to_string();
            vec![name.to_owned(), samples, figure(effect.difference), interval(Some(effect.interval), figure)]
        })
        .collect();
    table
}

fn cold(cold: ColdStart) -> String {
    let interval = match cold.interval {
        Some(interval) => format!("95 % {}", figures::interval(interval, signed)),
        None => format!("no interval: it takes {SANDBOXES} sandboxes"),
    };
    format!(
        "Cold starts against warm times of the same sandbox: {} ms ({interval}; {}).",
        signed(cold.difference),
        counted(cold.sandboxes, "sandbox")
    )
}
