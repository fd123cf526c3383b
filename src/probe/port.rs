//! The port: the smallest promise a caller of a probe needs.

use crate::measurement::sample::Observation;

use super::target::Target;

/// One way of measuring a page.
///
/// `measure` blocks the calling thread until the exchange has ended or timed out: a measured exchange has its thread to
/// itself, so two in flight are two threads with a prober each. It does not fail: what goes wrong is the observation.
pub trait Measure {
    /// Measures once.
    fn measure(&mut self, target: &Target) -> Observation;
}
