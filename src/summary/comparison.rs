//! Two sources of one page, side by side.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::measurement::sample::Sample;
use crate::statistics::bootstrap::{Difference, of_means, of_medians};
use crate::statistics::observations::Observations;

use super::difference::{PhasePair, Share, pairs, shares};
use super::source::{Accumulator, SourceName, SourceSummary};

/// Collects the samples of two sources.
#[derive(Clone, Debug)]
pub struct ComparisonCollector {
    a: Accumulator,
    b: Accumulator,
}

/// Two sources side by side. Times are in milliseconds; differences are the second minus the first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The first source.
    pub a: SourceSummary,
    /// The second source.
    pub b: SourceSummary,
    /// Of the intervals that were found by resampling: the same samples and seed give the same intervals.
    pub seed: u64,
    /// Absent where a side has no response time.
    pub difference_of_medians_ms: Option<Difference>,
    /// Absent where a side has no response time.
    pub difference_of_means_ms: Option<Difference>,
    /// Every phase that either side had.
    pub phases: Vec<PhasePair>,
    /// Where the gap of the means lies, the largest part first; the parts add up to it.
    pub where_the_time_went: Vec<Share>,
    /// What these sources could not show, in sentences.
    pub not_visible: Vec<String>,
}

impl ComparisonCollector {
    /// Of two sources, before any sample.
    #[must_use]
    pub fn new(a: SourceName, b: SourceName) -> Self {
        Self { a: Accumulator::new(a), b: Accumulator::new(b) }
    }

    /// Takes a sample of the first source in.
    pub fn add_a(&mut self, sample: &Sample) {
        self.a.add(sample);
    }

    /// Takes a sample of the second source in.
    pub fn add_b(&mut self, sample: &Sample) {
        self.b.add(sample);
    }

    /// The comparison of what was added.
    #[must_use]
    pub fn finish(self, seed: u64) -> Comparison {
        let [first, second] = [&self.a, &self.b].map(|side| {
            let values = side.rows.iter().filter_map(|row| row.latency.millis()).collect();
            Observations::new(values).ok()
        });
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let both = first.zip(second);
        let difference_of_medians_ms = both.as_ref().map(|(a, b)| of_medians(a, b, &mut random));
        let difference_of_means_ms = both.as_ref().map(|(a, b)| of_means(a, b, &mut random));
        let (a, b) = (self.a.finish(), self.b.finish());
        Comparison {
            seed,
            difference_of_medians_ms,
            difference_of_means_ms,
            phases: pairs(&a, &b),
            where_the_time_went: shares(&a, &b),
            not_visible: [("A", &a), ("B", &b)].into_iter().flat_map(|(side, s)| hidden(side, s)).collect(),
            a,
            b,
        }
    }
}

/// Compares samples that are all at hand.
pub fn compare<'a>(
    a: (SourceName, impl IntoIterator<Item = &'a Sample>),
    b: (SourceName, impl IntoIterator<Item = &'a Sample>),
    seed: u64,
) -> Comparison {
    let mut collector = ComparisonCollector::new(a.0, b.0);
    a.1.into_iter().for_each(|sample| collector.add_a(sample));
    b.1.into_iter().for_each(|sample| collector.add_b(sample));
    collector.finish(seed)
}

fn hidden(side: &str, source: &SourceSummary) -> Vec<String> {
    let name = format!("{side} ({})", source.name.method);
    let Some(latency) = &source.latency_ms else {
        return vec![format!("{name}: no sample was answered, so there is no response time")];
    };
    let gaps = [
        (source.phases.is_empty(), "gives a total only, no phases"),
        (!source.phases.is_empty() && source.network_ms.is_none(), "does not tell network time from local time"),
        (source.cpu_ms.is_none(), "does not tell its CPU time"),
        (source.run_delay_ms.is_none(), "does not tell how long it was kept from running"),
    ];
    let partly = source.network_ms.as_ref().filter(|network| network.n < latency.n);
    gaps.into_iter()
        .filter(|(missing, _)| *missing)
        .map(|(_, words)| format!("{name} {words}"))
        .chain(partly.map(|network| format!("{name} tells network from local time in {} of {}", network.n, latency.n)))
        .collect()
}
