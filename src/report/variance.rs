//! Where the spread lies.

use serde::Serialize;

use crate::measurement::units::UnixMillis;
use crate::statistics::interval::Interval;
use crate::summary::variance::collector::VarianceSummary;
use crate::summary::variance::contrast::Contrast;
use crate::summary::variance::needs::{INVOCATIONS, Needs, RegionNeed, SANDBOXES, SANDBOXES_A_REGION};
use crate::summary::variance::part::{Kind, Part};
use crate::summary::variance::scale::Scale;
use crate::summary::variance::split::{Correlation, Invocations, Split};
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
        page.text(format!("{} samples of {of}{from}{to}; made {}.", self.summary.samples, self.made_at));
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
    page.table(parts(split));
    page.notes(notes(stratum, split));
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
        Kind::Invocation => "first, second and later invocations",
        Kind::Rest => "one sandbox from one time to the next",
        Kind::SandboxAndRest => "sandboxes, invocations and the rest together",
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn parts(split: &Split) -> Table {
    let (unit, deviation): (&str, fn(f64) -> String) = match split.scale {
        Scale::Milliseconds => ("deviation, ms", ms),
        Scale::Logarithms => ("deviation, factor", |deviation| format!("{:.3}", deviation.exp())),
    };
    let mut table = Table::new("Share of the variance that lies between", &["", "how many", "share", unit]);
    let row = |part: &Part| {
        vec![
            kind(part.part).to_owned(),
            if part.levels == 0 { ABSENT.to_owned() } else { part.levels.to_string() },
            part.share.map_or_else(|| ABSENT.to_owned(), percent),
            part.variance.map_or_else(|| ABSENT.to_owned(), |variance| deviation(variance.sqrt())),
        ]
    };
    table.rows = split.parts.iter().map(row).collect();
    let total: f64 = split.parts.iter().filter_map(|part| part.variance).sum();
    if total > 0.0 {
        table.rows.push(vec!["all parts".to_owned(), ABSENT.to_owned(), percent(1.0), deviation(total.sqrt())]);
    }
    table
}

fn notes(stratum: &Stratum, split: &Split) -> Vec<String> {
    let mut notes = vec!["-: there is only one in each, or samples do not say.".to_owned()];
    if split.parts.iter().all(|part| part.share.is_none()) {
        notes.push("All response times are equal: there is no spread to split.".to_owned());
        return notes;
    }
    let correlation = |split: Option<&Split>| split.and_then(|split| split.sandbox);
    let (in_ms, in_ln) = (correlation(stratum.milliseconds.as_ref()), correlation(stratum.logarithms.as_ref()));
    match in_ms.zip(in_ln) {
        Some((in_ms, in_ln)) => {
            notes.push(format!(
                "Within a place, sandboxes hold {} of the variance on milliseconds, {} on logarithms.",
                held(in_ms),
                held(in_ln)
            ));
            if stratum.heavy_tails {
                notes.push(
                    "Heavy tails: the two disagree by more than an interval, because few and very slow samples lead the \
                     milliseconds. What is printed here is the split of the logarithms."
                        .to_owned(),
                );
            }
        }
        None => notes.extend(cannot_say(stratum)),
    }
    notes.push(
        "Places are chosen, not drawn: what is said of regions, zones and CPU models holds for these only. What changes \
         with time for all alike lies in the last part."
            .to_owned(),
    );
    notes
}

fn held(correlation: Correlation) -> String {
    format!("{} (95 % {})", percent(correlation.estimate), figures::interval(correlation.interval, percent))
}

fn cannot_say(stratum: &Stratum) -> Vec<String> {
    let Needs { sandboxes, sandboxes_with_too_few, more_sandboxes, regions, one_sandbox_a_place } = &stratum.needs;
    let mut said = Vec::new();
    if *more_sandboxes > 0 {
        said.push(format!(
            "Cannot say how much lies between sandboxes: {sandboxes} of them have {INVOCATIONS} or more warm response \
             times, and it takes {SANDBOXES}, {SANDBOXES_A_REGION} in each region. At least {more_sandboxes} more \
             sandboxes are needed."
        ));
    } else {
        said.push("Cannot say how much lies between sandboxes, although there are enough of them.".to_owned());
    }
    if *sandboxes_with_too_few > 0 {
        said.push(format!(
            "{sandboxes_with_too_few} sandboxes have fewer than {INVOCATIONS} warm response times; more invocations of \
             theirs count too."
        ));
    }
    if !regions.is_empty() {
        let each = |need: &RegionNeed| format!("{} has {}, lacks {}", need.region, need.sandboxes, need.more_sandboxes);
        said.push(format!("Too few in: {}.", regions.iter().map(each).collect::<Vec<_>>().join("; ")));
    }
    if *one_sandbox_a_place && *sandboxes + *sandboxes_with_too_few > 0 {
        said.push("No place has two sandboxes, so a place and its sandbox cannot be told apart.".to_owned());
    }
    if stratum.hosts_only {
        said.push(
            "A host's sandbox is its boot: only restarts and further hosts would add some, so on hosts this split is \
             rarely to be had."
                .to_owned(),
        );
    } else if stratum.warm > 0 && stratum.without_sandbox == stratum.warm {
        said.push("No sample names its sandbox: imports carry none.".to_owned());
    }
    said
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
        "Cold starts against warm times of the same sandbox: {} ms ({interval}; {} sandboxes).",
        signed(cold.difference),
        cold.sandboxes
    )
}
