//! Which targets became slower: a window against what came before it.

use std::collections::{BTreeMap, BTreeSet};

use crate::measurement::identity::TargetId;
use crate::summary::collector::WindowSummary;
use crate::summary::source::SourceSummary;

use super::label::Label;
use super::places::Places;

/// When a target counts as slower.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// Places from which it has to be slower: the same ones from which it would have to be down.
    pub quorum: usize,
    /// By how much of the median before, at least: 0.2 is a fifth.
    pub by_share: f64,
    /// And by how many milliseconds at least: a fifth of nothing is nothing.
    pub by_millis: f64,
}

impl Default for Rule {
    /// From two places, by a fifth and 10 ms.
    fn default() -> Self {
        Self { quorum: 2, by_share: 0.2, by_millis: 10.0 }
    }
}

/// The targets that are slower in a window than before it.
///
/// From a place a target is slower where the median of one source there rose by as much as the rule says even if its
/// 95 % interval is taken at its lower end, and the one before at its upper: a median that merely might have risen is no
/// alarm. Sources that either summary lacks, or whose interval has not both ends, say nothing.
#[must_use]
pub fn slower(window: &WindowSummary, before: &WindowSummary, places: &Places, rule: Rule) -> Vec<TargetId> {
    let known: BTreeMap<_, _> = before.sources.iter().map(|source| (&source.name, source)).collect();
    let mut found: BTreeMap<&TargetId, BTreeSet<Label>> = BTreeMap::new();
    for source in &window.sources {
        if known.get(&source.name).is_some_and(|before| rose(source, before, rule)) {
            found.entry(&source.name.target).or_default().insert(places.of(&source.name.vantage));
        }
    }
    let enough = |places: &BTreeSet<Label>| places.len() >= rule.quorum.max(1);
    found.into_iter().filter(|(_, places)| enough(places)).map(|(target, _)| target.clone()).collect()
}

fn rose(source: &SourceSummary, before: &SourceSummary, rule: Rule) -> bool {
    let median = |source: &SourceSummary| source.latency_ms.as_ref().map(|latency| latency.percentiles[0].interval);
    let (Some(now), Some(before)) = (median(source), median(before)) else { return false };
    let (Some(least), Some(most), true) = (now.lower, before.upper, now.upper.is_some() && before.lower.is_some())
    else {
        return false;
    };
    least - most >= rule.by_millis.max(most * rule.by_share)
}
