//! What the machine's own host did meanwhile.

use super::Score;
use crate::lab::schedule::Turn;
use crate::measurement::wire::Record;

/// Beyond this share of the processors, what a host does to a machine is more than what a run asks about.
const DISTURBED: f64 = 0.1;

/// Steal of all samples that tell of it, over their length and the processors.
pub(super) fn host_took(measured: &[(Turn, &Record)]) -> Option<f64> {
    let told = measured.iter().filter_map(|(_, record)| {
        let processors = f64::from(record.environment.cpus.filter(|cpus| *cpus > 0)?);
        Some((record.sample.local.steal_us?.as_millis() / processors, record.sample.elapsed_us.as_millis()))
    });
    let (taken, elapsed) = told.fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    (elapsed > 0.0).then(|| taken / elapsed)
}

impl Score {
    /// The host took so much of the machine meanwhile that the run says more of it than of the explainer.
    #[must_use]
    pub fn is_disturbed(&self) -> bool {
        self.host_took.is_some_and(|share| share > DISTURBED)
    }
}
