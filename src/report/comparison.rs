//! Two sources side by side, and where the time went.

use serde::Serialize;

use crate::measurement::counted::counted;
use crate::measurement::units::UnixMillis;
use crate::statistics::bootstrap::{Difference, How, RESAMPLES};
use crate::statistics::level::Level;
use crate::summary::comparison::Comparison;
use crate::summary::difference::PhasePair;
use crate::summary::source::{PhaseSummary, SourceSummary};
use crate::summary::spread::Spread;

use super::bars::{Bar, Bars, parts};
use super::document::{Document, Table};
use super::figures::{self, ABSENT, bytes, ms, ms_or_absent, signed};
use super::json;
use super::latency::SCHEMA;
use super::moment::rfc3339;

/// The report on two sources. Its JSON is this structure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComparisonReport {
    /// [`SCHEMA`].
    pub schema: u32,
    /// When it was made.
    pub made_at: String,
    /// What it is of, in a line.
    pub title: String,
    /// The two sources.
    #[serde(flatten)]
    pub comparison: Comparison,
}

impl ComparisonReport {
    /// The report on a comparison.
    #[must_use]
    pub fn new(title: &str, comparison: Comparison, made_at: UnixMillis) -> Self {
        Self { schema: SCHEMA, made_at: rfc3339(made_at), title: title.to_owned(), comparison }
    }

    /// As JSON.
    #[must_use]
    pub fn json(&self) -> String {
        json::pretty(self)
    }

    /// As a page.
    #[must_use]
    pub fn document(&self) -> Document {
        let Comparison { a, b, seed, phases, not_visible, .. } = &self.comparison;
        let mut page = Document::new(self.title.clone());
        for (side, source) in [("A", a), ("B", b)] {
            page.text(format!(
                "{side}: {} of {} from {}, {}, {} failed.",
                source.name.method,
                source.name.target,
                source.name.vantage,
                counted(source.samples, "sample"),
                source.failures.samples
            ));
        }
        page.text(format!("Times in milliseconds. Seed {seed}. Made {}.", self.made_at));
        if a.latency_ms.is_some() || b.latency_ms.is_some() {
            page.heading("Response time");
            page.table(percentiles(&self.comparison));
            page.notes(self.notes());
        }
        if !phases.is_empty() {
            page.heading("Where the time went");
            page.table(shares(&self.comparison));
            page.bars(bars(phases));
            page.heading("Phases side by side");
            page.table(side_by_side(phases, a, b));
            page.notes(vec![
                figures::NETWORK_AND_LOCAL.to_owned(),
                "Medians of parts do not add up to the median of the whole; the means above do.".to_owned(),
            ]);
        }
        let costs = costs(a, b);
        if !costs.rows.is_empty() {
            page.heading("What it cost the machine");
            page.table(costs);
        }
        page.heading("What was not visible");
        match not_visible.is_empty() {
            true => page.text("Nothing that was asked for stayed hidden."),
            false => page.notes(not_visible.clone()),
        }
        page
    }

    fn notes(&self) -> Vec<String> {
        let Comparison { a, b, difference_of_medians_ms, difference_of_means_ms, .. } = &self.comparison;
        let starred =
            [a, b].iter().filter_map(|s| s.latency_ms.as_ref()).flat_map(|l| &l.percentiles).any(|p| !p.enough);
        let differences = [difference_of_medians_ms, difference_of_means_ms].into_iter().flatten();
        let mut hows: Vec<&str> = differences.map(|d| how(d.how)).collect();
        hows.dedup();
        let of_differences = match hows.is_empty() {
            true => String::new(),
            false => format!("; of differences {}", hows.join(" and ")),
        };
        [
            format!("Intervals are 95 %: of percentiles from order statistics{of_differences}."),
            "Percentiles are smoothed over their neighbours (Harrell-Davis), which is steadier for one source; where a gap is \
             divided among causes, it is that of the plain ones."
                .to_owned(),
        ]
        .into_iter()
        .chain(starred.then(figures::star))
        .collect()
    }
}

fn how(how: How) -> &'static str {
    const { assert!(RESAMPLES == 2_000, "the number in the sentence below") };
    match how {
        How::Bootstrap => "from 2,000 resamples of each side",
        How::Normal => "by Welch's normal approximation",
        How::OrderStatistics => "from both sides' order statistics",
        How::None => "not to be had from a single sample",
    }
}

fn percentiles(comparison: &Comparison) -> Table {
    let mut table = Table::new("Percentiles and mean, ms", &["", "A", "B", "B − A"]);
    let [a, b] = [&comparison.a, &comparison.b].map(|source| source.latency_ms.as_ref());
    let difference = |difference: &Option<Difference>| match difference {
        None => ABSENT.to_owned(),
        Some(d) => format!("{}\n{}", signed(d.estimate), figures::interval(d.interval, signed)),
    };
    for at in 0..4 {
        let [first, second] = [a, b].map(|latency| latency.map(|latency| latency.percentiles[at]));
        let Some(level) = first.or(second).map(|p| figures::level(p.level)) else { continue };
        let cell = |p| Option::map_or(p, ABSENT.to_owned(), |p| figures::percentile(&p));
        let gap = match first.zip(second) {
            None => ABSENT.to_owned(),
            Some((a, _)) if a.level == Level::P50.share() => difference(&comparison.difference_of_medians_ms),
            Some((a, b)) => signed(b.estimate - a.estimate),
        };
        table.rows.push(vec![level, cell(first), cell(second), gap]);
    }
    let mean = |latency: Option<&crate::summary::spread::Latency>| ms_or_absent(latency.map(|latency| latency.mean));
    table.rows.push(vec!["mean".into(), mean(a), mean(b), difference(&comparison.difference_of_means_ms)]);
    table
}

