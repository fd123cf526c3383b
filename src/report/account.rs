//! Why two sources disagree: an account as a page.

pub mod comparison;
mod contrast;
mod gap;
mod own_work;
mod words;

use serde::Serialize;

use crate::explain::account::Account;
use crate::explain::ledger::Seen;
use crate::explain::question::Statistic;
use crate::explain::source::{FailureGap, Source};
use crate::explain::traits::Difference;
use crate::measurement::counted::counted;
use crate::summary::source::SourceName;

use super::document::{Document, Table, VERBATIM};
use super::figures::{self, ms, signed};
use super::json;
use super::latency::SCHEMA;

use words::{claim, points, suspicion, unexplained, within};

/// The report on an account, without the time of its making: the same samples and seed give the same bytes. Its JSON is
/// this structure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AccountReport {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The two sources, and what stands between them.
    #[serde(flatten)]
    pub parties: Parties,
    /// Why they disagree.
    #[serde(flatten)]
    pub explained: Explained,
}

/// Why two sources disagree, or why that cannot be said: what every command that compares two sources ends with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explained {
    /// Failures of A and of B, which are in no other figure.
    pub failures: FailureGap,
    /// Why there is no account; absent where there is one.
    pub cannot_say: Option<String>,
    /// The account that was asked for.
    pub account: Option<Account>,
    /// The same question of the means; absent where that was asked for.
    pub mean: Option<Account>,
    /// What differs beside times.
    pub differences: Vec<Difference>,
    /// What would decide the suspicions that are open.
    pub to_decide: Vec<ToDecide>,
}

/// What would decide a suspicion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ToDecide {
    /// `H1` to `H5`, any of them.
    pub codes: Vec<&'static str>,
    /// The command.
    pub command: String,
    /// Where or when it has to run, in a sentence that goes on after it.
    pub how: String,
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
        let samples = counted(self.samples, "sample");
        format!("{name}: {}, {samples}{of}, {} failed{left_out}.", self.asked, self.failed)
    }
}

impl AccountReport {
    /// The report on two sources.
    #[must_use]
    pub fn new(parties: Parties, explained: Explained) -> Self {
        Self { schema: SCHEMA, parties, explained }
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
        page.text(a.line("A"));
        page.text(b.line("B"));
        if let Some(bridge) = bridge {
            page.text(bridge.line("Bridge, our probe in A's place"));
        }
        if since.is_some() || until.is_some() {
            let end = |end: &Option<String>, open: &str| end.clone().unwrap_or_else(|| open.to_owned());
            page.text(format!("Samples from {} to {}.", end(since, "the first"), end(until, "the last")));
        }
        if let Some(account) = &self.explained.account {
            page.text(format!("Times in milliseconds. Seed {}.", account.seed));
        }
        self.explained.onto(&mut page, bridge.is_some());
        page
    }
}

impl Explained {
    /// An account, or why there is none; what is open gets its commands from `to_decide`.
    #[must_use]
    pub fn new(
        failures: FailureGap,
        found: Result<(Account, Option<Account>), String>,
        differences: Vec<Difference>,
        to_decide: Vec<ToDecide>,
    ) -> Self {
        let (cannot_say, account, mean) = match found {
            Ok((account, mean)) => (None, Some(account), mean),
            Err(why) => (Some(why), None, None),
        };
        Self { failures, cannot_say, account, mean, differences, to_decide }
    }

    /// Adds all of it to a page; `bridged` where a probe of ours stands in A's place.
    pub fn onto(&self, page: &mut Document, bridged: bool) {
        if let Some(why) = &self.cannot_say {
            page.heading("Cannot say");
            page.text(format!("{why}."));
        }
        if let Some(account) = &self.account {
            for warning in &account.warnings {
                page.text(words::warning(*warning));
            }
            for account in [account].into_iter().chain(&self.mean) {
                gap::onto(page, account, bridged);
            }
            page.heading("The suspicions");
            page.table(suspicions(account, self.mean.as_ref()));
            page.notes([account].into_iter().chain(&self.mean).find_map(words::by_design).into_iter().collect());
            page.notes(own_work::suspected(account).into_iter().collect());
            page.notes(self.mean.as_ref().unwrap_or(account).contrasts.iter().map(contrast::note).collect());
            page.notes(self.to_decide.iter().flat_map(decides).collect());
            let bounded = self.mean.iter().chain([account]).find(|account| !account.bounds.is_empty());
            if let Some(bounded) = bounded {
                let total = bounded.not_visible.iter().any(|missing| missing.len() == Seen::NOTHING.missing().len());
                page.heading(if total {
                    "What a total still allows"
                } else {
                    "What samples without phases leave open"
                });
                page.table(bounds(bounded, total));
            }
            let composition = composition(account);
            if !composition.rows.is_empty() {
                page.heading(&format!("What a request at {} consists of", name(account.statistic)));
                page.table(composition);
            }
            page.heading("What was not visible");
            page.notes(not_visible(account, bridged));
            page.heading("What nothing explains");
            page.notes([account].into_iter().chain(&self.mean).map(unexplained).collect());
        }
        if !self.differences.is_empty() {
            page.heading("What else differs");
            page.notes(self.differences.iter().map(words::difference).collect());
        }
        page.heading("Failures");
        page.text(self.failed());
    }

