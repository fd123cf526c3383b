//! A record that has a total and nothing else: all that another monitor tells of a measurement.

use crate::measurement::environment::Environment;
use crate::measurement::identity::SampleId;
use crate::measurement::local::Local;
use crate::measurement::outcome::{Cause, Failure, Outcome};
use crate::measurement::phase::Phase;
use crate::measurement::sample::Sample;
use crate::measurement::units::{Micros, UnixMillis};
use crate::measurement::wire::Record;

use super::mapping::Origin;

/// What is known of one measurement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Total {
    /// Made of what the value is.
    pub id: SampleId,
    /// When it was due.
    pub slot: Option<UnixMillis>,
    /// When it began.
    pub started: UnixMillis,
    /// How long it took; zero where a failed check has no time.
    pub elapsed: Micros,
    /// How it ended.
    pub outcome: Outcome,
}

impl Total {
    /// As a sample of this origin.
    #[must_use]
    pub fn record(self, origin: &Origin) -> Record {
        let sample = Sample {
            id: self.id,
            target: origin.target.clone(),
            vantage: origin.vantage.clone(),
            method: origin.method.clone(),
            stopwatch: origin.stopwatch.clone(),
            tool_version: origin.tool_version.clone(),
            slot_ms: self.slot,
            slot_guessed: false,
            started_at_ms: self.started,
            elapsed_us: self.elapsed,
            asked: None,
            outcome: self.outcome,
            hops: Vec::new(),
            local: Local::default(),
            invocation: None,
            curl: None,
            clock_suspect: false,
        };
        let environment = Environment {
            platform: "import".to_owned(),
            architecture: "unknown".to_owned(),
            probe_version: origin.probe_version.clone(),
            ..Environment::default()
        };
        Record::new(sample, environment)
    }
}

/// Where it failed no import says; waiting for the answer is the phase that a monitor gives up in.
#[must_use]
pub fn failed(detail: String) -> Outcome {
    Outcome::Failed(Failure { phase: Phase::Wait, cause: Cause::Other, detail })
}
