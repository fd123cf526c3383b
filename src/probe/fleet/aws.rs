//! The AWS side of a fleet: read and checked with the rest, so that one file serves both.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::measurement::identity::Method;

use super::finding::{Findings, Position, shown};
use super::section::{Entry, Section};

/// Probes in AWS regions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aws {
    /// What its parts on AWS are named after, where the file says it.
    pub name: Option<String>,
    /// The region of the queue, the archive and the metrics.
    pub home: String,
    /// The regions with probes; at least one, none twice.
    pub regions: Vec<String>,
    /// The sizes of the probe; at least one, none twice.
    pub memory_mb: Vec<u32>,
    /// In which ways.
    pub methods: Vec<Method>,
    /// What is published.
    pub metrics: Vec<Metric>,
    /// Samples older than this go; absent keeps the deployment's own limit.
    pub keep: Option<Duration>,
    /// Where the file says so.
    pub at: Position,
}

/// The name of a fleet that has none.
const USUAL_NAME: &str = "parallax";

impl Aws {
    /// The table of targets, of the same name in every region.
    #[must_use]
    pub fn targets_table(&self) -> String {
        format!("{}-targets", self.name.as_deref().unwrap_or(USUAL_NAME))
    }

    /// The regions with a table of targets, in order: those with probes, and home, where the rollup learns from it how
    /// often a page is measured.
    #[must_use]
    pub fn regions_with_targets(&self) -> Vec<String> {
        let regions: BTreeSet<&String> = self.regions.iter().chain([&self.home]).collect();
        regions.into_iter().cloned().collect()
    }
}

/// A published series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Metric {
    /// Response times.
    Latency,
    /// Answered or not.
    Availability,
}

impl Metric {
    /// As the file writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Availability => "availability",
        }
    }
}

pub(super) fn aws(mut section: Section<'_>, findings: &mut Findings<'_>) -> Option<Aws> {
    section.name = "[fleet]".to_owned();
    let name = section.take("name").and_then(|entry| named(entry, findings));
    let home = section
        .need("home", "the home region, such as `home = \"ap-northeast-1\"`", findings)
        .and_then(|entry| region(entry, findings));
    let regions = section
        .need("regions", "the regions with probes, such as `regions = [\"ap-northeast-1\", \"us-east-1\"]`", findings)
        .and_then(|entry| several(entry, "a list of regions, such as [\"us-east-1\"]", findings, region));
    let memory_mb = match section.take("memory_mb") {
        None => Some(vec![1769]),
        Some(entry) => several(entry, "a list of sizes in MB, such as [1769]", findings, |item, findings| {
            item.whole(128, 10_240, findings).and_then(|mb| u32::try_from(mb).ok())
        }),
    };
    let methods = match section.take("methods") {
        None => Some(vec![Method::Fresh]),
        Some(entry) => super::methods(entry, findings),
    };
    let metrics = match section.take("metrics") {
        None => Some(vec![Metric::Latency, Metric::Availability]),
        Some(entry) => several(entry, "a list such as [\"latency\", \"availability\"]", findings, |item, findings| {
            item.word(&[("latency", Metric::Latency), ("availability", Metric::Availability)], findings)
        }),
    };
    let keep = section.take("keep").and_then(|entry| entry.length(findings));
    let at = findings.position(section.at);
    section.finish(findings);
    Some(Aws {
        name,
        home: home?,
        regions: regions?,
        memory_mb: memory_mb?,
        methods: methods?,
        metrics: metrics?,
        keep,
        at,
    })
}

/// A list with at least one item and none twice.
fn several<T: PartialEq>(
    entry: Entry<'_>,
    wanted: &str,
    findings: &mut Findings<'_>,
    read: impl Fn(Entry<'_>, &mut Findings<'_>) -> Option<T>,
) -> Option<Vec<T>> {
    let (key, at) = (entry.key.clone(), entry.at);
    let items = entry.list(wanted, findings)?;
    if items.is_empty() {
        findings.note(at, format!("`{key}` is empty; write {wanted}"));
    }
    let mut several = Vec::new();
    for item in items {
        let at = item.at;
        let Some(value) = read(item, findings) else { continue };
        if several.contains(&value) {
            findings.note(at, format!("the same stands twice in `{key}`; name it once"));
        }
        several.push(value);
    }
    (!several.is_empty()).then_some(several)
}

/// As the templates have it.
fn named(entry: Entry<'_>, findings: &mut Findings<'_>) -> Option<String> {
    const WANTED: &str = "up to 20 lower-case letters, digits and hyphens, a letter first";
    let at = entry.at;
    let text = entry.text(WANTED, findings)?;
    let right = text.len() <= 20
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !right {
        findings.note(at, format!("`name` is \"{}\"; write {WANTED}", shown(&text)));
    }
    right.then_some(text)
}

fn region(entry: Entry<'_>, findings: &mut Findings<'_>) -> Option<String> {
    let at = entry.at;
    let text = entry.text("a region as text, such as \"eu-west-1\"", findings)?;
    let right = is_region(&text);
    if !right {
        findings.note(at, format!("`{}` is no AWS region; write one such as \"eu-west-1\"", shown(&text)));
    }
    right.then_some(text)
}

/// `xx-direction-1`: the shape of a region's name, so that one opened tomorrow is not refused.
#[must_use]
pub fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lower = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase());
    match parts.as_slice() {
        [area, middle @ .., number] => {
            area.len() == 2
                && lower(area)
                && (1..=2).contains(&middle.len())
                && middle.iter().all(lower)
                && (1..=2).contains(&number.len())
                && number.chars().all(|c| c.is_ascii_digit())
        }
        _ => false,
    }
}
