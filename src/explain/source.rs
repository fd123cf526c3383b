//! One source as it is read: rows kept, failures counted.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::measurement::environment::Environment;
use crate::measurement::outcome::Outcome;
use crate::measurement::phase::Phase;
use crate::measurement::sample::Sample;
use crate::statistics::clopper_pearson;
use crate::statistics::interval::Interval;
use crate::statistics::proportion::Proportion;

use super::ledger::Row;
use super::traits::Traits;

/// A source being read: samples are shown to it one by one and not kept.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// One row for each response time.
    pub rows: Vec<Row>,
    /// Samples, good and bad.
    pub samples: u64,
    /// Samples without a response time.
    pub failed: u64,
    /// Samples whose clocks drifted apart while measuring: left out.
    pub clock_suspect: u64,
    /// What the first of them asked for, where it says.
    pub url: Option<String>,
    /// What they showed beside times.
    pub traits: Traits,
    /// By where they failed and why.
    failed_in: BTreeMap<(usize, &'static str), u64>,
}

impl Source {
    /// Takes one sample in; `reported_ms` as in [`Row::of`].
    pub fn add(&mut self, sample: &Sample, environment: &Environment, reported_ms: Option<f64>) {
        self.samples += 1;
        if let (None, Some(first)) = (&self.url, sample.hops.first()) {
            self.url = Some(first.url.clone());
        }
        if sample.clock_suspect {
            self.clock_suspect += 1;
            return;
        }
        match Row::of(sample, environment, reported_ms) {
            Some(row) => self.rows.push(row),
            None => {
                self.failed += 1;
                for place in places(&sample.outcome) {
                    *self.failed_in.entry(place).or_default() += 1;
                }
            }
        }
        self.traits.add(sample);
    }
}

/// How often each side failed: failures are never part of a mean.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FailureGap {
    /// Samples of A, and of B.
    pub samples: [u64; 2],
    /// Those without a response time.
    pub failed: [u64; 2],
    /// B's rate less A's; absent where a side has no sample.
    pub difference: Option<f64>,
    /// 95 %: Newcombe's, from Wilson's intervals of the rates.
    pub interval: Option<Interval>,
    /// Where they failed, and why.
    pub failed_in: Vec<FailedIn>,
}

/// Failures of both sides in one place of the exchange and of one cause; an answer may break several checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailedIn {
    /// `resolve` to `receive`, or `answer` for answers that were not as expected.
    pub phase: &'static str,
    /// As in a sample's `cause`, or the name of the check.
    pub cause: &'static str,
    /// Of A.
    pub a: u64,
    /// Of B.
    pub b: u64,
}

impl FailureGap {
    /// Of two sources.
    #[must_use]
    pub fn of(a: &Source, b: &Source) -> Self {
        let rate = |side: &Source| Proportion::of(side.failed, side.samples).map(|p| (p.share, p.lower, p.upper));
        let both = rate(a).zip(rate(b));
        Self {
            samples: [a.samples, b.samples],
            failed: [a.failed, b.failed],
            difference: both.map(|(a, b)| b.0 - a.0),
            interval: both.map(|(a, b)| {
                let (lower, upper) = clopper_pearson::difference(a, b);
                Interval::closed(lower, upper)
            }),
            failed_in: failed_in(a, b),
        }
    }

    /// The larger share of failures of the two sides: a percentile beyond it is not a response time but a failure.
    #[must_use]
    pub fn worst_share(&self) -> f64 {
        let share = |g: usize| self.failed[g] as f64 / self.samples[g].max(1) as f64;
        share(0).max(share(1))
    }
}

/// After all phases: it was answered, and not as expected.
const ANSWER: usize = Phase::ALL.len();

/// Where a sample failed, in the order of phases, and why.
fn places(outcome: &Outcome) -> BTreeSet<(usize, &'static str)> {
    match outcome {
        Outcome::Failed(failure) => BTreeSet::from([(failure.phase as usize, failure.cause.as_str())]),
        Outcome::Answered(answer) => {
            answer.failed_checks.iter().map(|failed| (ANSWER, failed.check.as_str())).collect()
        }
    }
}

fn failed_in(a: &Source, b: &Source) -> Vec<FailedIn> {
    let both: BTreeSet<_> = a.failed_in.keys().chain(b.failed_in.keys()).copied().collect();
    let of = |side: &Source, place| side.failed_in.get(place).copied().unwrap_or(0);
    let told = both.iter().map(|place| FailedIn {
        phase: Phase::ALL.get(place.0).map_or("answer", |phase| phase.as_str()),
        cause: place.1,
        a: of(a, place),
        b: of(b, place),
    });
    told.collect()
}
