//! Samples in, summaries out.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::measurement::sample::Sample;

use super::source::{Accumulator, SourceName, SourceSummary};

/// Takes samples in any order, and keeps a row of each.
#[derive(Clone, Debug, Default)]
pub struct Collector {
    sources: BTreeMap<SourceName, Accumulator>,
}

/// What a window holds: its sources, ordered by target, vantage and method.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WindowSummary {
    /// Samples, good and bad.
    pub samples: u64,
    /// One summary a source; none in a window without samples.
    pub sources: Vec<SourceSummary>,
}

impl Collector {
    /// Takes one sample in.
    pub fn add(&mut self, sample: &Sample) {
        let name = SourceName::of(sample);
        self.sources.entry(name.clone()).or_insert_with(|| Accumulator::new(name)).add(sample);
    }

    /// The summaries of what was added.
    #[must_use]
    pub fn finish(self) -> WindowSummary {
        let sources: Vec<SourceSummary> = self.sources.into_values().map(Accumulator::finish).collect();
        WindowSummary { samples: sources.iter().map(|source| source.samples).sum(), sources }
    }
}

/// Summarises samples that are all at hand.
pub fn summarise<'a>(samples: impl IntoIterator<Item = &'a Sample>) -> WindowSummary {
    let mut collector = Collector::default();
    samples.into_iter().for_each(|sample| collector.add(sample));
    collector.finish()
}
