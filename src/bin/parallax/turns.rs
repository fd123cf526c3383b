//! Several ways of measuring, taking turns; every sample is kept as soon as it is measured.

mod bench;

use parallax::adapters::archive::Archive;
use parallax::archive::port::Append;
use parallax::archive::selection;
use parallax::explain::question::{Question, Statistic};
use parallax::explain::source::Source;
use parallax::measurement::identity::{Method, Vantage};
use parallax::measurement::outcome::Outcome;
use parallax::measurement::wire::Record;
use parallax::probe::port::Measure;
use parallax::probe::target::Target;
use parallax::report::account::Explained;
use parallax::statistics::level::Level;
use parallax::summary::comparison::{Comparison, compare};
use parallax::summary::source::SourceName;
use tokio::runtime::Runtime;

use crate::exit::Problem;
use crate::explained::{Here, Samples, Side, explained};
use crate::measuring::Measuring;
use bench::{Bench, Place};

/// One page asked for in one way.
pub(crate) struct Arm {
    /// What is asked for.
    pub(crate) target: Target,
    /// How.
    pub(crate) method: Method,
    /// What does it, until it takes its place.
    prober: Option<Box<dyn Measure + Send>>,
    /// What came of it, in order.
    pub(crate) records: Vec<Record>,
}

impl Arm {
    /// An arm that has not had a turn.
    pub(crate) fn new(target: Target, method: Method, prober: Box<dyn Measure + Send>) -> Self {
        Self { target, method, prober: Some(prober), records: Vec::new() }
    }

    /// In one sentence, for an arm without a single response time.
    pub(crate) fn why_never_answered(&self) -> String {
        let method = &self.method;
        match self.records.first().map(|record| &record.sample.outcome) {
            None => format!("{method}: no turn of it was ended"),
            Some(Outcome::Failed(failure)) => {
                format!("{method}: never answered: {} in {}: {}", failure.cause, failure.phase.as_str(), failure.detail)
            }
            Some(Outcome::Answered(answer)) => {
                let reasons: Vec<&str> = answer.failed_checks.iter().map(|failed| failed.reason.as_str()).collect();
                format!("{method}: every answer broke a check: {}", reasons.join("; "))
            }
        }
    }

    /// Turns with a response time.
    pub(crate) fn answered(&self) -> usize {
        self.records.iter().filter(|record| record.sample.latency().is_some()).count()
    }
}

/// The arms, and where their samples go.
pub(crate) struct Turns {
    /// In the order in which they were named, whatever the order of their turns.
    pub(crate) arms: Vec<Arm>,
    vantage: Vantage,
    bench: Bench,
    archive: Archive,
    runtime: Runtime,
}

impl Turns {
    /// Nobody has had a turn.
    pub(crate) fn new(mut arms: Vec<Arm>, measuring: Measuring, archive: Archive) -> Result<Self, Problem> {
        let place = |arm: &mut Arm| {
            let prober = arm.prober.take()?;
            Some(Place { target: arm.target.clone(), method: arm.method.clone(), prober })
        };
        let places = arms.iter_mut().filter_map(place).collect();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(|error| Problem::unfinished(format!("cannot start a runtime: {error}")))?;
        let vantage = measuring.vantage().clone();
        Ok(Self { arms, vantage, bench: Bench::start(places, measuring)?, archive, runtime })
    }

    /// One turn of one arm: measured, kept, remembered. `false` where Ctrl-C came, now or before.
    pub(crate) fn turn(&mut self, arm: usize) -> Result<bool, Problem> {
        let Some(record) = self.bench.once(arm)? else { return Ok(false) };
        self.runtime.block_on(self.archive.append(std::slice::from_ref(&record))).map_err(Problem::unfinished)?;
        self.arms[arm].records.push(record);
        Ok(true)
    }

    /// Two arms side by side, by exactly what was measured here.
    pub(crate) fn comparison(&self, arms: [usize; 2], seed: u64) -> Comparison {
        let [a, b] = arms.map(|arm| {
            let arm = &self.arms[arm];
            let name =
                SourceName { target: arm.target.id.clone(), vantage: self.vantage.clone(), method: arm.method.clone() };
            (name, arm.records.iter().map(|record| &record.sample))
        });
        compare(a, b, seed)
    }

    /// Why two arms disagree, by exactly what was measured here.
    pub(crate) fn explained(&self, arms: [usize; 2], seed: u64, here: &Here) -> Result<Explained, Problem> {
        let [a, b] = arms.map(|arm| {
            let arm = &self.arms[arm];
            let mut read = Source::default();
            arm.records.iter().for_each(|record| read.add(&record.sample, &record.environment, None));
            let named = selection::Source {
                vantage: Some(self.vantage.clone()),
                method: Some(arm.method.clone()),
                target: Some(arm.target.id.clone()),
                cold: None,
            };
            Side { named, read, contrast: None }
        });
        let samples = Samples::new(&here.archive, None, None);
        explained(a, None, b, &Question::new(Statistic::Percentile(Level::P50), seed), &samples, Some(here))
    }
}
