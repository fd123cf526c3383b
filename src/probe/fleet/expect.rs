//! What a page must satisfy.

use std::time::Duration;

use crate::probe::target::Expectations;

use super::finding::{Findings, shown};
use super::section::{Entry, Section};

/// Of a page that is given up after `timeout`.
pub(super) fn expect(entry: Entry<'_>, timeout: Duration, findings: &mut Findings<'_>) -> Option<Expectations> {
    let mut section = entry.table("a table such as { status = [200] }", findings)?;
    section.name = "`expect`".to_owned();
    let expectations = Expectations {
        status: section.take("status").map(|entry| statuses(entry, findings)).unwrap_or_default(),
        body_contains: section.take("body_contains").and_then(|entry| wanted_text(entry, findings)),
        body_matches: section.take("body_matches").and_then(|entry| pattern(entry, findings)),
        json: section.take("json").map(|entry| pointers(entry, findings)).unwrap_or_default(),
        headers: section.take("headers").map(|entry| headers(entry, findings)).unwrap_or_default(),
        certificate_days_left: section
            .take("certificate_days_left")
            .and_then(|entry| entry.whole(0, 36_500, findings))
            .and_then(|days| i32::try_from(days).ok()),
        max_time: section.take("max_time").and_then(|entry| largest_time(entry, timeout, findings)),
    };
    section.finish(findings);
    Some(expectations)
}

/// An answer that late is a timeout already, and the check could never fail.
fn largest_time(entry: Entry<'_>, timeout: Duration, findings: &mut Findings<'_>) -> Option<Duration> {
    let at = entry.at;
    let length = entry.length(findings)?;
    if length > timeout {
        let [length, timeout] = [length, timeout].map(|length| humantime::format_duration(length).to_string());
        let what = format!("`max_time` {length} is longer than the timeout ({timeout}), so it could never fail");
        findings.note(at, format!("{what}; shorten it, or raise `timeout`"));
    }
    Some(length)
}

/// `200`, or `"2xx"` for a whole class.
fn statuses(entry: Entry<'_>, findings: &mut Findings<'_>) -> Vec<u16> {
    const WANTED: &str = "a list of status codes, such as [200, 304] or [\"2xx\"]";
    let at = entry.at;
    let Some(items) = entry.list(WANTED, findings) else { return Vec::new() };
    if items.is_empty() {
        findings.note(at, format!("`status` is empty; write {WANTED}, or leave it out"));
    }
    let mut statuses = Vec::new();
    for item in items {
        if item.is_whole() {
            statuses.extend(item.whole(100, 599, findings).and_then(|status| u16::try_from(status).ok()));
            continue;
        }
        let at = item.at;
        let Some(class) = item.text(WANTED, findings) else { continue };
        match class.strip_suffix("xx").and_then(|hundreds| hundreds.parse::<u16>().ok()) {
            Some(hundreds @ 1..=5) => statuses.extend(hundreds * 100..hundreds * 100 + 100),
            _ => findings.note(at, format!("`status` has \"{}\"; write {WANTED}", shown(&class))),
        }
    }
    statuses.sort_unstable();
    statuses.dedup();
    statuses
}

fn wanted_text(entry: Entry<'_>, findings: &mut Findings<'_>) -> Option<String> {
    let (key, at) = (entry.key.clone(), entry.at);
    let text = entry.text("a text", findings)?;
    if text.is_empty() {
        findings.note(at, format!("`{key}` is empty, and every page satisfies it; write a text, or leave it out"));
        return None;
    }
    Some(text)
}

fn pattern(entry: Entry<'_>, findings: &mut Findings<'_>) -> Option<regex_lite::Regex> {
    let at = entry.at;
    let text = wanted_text(entry, findings)?;
    regex_lite::Regex::new(&text)
        .map_err(|error| {
            let what = format!("`body_matches` is no regular expression: {}; mend \"{}\"", error, shown(&text));
            findings.note(at, what);
        })
        .ok()
}

/// JSON pointers (RFC 6901) and the value at each.
fn pointers(entry: Entry<'_>, findings: &mut Findings<'_>) -> Vec<(String, serde_json::Value)> {
    let Some(section) = entry.table("a table such as { \"/status\" = \"ok\" }", findings) else { return Vec::new() };
    let mut pointers = Vec::new();
    for entry in section.into_entries() {
        let pointer = entry.key.clone();
        let escapes = pointer.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
        if !(pointer.is_empty() || pointer.starts_with('/')) || !escapes {
            let what = format!(
                "`{}` is no JSON pointer; write the path from the top, such as \"/data/0/name\" (~1 for /, ~0 for ~)",
                shown(&pointer)
            );
            findings.note(entry.key_at, what);
            continue;
        }
        pointers.extend(entry.json(findings).map(|value| (pointer, value)));
    }
    pointers
}

fn headers(entry: Entry<'_>, findings: &mut Findings<'_>) -> Vec<(String, String)> {
    let Some(section): Option<Section<'_>> = entry.table("a table such as { Content-Type = \"text/html\" }", findings)
    else {
        return Vec::new();
    };
    let mut headers = Vec::new();
    for entry in section.into_entries() {
        let name = entry.key.clone();
        headers.extend(entry.text("the header's value as text", findings).map(|value| (name, value)));
    }
    headers
}