fn shares(comparison: &Comparison) -> Table {
    let caption = "Parts of the gap between the means (B − A), the largest first, ms; they add up to it";
    let mut table = Table::new(caption, &["phase", "gap", "network", "local"]);
    let part = |part: Option<f64>| part.map_or(ABSENT.to_owned(), signed);
    let rows = comparison.where_the_time_went.iter();
    table.rows.extend(
        rows.map(|share| {
            vec![share.phase.to_owned(), signed(share.gap_ms), part(share.network_ms), part(share.local_ms)]
        }),
    );
    if !table.rows.is_empty() {
        let whole: f64 = comparison.where_the_time_went.iter().map(|share| share.gap_ms).sum();
        table.rows.push(vec!["in all".into(), signed(whole), ABSENT.into(), ABSENT.into()]);
    }
    table
}

fn bars(phases: &[PhasePair]) -> Bars {
    let rows = phases.iter().flat_map(|pair| {
        [("A", &pair.a), ("B", &pair.b)].into_iter().filter_map(|(side, summary)| {
            let summary = summary.as_ref()?;
            let network = summary.network_ms.as_ref().map(|network| network.median);
            Some(Bar {
                label: format!("{} {side}", pair.phase),
                offset: 0.0,
                parts: match &summary.local_ms {
                    Some(local) => parts(network.unwrap_or(0.0) + local.median, network),
                    None => parts(summary.elapsed_ms.median, None),
                },
                figure: ms(summary.elapsed_ms.median),
            })
        })
    });
    Bars { caption: "Median of each phase, ms".to_owned(), rows: rows.collect() }
}

fn side_by_side(phases: &[PhasePair], a: &SourceSummary, b: &SourceSummary) -> Table {
    let head = ["phase", "A", "A network", "A local", "B", "B network", "B local", "B − A"];
    let mut table = Table::new("Medians over all hops, ms; -: no such phase, or not to be told", &head);
    let middle = |spread: Option<&Spread>| spread.map(|spread| spread.median);
    let mut push = |name: &str, a: [Option<&Spread>; 3], b: [Option<&Spread>; 3]| {
        let gap = middle(a[0]).zip(middle(b[0])).map_or(ABSENT.to_owned(), |(a, b)| signed(b - a));
        let cells = a.into_iter().chain(b).map(|spread| ms_or_absent(middle(spread)));
        table.rows.push(std::iter::once(name.to_owned()).chain(cells).chain([gap]).collect());
    };
    let of = |summary: &'_ Option<PhaseSummary>| -> [Option<Spread>; 3] {
        match summary {
            None => [None, None, None],
            Some(s) => [Some(s.elapsed_ms.clone()), s.network_ms.clone(), s.local_ms.clone()],
        }
    };
    for pair in phases {
        let (a, b) = (of(&pair.a), of(&pair.b));
        push(pair.phase, a.each_ref().map(Option::as_ref), b.each_ref().map(Option::as_ref));
    }
    let totals = |source: &SourceSummary| [source.network_ms.clone(), source.local_ms.clone()];
    let ([an, al], [bn, bl]) = (totals(a), totals(b));
    push("all network", [an.as_ref(), an.as_ref(), None], [bn.as_ref(), bn.as_ref(), None]);
    push("all local", [al.as_ref(), None, al.as_ref()], [bl.as_ref(), None, bl.as_ref()]);
    table
}

fn costs(a: &SourceSummary, b: &SourceSummary) -> Table {
    let mut table = Table::new("Medians and 90th percentiles", &["", "A", "A p90", "B", "B p90"]);
    if a.process_ms.is_some() || b.process_ms.is_some() {
        let own = |source: &SourceSummary| match &source.latency_ms {
            None => [ABSENT.to_owned(), ABSENT.to_owned()],
            Some(latency) => [ms(latency.percentiles[0].estimate), ms(latency.percentiles[1].estimate)],
        };
        let cells = own(a).into_iter().chain(own(b));
        table.rows.push(std::iter::once("response time, ms".to_owned()).chain(cells).collect());
    }
    let mut push = |name: &str, [a, b]: [&Option<Spread>; 2], figure: &dyn Fn(f64) -> String| {
        let side = |spread: &Option<Spread>| match spread {
            None => [ABSENT.to_owned(), ABSENT.to_owned()],
            Some(spread) => [figure(spread.median), figure(spread.p90)],
        };
        if a.is_some() || b.is_some() {
            let cells = side(a).into_iter().chain(side(b));
            table.rows.push(std::iter::once(name.to_owned()).chain(cells).collect());
        }
    };
    push("process start to end, ms", [&a.process_ms, &b.process_ms], &ms);
    push("CPU time, ms", [&a.cpu_ms, &b.cpu_ms], &ms);
    push("run-queue delay, ms", [&a.run_delay_ms, &b.run_delay_ms], &ms);
    push("largest stall, ms", [&a.stall_ms, &b.stall_ms], &ms);
    push("body over the wire", [&a.bytes, &b.bytes], &bytes);
    table
}
