//! One round of one page: what curl said, and what a replay of ours says it would have said. Milliseconds.

use anyhow::{Context, bail};
use parallax::measurement::sample::Sample;
use parallax::measurement::units::Micros;
use parallax::stopwatch::catalogue;
use parallax::stopwatch::replay::{Assumptions, Replay, replay};

/// Both sides of a round.
pub struct Pair {
    /// curl's own number.
    pub curl: f64,
    /// Our sample, replayed as curl's number.
    pub replayed: f64,
    /// Processor time of curl's process, from its start to its end.
    pub curl_cpu: f64,
    /// Of that, what cannot lie outside curl's number: outside, the process can have had the processor all the time.
    pub curl_cpu_within: f64,
    /// Processor time of our thread within our number.
    pub fresh_cpu: f64,
}

impl Pair {
    /// The two samples of a round.
    pub fn of(fresh: &Sample, curl: &Sample) -> anyhow::Result<Self> {
        let definition = catalogue::find("curl")?;
        let shown = match replay(definition, fresh, Assumptions::default()) {
            Replay::Shown(shown) => shown.value_us,
            other => bail!("a replay of curl on fresh says no number: {other:?}"),
        };
        let run = curl.curl.as_ref().context("a sample of curl without its account")?;
        let curl_cpu = millis(curl.local.cpu_us, "curl")?;
        let outside = run.process_us.as_millis() - run.time_total_us.as_millis();
        Ok(Self {
            curl: curl.elapsed_us.as_millis(),
            replayed: shown.as_millis(),
            curl_cpu,
            curl_cpu_within: curl_cpu - outside,
            fresh_cpu: millis(fresh.local.cpu_us, "fresh")?,
        })
    }

    /// What the replay leaves over.
    pub fn remainder(&self) -> f64 {
        self.curl - self.replayed
    }

    /// By how much curl used the processor more than we did.
    pub fn more_cpu(&self) -> f64 {
        self.curl_cpu_within - self.fresh_cpu
    }

    /// What processor time leaves over of the remainder.
    pub fn unexplained(&self) -> f64 {
        self.remainder() - self.more_cpu()
    }
}

fn millis(cpu: Option<Micros>, of: &str) -> anyhow::Result<f64> {
    Ok(cpu.with_context(|| format!("{of} does not tell its processor time here"))?.as_millis())
}
