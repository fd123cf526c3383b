//! The port: the smallest promise a caller of a probe needs.

use std::sync::Arc;

use crate::measurement::sample::Observation;

use super::target::Target;

/// One way of measuring a page.
///
/// `measure` blocks the calling thread until the exchange has ended or timed out: a measured exchange has its thread to
/// itself, so two in flight are two threads with a prober each. It does not fail: what goes wrong is the observation.
pub trait Measure {
    /// Measures once.
    fn measure(&mut self, target: &Target) -> Observation;

    /// What ends a measurement under way; `None` where it can only be left to end by itself.
    fn breaker(&self) -> Option<Breaker> {
        None
    }
}

/// Called from another thread, ends what a prober has started outside of this program, now and from then on: for
/// whoever wants to leave. The observation that is then returned is of no use.
pub type Breaker = Arc<dyn Fn() + Send + Sync>;
