//! The summary of one source: one page, seen from one place, in one way.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::measurement::environment::Init;
use crate::measurement::identity::{Method, Stopwatch, TargetId, Vantage};
use crate::measurement::phase::Phase;
use crate::measurement::sample::Sample;
use crate::measurement::units::UnixMillis;
use crate::statistics::proportion::Proportion;

use super::failures::Failures;
use super::row::{Cell, Row};
use super::spread::{Latency, Spread};

/// Who measured what, and how.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SourceName {
    /// The page.
    pub target: TargetId,
    /// The place.
    pub vantage: Vantage,
    /// The way.
    pub method: Method,
}

impl SourceName {
    /// Where a sample comes from.
    #[must_use]
    pub fn of(sample: &Sample) -> Self {
        Self { target: sample.target.clone(), vantage: sample.vantage.clone(), method: sample.method.clone() }
    }
}

/// The summary of one source. Times are in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SourceSummary {
    /// Which source.
    #[serde(flatten)]
    pub name: SourceName,
    /// What its totals start and stop at; more than one where an import mixed tools.
    pub stopwatches: BTreeSet<Stopwatch>,
    /// Samples, good and bad.
    pub samples: u64,
    /// The first one began then.
    pub first_ms: UnixMillis,
    /// The last one began then.
    pub last_ms: UnixMillis,
    /// What went wrong.
    pub failures: Failures,
    /// Bodies cut at the size cap.
    pub truncated: u64,
    /// Samples whose clocks drifted apart while measuring.
    pub clock_suspect: u64,
    /// Response times; absent where no sample has one.
    pub latency_ms: Option<Latency>,
    /// Response times of cold starts; absent where none is known to be one.
    pub cold_ms: Option<Spread>,
    /// Response times of warm ones.
    pub warm_ms: Option<Spread>,
    /// Response times of first uses of sandboxes that were started ahead.
    pub proactive_ms: Option<Spread>,
    /// The phases that took place in any sample, in order, then the time between phases.
    pub phases: Vec<PhaseSummary>,
    /// All phases' network parts together; absent for methods that cannot tell.
    pub network_ms: Option<Spread>,
    /// The rest of the response time; absent for methods that cannot tell.
    pub local_ms: Option<Spread>,
    /// CPU time of the measuring thread or process.
    pub cpu_ms: Option<Spread>,
    /// Ready to run and not let run.
    pub run_delay_ms: Option<Spread>,
    /// The largest time a packet lay unread.
    pub stall_ms: Option<Spread>,
    /// curl's process from its start to its end, beside its own total.
    pub process_ms: Option<Spread>,
    /// Body bytes over the wire, all hops.
    pub bytes: Option<Spread>,
}

/// One phase, summed over a sample's hops. Times are in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PhaseSummary {
    /// `resolve` to `receive`, or `between` for the time between phases.
    pub phase: &'static str,
    /// Over the samples that had the phase.
    pub elapsed_ms: Spread,
    /// Absent where no sample could tell.
    pub network_ms: Option<Spread>,
    /// Absent where no sample could tell.
    pub local_ms: Option<Spread>,
    /// The mean over all timed samples, a sample without the phase counting as zero: these add up to the mean response
    /// time.
    pub share_of_mean_ms: f64,
}

/// A source being summarised.
#[derive(Clone, Debug)]
pub struct Accumulator {
    name: SourceName,
    stopwatches: BTreeSet<Stopwatch>,
    samples: u64,
    first: UnixMillis,
    last: UnixMillis,
    failures: Failures,
    truncated: u64,
    clock_suspect: u64,
    pub(super) rows: Vec<Row>,
}

impl Accumulator {
    /// Of a source, before any sample.
    #[must_use]
    pub fn new(name: SourceName) -> Self {
        Self {
            name,
            stopwatches: BTreeSet::new(),
            samples: 0,
            first: UnixMillis(i64::MAX),
            last: UnixMillis(i64::MIN),
            failures: Failures::default(),
            truncated: 0,
            clock_suspect: 0,
            rows: Vec::new(),
        }
    }

    /// Takes one sample in, whatever source it names.
    pub fn add(&mut self, sample: &Sample) {
        use crate::measurement::outcome::Outcome;
        if !self.stopwatches.contains(&sample.stopwatch) {
            self.stopwatches.insert(sample.stopwatch.clone());
        }
        self.samples += 1;
        self.first = self.first.min(sample.started_at_ms);
        self.last = self.last.max(sample.started_at_ms);
        self.failures.add(&sample.outcome);
        self.truncated += u64::from(matches!(&sample.outcome, Outcome::Answered(answer) if answer.truncated));
        self.clock_suspect += u64::from(sample.clock_suspect);
        self.rows.extend(Row::of(sample));
    }

    /// The summary of what was added.
    #[must_use]
    pub fn finish(self) -> SourceSummary {
        let series = |figure: &dyn Fn(&Row) -> Cell| -> Vec<f64> {
            self.rows.iter().filter_map(|row| figure(row).millis()).collect()
        };
        let spread = |figure: &dyn Fn(&Row) -> Cell| Spread::of(series(figure));
        let started = |init: Init| {
            let rows = self.rows.iter().filter(|row| row.init == Some(init));
            Spread::of(rows.filter_map(|row| row.latency.millis()).collect())
        };
        let (samples, failed) = (self.samples, self.failures.samples);
        SourceSummary {
            latency_ms: Latency::of(series(&|row| row.latency)),
            cold_ms: started(Init::Cold),
            warm_ms: started(Init::Warm),
            proactive_ms: started(Init::Proactive),
            phases: phases(&self.rows),
            network_ms: spread(&|row| row.network),
            local_ms: spread(&|row| row.local),
            cpu_ms: spread(&|row| row.cpu),
            run_delay_ms: spread(&|row| row.run_delay),
            stall_ms: spread(&|row| row.stall),
            process_ms: spread(&|row| row.process),
            bytes: Spread::of(self.rows.iter().filter_map(Row::bytes).collect()),
            name: self.name,
            stopwatches: self.stopwatches,
            samples,
            first_ms: self.first,
            last_ms: self.last,
            failures: Failures { share: Proportion::of(failed, samples), ..self.failures },
            truncated: self.truncated,
            clock_suspect: self.clock_suspect,
        }
    }
}

fn phases(rows: &[Row]) -> Vec<PhaseSummary> {
    let named = Phase::ALL.into_iter().enumerate().filter_map(|(at, phase)| {
        phase_summary(phase.as_str(), rows, |row| (row.phases[at].millis(), row.networks[at].millis()))
    });
    // What is not a phase is our own work: all of it is local where the network part is known at all.
    let between = phase_summary("between", rows, |row| {
        (row.between.millis(), row.between.millis().and(row.network.millis()).map(|_| 0.0))
    });
    named.chain(between).collect()
}

fn phase_summary(
    phase: &'static str,
    rows: &[Row],
    times: impl Fn(&Row) -> (Option<f64>, Option<f64>),
) -> Option<PhaseSummary> {
    let elapsed: Vec<f64> = rows.iter().filter_map(|row| times(row).0).collect();
    let sum: f64 = elapsed.iter().sum();
    let split = || rows.iter().filter_map(|row| times(row).0.zip(times(row).1));
    Some(PhaseSummary {
        phase,
        share_of_mean_ms: sum / rows.len().max(1) as f64,
        elapsed_ms: Spread::of(elapsed)?,
        network_ms: Spread::of(split().map(|(_, network)| network).collect()),
        local_ms: Spread::of(split().map(|(elapsed, network)| (elapsed - network).max(0.0)).collect()),
    })
}
