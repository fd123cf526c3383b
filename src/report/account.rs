//! Why two sources disagree: an account as a page.

mod words;

use serde::Serialize;

use crate::explain::account::{Account, Statistic};
use crate::explain::source::{FailureGap, Source};
use crate::measurement::units::UnixMillis;
use crate::statistics::interval::Interval;
use crate::summary::source::SourceName;

use super::document::{Document, Table};
use super::figures::{self, ms, signed};
use super::json;
use super::latency::SCHEMA;
use super::moment::rfc3339;

use words::{basis, claim, evidence, needed, percent, points, row_name, suspicion, unexplained};

/// What stands above every account until it has been judged against known causes.
const PREVIEW: &str = "Preview: the parts add up, but which cause a part is given to has not been judged against known causes yet; where one side is curl with redirects, `redirect` holds all that its first hop cost.";

/// The report on an account. Its JSON is this structure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AccountReport {
    /// [`SCHEMA`].
    pub schema: u32,
    /// When it was made.
    pub made_at: String,
    /// The two sources, and what stands between them.
    #[serde(flatten)]
    pub parties: Parties,
    /// Failures of A and of B, which are in no other figure.
    pub failures: FailureGap,
    /// Why there is no account; absent where there is one.
    pub cannot_say: Option<String>,
    /// The account that was asked for.
    pub account: Option<Account>,
    /// The same question of the means; absent where that was asked for.
    pub mean: Option<Account>,
}

/// Who is compared, and when.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Parties {
    /// The page that both measure.
    pub target: String,
    /// The first sample that may count; absent where nothing limits it.
    pub since: Option<String>,
    /// The first sample that may no longer count.
    pub until: Option<String>,
    /// The reference.
    pub a: Party,
    /// The other.
    pub b: Party,
    /// Our probe in A's place, where A shows its total only.
    pub bridge: Option<Party>,
}

/// One source, as it was asked for and as it was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Party {
    /// As in `--a`, with the page.
    pub asked: String,
    /// What in the archive that is.
    pub sources: Vec<SourceName>,
    /// Samples, good and bad.
    pub samples: u64,
    /// Samples without a response time.
    pub failed: u64,
    /// Samples whose clocks drifted apart while measuring: left out.
    pub clock_suspect: u64,
}

impl Party {
    /// What a source held.
    #[must_use]
    pub fn new(asked: String, sources: Vec<SourceName>, read: &Source) -> Self {
        let Source { samples, failed, clock_suspect, .. } = *read;
        Self { asked, sources, samples, failed, clock_suspect }
    }

    fn line(&self, name: &str) -> String {
        let left_out = match self.clock_suspect {
            0 => String::new(),
            some => format!(", {some} left out because clocks drifted apart"),
        };
        let of = match self.sources.len() {
            0 | 1 => String::new(),
            several => format!(" of {several} sources"),
        };
        format!("{name}: {}, {} samples{of}, {} failed{left_out}.", self.asked, self.samples, self.failed)
    }
}

impl AccountReport {
    /// The report on an account, or on why there is none.
    #[must_use]
    pub fn new(
        parties: Parties,
        failures: FailureGap,
        found: Result<(Account, Option<Account>), String>,
        made_at: UnixMillis,
    ) -> Self {
        let (cannot_say, account, mean) = match found {
            Ok((account, mean)) => (None, Some(account), mean),
            Err(why) => (Some(why), None, None),
        };
        Self { schema: SCHEMA, made_at: rfc3339(made_at), parties, failures, cannot_say, account, mean }
    }

    /// As JSON.
    #[must_use]
    pub fn json(&self) -> String {
        json::pretty(self)
    }

    /// As a page.
    #[must_use]
    pub fn document(&self) -> Document {
        let Parties { target, since, until, a, b, bridge } = &self.parties;
        let mut page = Document::new(format!("{target}: why B differs from A"));
        page.text(PREVIEW);
        page.text(a.line("A"));
        page.text(b.line("B"));
        if let Some(bridge) = bridge {
            page.text(bridge.line("Bridge, our probe in A's place"));
        }
        if since.is_some() || until.is_some() {
            let end = |end: &Option<String>, open: &str| end.clone().unwrap_or_else(|| open.to_owned());
            page.text(format!("Samples from {} to {}.", end(since, "the first"), end(until, "the last")));
        }
        if let Some(why) = &self.cannot_say {
            page.heading("Cannot say");
            page.text(format!("{why}."));
        }
        if let Some(account) = &self.account {
            page.text(format!("Times in milliseconds. Seed {}. Made {}.", account.seed, self.made_at));
            gap(&mut page, account, bridge.is_some());
            if let Some(mean) = &self.mean {
                gap(&mut page, mean, false);
            }
            page.heading("The suspicions");
            page.table(suspicions(account, self.mean.as_ref()));
            let bounded = self.mean.iter().chain([account]).find(|account| !account.bounds.is_empty());
            if let Some(bounded) = bounded {
                page.heading("What a total still allows");
                page.table(bounds(bounded));
            }
            if account.composition.is_some() {
                page.heading(&format!("What a request at {} consists of", name(account.statistic)));
                page.table(composition(account));
            }
            page.heading("What was not visible");
            page.notes(not_visible(account, bridge.is_some()));
            page.heading("What nothing explains");
            page.notes([account].into_iter().chain(&self.mean).map(unexplained).collect());
        }
        page.heading("Failures");
        page.text(self.failed());
        page
    }

    fn failed(&self) -> String {
        let FailureGap { samples, failed, difference, interval } = &self.failures;
        let less = match difference.zip(*interval) {
            None => String::new(),
            Some((less, within)) => {
                format!(" B's rate less A's is {} (95 %: {}).", points(less), figures::interval(within, points))
            }
        };
        format!(
            "A: {} of {}. B: {} of {}.{less} They are in no figure above.",
            failed[0], samples[0], failed[1], samples[1]
        )
    }
}

