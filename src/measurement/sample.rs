//! One measurement, whole: who measured what, when, and what was seen.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::asked::Asked;
use super::environment::Invocation;
use super::hop::Hop;
use super::identity::{Method, SampleId, Stopwatch, TargetId, Vantage};
use super::local::Local;
use super::outcome::Outcome;
use super::units::{Micros, UnixMillis};

/// One kept measurement.
///
/// `hops` is empty in imports, which carry a total and nothing else. Elsewhere the hops' phases and overheads add up to
/// `elapsed_us` exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Made once, when measured.
    pub id: SampleId,
    /// The page.
    pub target: TargetId,
    /// The place.
    pub vantage: Vantage,
    /// The way.
    pub method: Method,
    /// What `elapsed_us` starts and stops at.
    pub stopwatch: Stopwatch,
    /// Version of the tool behind the stopwatch where it is not ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_version: Option<String>,
    /// When it was due, on a grid that all vantages share; absent off schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot_ms: Option<UnixMillis>,
    /// Whoever asked for it named no slot: it is the one in which the probe was invoked, which may be a later one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub slot_guessed: bool,
    /// When it began.
    pub started_at_ms: UnixMillis,
    /// How long it took, on a clock that only goes forward.
    pub elapsed_us: Micros,
    /// What was asked for; absent in imports, and in samples of versions that did not keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Asked>,
    /// How it ended.
    pub outcome: Outcome,
    /// The redirect chain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hops: Vec<Hop>,
    /// What the machine did to it.
    #[serde(default, skip_serializing_if = "is_unknown")]
    pub local: Local,
    /// Cold or warm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invocation: Option<Invocation>,
    /// Beside the measurement: what curl said and what running it cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curl: Option<CurlRun>,
    /// The wall clock and the monotonic clock drifted apart by more than 5 ms while measuring.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub clock_suspect: bool,
}

fn is_unknown(local: &Local) -> bool {
    *local == Local::default()
}

impl Sample {
    /// How long after its slot it began; zero off schedule.
    #[must_use]
    pub fn late(&self) -> Duration {
        self.slot_ms.map_or(Duration::ZERO, |slot| self.started_at_ms.since(slot))
    }

    /// The response time, where there is one; see [`Outcome::is_timed`].
    #[must_use]
    pub fn latency(&self) -> Option<Micros> {
        self.outcome.is_timed().then_some(self.elapsed_us)
    }
}

/// What one measurement observed, before anyone gave it a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// When it began.
    pub started_at: UnixMillis,
    /// How long it took.
    pub elapsed: Micros,
    /// What was asked for.
    pub asked: Asked,
    /// How it ended.
    pub outcome: Outcome,
    /// The redirect chain.
    pub hops: Vec<Hop>,
    /// What the machine did to it.
    pub local: Local,
    /// Only from the `curl` method.
    pub curl: Option<CurlRun>,
    /// See [`Sample::clock_suspect`].
    pub clock_suspect: bool,
}

/// What an observation is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// See [`Sample::id`].
    pub id: SampleId,
    /// See [`Sample::target`].
    pub target: TargetId,
    /// See [`Sample::vantage`].
    pub vantage: Vantage,
    /// See [`Sample::method`].
    pub method: Method,
    /// See [`Sample::slot_ms`].
    pub slot: Option<UnixMillis>,
    /// See [`Sample::slot_guessed`].
    pub slot_guessed: bool,
    /// See [`Sample::invocation`].
    pub invocation: Option<Invocation>,
}

impl Observation {
    /// The observation, named: a sample.
    #[must_use]
    pub fn named(self, identity: Identity) -> Sample {
        Sample {
            stopwatch: identity.method.stopwatch(),
            id: identity.id,
            target: identity.target,
            vantage: identity.vantage,
            method: identity.method,
            tool_version: self.curl.as_ref().map(|run| run.version.clone()),
            slot_ms: identity.slot,
            slot_guessed: identity.slot_guessed,
            started_at_ms: self.started_at,
            elapsed_us: self.elapsed,
            asked: Some(self.asked),
            outcome: self.outcome,
            hops: self.hops,
            local: self.local,
            invocation: identity.invocation,
            curl: self.curl,
            clock_suspect: self.clock_suspect,
        }
    }
}

/// What curl reported of itself, and what the kernel reported of curl.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurlRun {
    /// As in `curl/8.5.0`, without the name.
    pub version: String,
    /// `time_total`, summed where the chain was walked one process a hop, without the lookups then made for curl.
    pub time_total_us: Micros,
    /// `time_redirect`: everything before the last hop.
    #[serde(default)]
    pub time_redirect_us: Micros,
    /// From spawning the process to its end: what a shell's `time` shows, and `time_total` does not.
    pub process_us: Micros,
    /// Processes run: 1, or one a hop where each hop's address had to be checked first.
    pub processes: u32,
    /// User CPU time of the process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_cpu_us: Option<Micros>,
    /// System CPU time of the process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_cpu_us: Option<Micros>,
    /// The exit status; 0 is success.
    pub exit_code: i32,
}

impl CurlRun {
    /// The CPU time that must lie within `time_total`: outside of it the processes cannot have used more than it lasted.
    ///
    /// A lower bound: what they were made to wait for outside counts against it. Absent where CPU time is not known.
    #[must_use]
    pub fn cpu_within_at_least(&self) -> Option<Micros> {
        let outside = self.process_us.saturating_sub(self.time_total_us);
        Some((self.user_cpu_us? + self.system_cpu_us?).saturating_sub(outside))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starting_curl_is_not_in_its_number() {
        let run = |process_us, cpu: Option<u64>| CurlRun {
            time_total_us: Micros(10_000),
            process_us: Micros(process_us),
            user_cpu_us: cpu.map(Micros),
            system_cpu_us: Some(Micros(5_000)),
            ..CurlRun::default()
        };
        assert_eq!(run(30_000, Some(19_000)).cpu_within_at_least(), Some(Micros(4_000)));
        assert_eq!(
            run(90_000, Some(19_000)).cpu_within_at_least(),
            Some(Micros::ZERO),
            "kept waiting: nothing is known"
        );
        assert_eq!(run(30_000, None).cpu_within_at_least(), None);
    }
}
