//! What became slower: a page over twelve of its own slots against itself before them.

use std::collections::BTreeMap;
use std::time::Duration;

use parallax::archive::selection::Window;
use parallax::measurement::identity::TargetId;
use parallax::measurement::wire::Record;
use parallax::metrics::places::Places;
use parallax::metrics::slower::{Rule, slower};
use parallax::summary::collector::{Collector, WindowSummary};

use super::grid::{self, Comparison};

/// Two stretches of time, and what they hold.
#[derive(Clone, Debug)]
pub struct Change {
    comparison: Comparison,
    latest: Collector,
    before: Collector,
    places: Places,
}

impl Change {
    /// Before any sample.
    #[must_use]
    pub fn new(comparison: Comparison) -> Self {
        Self { comparison, latest: Collector::default(), before: Collector::default(), places: Places::default() }
    }

    /// What has to be read for it.
    #[must_use]
    pub fn stretch(&self) -> Window {
        self.comparison.whole()
    }

    /// Takes a sample in, in any order; one that began outside of the stretch says nothing.
    pub fn add(&mut self, record: &Record) {
        let sample = &record.sample;
        if self.comparison.latest.contains(sample.started_at_ms) {
            self.latest.add(sample);
            self.places.add(record);
        } else if self.comparison.before.contains(sample.started_at_ms) {
            self.before.add(sample);
        }
    }

    /// The pages that became slower.
    #[must_use]
    pub fn slower(self, rule: Rule) -> Vec<TargetId> {
        slower(&self.latest.finish(), &self.before.finish(), &self.places, rule)
    }
}

/// The pages whose twelve slots are longer than those of the tick, with their cadence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rare(BTreeMap<TargetId, Duration>);

impl Rare {
    /// Of pages, with the time between two slots of each.
    #[must_use]
    pub fn of(pages: impl IntoIterator<Item = (TargetId, Duration)>, window: Window, tick: Duration) -> Self {
        let usual = grid::comparison(window, tick);
        let cadence = |(page, every): (TargetId, Duration)| (page, grid::cadence(every, tick));
        let is_rare = |(_, cadence): &(TargetId, Duration)| grid::comparison(window, *cadence) != usual;
        Self(pages.into_iter().map(cadence).filter(is_rare).collect())
    }

    /// Whether a page is one of them.
    #[must_use]
    pub fn has(&self, page: &TargetId) -> bool {
        self.0.contains_key(page)
    }

    /// What to compare at the end of a window: those that were measured in it. In the other windows nothing is new of a
    /// page, and days of samples need not be read again.
    #[must_use]
    pub fn due(&self, window: Window, summary: &WindowSummary) -> Vec<(TargetId, Change)> {
        let measured = |page: &TargetId| summary.sources.iter().any(|source| source.name.target == *page);
        let change = |cadence: &Duration| Change::new(grid::comparison(window, *cadence));
        let due = self.0.iter().filter(|(page, _)| measured(page));
        due.map(|(page, cadence)| (page.clone(), change(cadence))).collect()
    }
}