    /// The gap in a sentence or two, each figure; empty where nothing can be said.
    #[must_use]
    pub fn in_short(&self) -> Vec<String> {
        self.account.iter().chain(&self.mean).map(gap::in_short).collect()
    }

    fn failed(&self) -> String {
        let FailureGap { samples, failed, difference, interval, failed_in } = &self.failures;
        let less = match difference.zip(*interval) {
            None => String::new(),
            Some((less, within)) => {
                format!(" B's rate less A's is {} (95 %: {}).", points(less), figures::interval(within, points))
            }
        };
        let places: Vec<String> =
            failed_in.iter().map(|one| format!("{} in {} {} and {}", one.cause, one.phase, one.a, one.b)).collect();
        let places = match places.is_empty() {
            true => String::new(),
            false => format!(" Why, A and B: {}.", places.join(", ")),
        };
        let counted = self.account.iter().chain(&self.mean).find_map(|account| account.failures_as_ms);
        let counts = match counted {
            None => "They are in no figure above.".to_owned(),
            Some(failure_ms) => format!("In the mean above each counts as {} ms.", ms(failure_ms)),
        };
        format!("A: {} of {}. B: {} of {}.{less}{places} {counts}", failed[0], samples[0], failed[1], samples[1])
    }
}

/// `median`, `mean`, `p90`.
pub(super) fn name(statistic: Statistic) -> String {
    match statistic {
        Statistic::Mean => "mean".to_owned(),
        Statistic::Percentile(level) => figures::level(level.share()),
    }
}

fn suspicions(account: &Account, mean: Option<&Account>) -> Table {
    let both: Vec<&Account> = [account].into_iter().chain(mean).collect();
    let names: Vec<String> = both.iter().map(|account| name(account.statistic)).collect();
    let head: Vec<&str> = [""].into_iter().chain(names.iter().map(String::as_str)).collect();
    let mut table = Table::new("What is claimed of each, and what it explains in ms", &head);
    for (at, verdict) in account.verdicts.iter().enumerate() {
        let judged = both.iter().filter_map(|account| account.verdicts.get(at));
        let cell = |verdict: &crate::explain::verdict::Verdict| match verdict.ms {
            None if verdict.by_design => format!("{}\nboth at one place", claim(verdict.claim)),
            None => format!("{}\ncannot be told", claim(verdict.claim)),
            Some(ms) => format!("{}\n{}\n{}", claim(verdict.claim), signed(ms), within(verdict.interval_ms)),
        };
        let first = format!("{} {}", verdict.code, suspicion(verdict.hypothesis));
        table.rows.push(std::iter::once(first).chain(judged.map(cell)).collect());
    }
    table
}

/// Two notes, so that the command can be copied whole.
fn decides(open: &ToDecide) -> [String; 2] {
    let how = if open.how.is_empty() { String::new() } else { format!(", {}", open.how) };
    let codes = match open.codes.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => open.codes.concat(),
    };
    [format!("To decide {codes}{how}:"), format!("{VERBATIM}{}", open.command)]
}

fn bounds(account: &Account, total: bool) -> Table {
    let caption = match total {
        true => {
            "Between which values each cause of the mean's gap must lie; bounds without a confidence, not intervals"
        }
        false => {
            "Samples that do not show a cause may be like the others, or have none of it, which is in the residual then; \
             bounds without a confidence, not intervals"
        }
    };
    let caption = format!("{caption}{}", words::known(&account.known));
    let mut table = Table::new(&caption, &["", "at least", "at most"]);
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
        let parts = whole.parts.iter().filter(|part| part.a_ms.abs() >= 1e-9 || part.b_ms.abs() >= 1e-9);
        table.rows.extend(parts.map(|part| vec![words::cause(part.cause), ms(part.a_ms), ms(part.b_ms)]));
        // One part is the whole, which stands above.
        if table.rows.len() < 2 {
            return Table::default();
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_suspicions_are_named_as_a_sentence_would() {
        let first = |codes: &[&'static str]| {
            decides(&ToDecide { codes: codes.to_vec(), command: String::new(), how: String::new() })[0].clone()
        };
        assert_eq!(first(&["H2"]), "To decide H2:");
        assert_eq!(first(&["H2", "H3"]), "To decide H2 and H3:");
        assert_eq!(first(&["H2", "H3", "H4"]), "To decide H2, H3 and H4:");
    }
}