/// `median`, `mean`, `p90`.
pub(super) fn name(statistic: Statistic) -> String {
    match statistic {
        Statistic::Mean => "mean".to_owned(),
        Statistic::Percentile(level) => figures::level(level.share()),
    }
}

fn within(interval: Option<Interval>) -> String {
    interval.map_or_else(|| "no interval".to_owned(), |interval| figures::interval(interval, signed))
}

/// One figure: the gap, and the way from A to B.
fn gap(page: &mut Document, account: &Account, bridged: bool) {
    let figure = name(account.statistic);
    page.heading(&format!("From A to B: {figure}"));
    let [a, b] = account.values_ms.map(ms);
    let sure = match &account.no_interval {
        None => format!("95 %: {}", within(account.gap_interval_ms)),
        Some(why) => format!("no interval: {}", needed(*why)),
    };
    page.text(format!("A {a}, B {b}: a gap of {} ({sure}).", signed(account.gap_ms)));
    let caption = format!("Causes of the gap of the {figure}, in ms from A to B; they add up to it");
    let mut table = Table::new(&caption, &["", "ms", "95 %", "of the gap", "so far", "claim"]);
    let mut so_far = account.values_ms[0];
    let end = |name: &str, value: f64| {
        let empty = String::new;
        vec![name.to_owned(), empty(), empty(), empty(), ms(value), empty()]
    };
    table.rows.push(end("A", so_far));
    for row in &account.rows {
        so_far += row.ms;
        table.rows.push(vec![
            row_name(row),
            signed(row.ms),
            within(row.interval_ms),
            row.share.map_or_else(|| figures::ABSENT.to_owned(), percent),
            ms(so_far),
            claim(row.claim).to_owned(),
        ]);
    }
    table.rows.push(end("B", account.values_ms[1]));
    page.table(table);
    page.notes(account.rows.iter().filter_map(evidence).collect());
    page.notes(notes(account, bridged));
}

fn notes(account: &Account, bridged: bool) -> Vec<String> {
    let mut notes = vec!["Evidence: mean of A → mean of B.".to_owned()];
    if account.outside_common_time > 0.0 {
        let outside = account.outside_common_time * 100.0;
        notes.push(format!("{outside:.1} % of the samples lie outside times that both sides have."));
    }
    if account.beyond_failures {
        notes.push(format!(
            "A side failed so often that its {} is a failure: its value is at least the timeout, not what stands here.",
            name(account.statistic)
        ));
    }
    if bridged {
        notes.push("Evidence at A is the bridge's; so is every row but definition and timing.".to_owned());
    }
    notes.extend(basis(account));
    notes
}

fn suspicions(account: &Account, mean: Option<&Account>) -> Table {
    let both: Vec<&Account> = [account].into_iter().chain(mean).collect();
    let names: Vec<String> = both.iter().map(|account| name(account.statistic)).collect();
    let head: Vec<&str> = [""].into_iter().chain(names.iter().map(String::as_str)).collect();
    let mut table = Table::new("What is claimed of each, and what it explains in ms", &head);
    for (at, verdict) in account.verdicts.iter().enumerate() {
        let judged: Vec<_> = both.iter().filter_map(|account| account.verdicts.get(at)).collect();
        // A figure of which nothing was seen asks for no command where the other one decides.
        let seen = judged.iter().any(|verdict| verdict.ms.is_some());
        let mut open = judged.iter().filter(|verdict| verdict.ms.is_some() || !seen);
        let decided_by = open.find_map(|verdict| verdict.decided_by);
        let by = decided_by.map_or_else(String::new, |command| format!("\nto decide: {command}"));
        let cell = |verdict: &&crate::explain::verdict::Verdict| match verdict.ms {
            None => format!("{}\ncannot be told", claim(verdict.claim)),
            Some(ms) => format!("{}\n{}\n{}", claim(verdict.claim), signed(ms), within(verdict.interval_ms)),
        };
        let first = format!("{} {}{by}", verdict.code, suspicion(verdict.hypothesis));
        table.rows.push(std::iter::once(first).chain(judged.iter().map(cell)).collect());
    }
    table
}

fn bounds(account: &Account) -> Table {
    let caption =
        "Between which values each cause of the mean's gap must lie; bounds without a confidence, not intervals";
    let mut table = Table::new(caption, &["", "at least", "at most"]);
    let rows = account.bounds.iter();
    table
        .rows
        .extend(rows.map(|bound| vec![words::cause(bound.cause), signed(bound.lower_ms), signed(bound.upper_ms)]));
    table
}

fn composition(account: &Account) -> Table {
    let caption = "Parts of the Harrell-Davis estimate, ms; what slow requests are made of, not why the sides differ";
    let mut table = Table::new(caption, &["", "A", "B"]);
    if let Some(whole) = &account.composition {
        let parts = whole.parts.iter().filter(|part| part.a_ms != 0.0 || part.b_ms != 0.0);
        table.rows.extend(parts.map(|part| vec![words::cause(part.cause), ms(part.a_ms), ms(part.b_ms)]));
        table.rows.push(vec!["in all".to_owned(), ms(whole.values_ms[0]), ms(whole.values_ms[1])]);
    }
    table
}

fn not_visible(account: &Account, bridged: bool) -> Vec<String> {
    let side = |(name, missing): (&str, &Vec<&'static str>)| match missing.is_empty() {
        true => format!("{name}: everything was visible."),
        false => format!("{name} does not show: {}.", missing.join(", ").replace('_', " ")),
    };
    [if bridged { "The bridge" } else { "A" }, "B"].into_iter().zip(&account.not_visible).map(side).collect()
}
