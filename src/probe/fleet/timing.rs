//! How often, and how long at most.

use std::time::Duration;

use crate::probe::schedule::grid::Grid;
use crate::probe::target::Timeouts;

use super::finding::Findings;
use super::section::{Entry, Section};

/// `every`, where it is said and right.
pub(super) fn every(section: &mut Section<'_>, findings: &mut Findings<'_>) -> Option<Grid> {
    let entry = section.take("every")?;
    let at = entry.at;
    let length = entry.length(findings)?;
    match Grid::new(length) {
        Ok(grid) => Some(grid),
        Err(error) => {
            findings.note(at, format!("`every` is {}: {error}", humantime::format_duration(length)));
            None
        }
    }
}

/// What holds where no `timeout` is said: ten seconds, or all of a shorter slot.
pub(super) fn usual(every: Option<Grid>) -> Timeouts {
    let ten = Duration::from_secs(10);
    Timeouts::total(every.map_or(ten, |grid| grid.every().min(ten)))
}

/// `timeout = "10s"`, or a table with a limit for each phase.
pub(super) fn timeouts(
    entry: Option<Entry<'_>>,
    every: Option<Grid>,
    usual: Timeouts,
    findings: &mut Findings<'_>,
) -> Timeouts {
    let Some(entry) = entry else { return usual };
    if entry.is_text() {
        return total(entry, every, findings).map_or(usual, Timeouts::total);
    }
    const WANTED: &str = "a length of time such as \"10s\", or a table such as { total = \"10s\", connect = \"3s\" }";
    let Some(mut section) = entry.table(WANTED, findings) else { return usual };
    let whole = section.take("total").and_then(|entry| total(entry, every, findings)).unwrap_or(usual.total);
    let mut limit = |key| {
        let Some(entry) = section.take(key) else { return whole };
        let at = entry.at;
        let Some(length) = entry.length(findings) else { return whole };
        if length > whole {
            let whole = humantime::format_duration(whole);
            findings
                .note(at, format!("`{key}` is longer than the whole timeout ({whole}); shorten it, or raise `total`"));
        }
        length
    };
    let timeouts = Timeouts {
        total: whole,
        resolve: limit("resolve"),
        connect: limit("connect"),
        tls: limit("tls"),
        wait: limit("wait"),
        receive: limit("receive"),
    };
    section.finish(findings);
    timeouts
}

/// Longer than a slot, one exchange would cost the next one its slot.
fn total(entry: Entry<'_>, every: Option<Grid>, findings: &mut Findings<'_>) -> Option<Duration> {
    let at = entry.at;
    let length = entry.length(findings)?;
    if let Some(every) = every.map(Grid::every).filter(|every| length > *every) {
        let (length, every) = (humantime::format_duration(length), humantime::format_duration(every));
        findings
            .note(at, format!("the timeout {length} is longer than `every` ({every}); shorten it, or ask less often"));
        return None;
    }
    Some(length)
}
