//! What stays of one sample.

use crate::measurement::environment::Init;
use crate::measurement::phase::Phase;
use crate::measurement::sample::Sample;
use crate::measurement::units::Micros;

/// A length of time in four bytes, or none; what is longer than 71 minutes is kept as 71 minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell(u32);

impl Cell {
    const NONE: Self = Self(u32::MAX);

    fn new(length: Option<Micros>) -> Self {
        length.map_or(Self::NONE, |length| Self(u32::try_from(length.0).unwrap_or(u32::MAX).min(u32::MAX - 1)))
    }

    /// A length that is there.
    #[must_use]
    pub fn of(length: Micros) -> Self {
        Self::new(Some(length))
    }

    /// In milliseconds.
    #[must_use]
    pub fn millis(self) -> Option<f64> {
        (self != Self::NONE).then(|| f64::from(self.0) / 1_000.0)
    }
}

/// The figures of one timed sample.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The response time.
    pub latency: Cell,
    /// Each phase, summed over the hops; absent where no hop had it.
    pub phases: [Cell; 6],
    /// The network part of each phase; absent where it is not known for every hop that had the phase.
    pub networks: [Cell; 6],
    /// Time between phases, summed over the hops; absent where there are no hops.
    pub between: Cell,
    /// All network parts; absent where one phase has none.
    pub network: Cell,
    /// The rest of the response time; absent with `network`.
    pub local: Cell,
    /// CPU time.
    pub cpu: Cell,
    /// Run-queue delay.
    pub run_delay: Cell,
    /// The largest time a packet lay unread.
    pub stall: Cell,
    /// curl's process, from its start to its end.
    pub process: Cell,
    /// Bytes of body over the wire, all hops; `u64::MAX` where unknown.
    bytes: u64,
    /// Cold or warm.
    pub init: Option<Init>,
}

impl Row {
    /// `None` where the sample has no response time.
    #[must_use]
    pub fn of(sample: &Sample) -> Option<Self> {
        let latency = sample.latency()?;
        let summed = |part: &dyn Fn(Phase) -> Option<Micros>| Phase::ALL.map(|phase| Cell::new(part(phase)));
        let times = |phase: Phase| sample.hops.iter().filter_map(move |hop| hop.phases.get(phase));
        let elapsed = |phase| times(phase).map(|time| time.elapsed_us).reduce(|a, b| a + b);
        let known = |phase| {
            let parts: Option<Vec<Micros>> = times(phase).map(|time| time.network_us).collect();
            parts.filter(|parts| !parts.is_empty()).map(|parts| parts.into_iter().sum::<Micros>())
        };
        let measured = sample.hops.iter().any(|hop| hop.phases.present().next().is_some());
        let network = (measured
            && Phase::ALL.into_iter().all(|phase| elapsed(phase).is_none() == known(phase).is_none()))
        .then(|| Phase::ALL.into_iter().filter_map(known).sum::<Micros>().min(latency));
        let bodies: Vec<u64> =
            sample.hops.iter().filter_map(|hop| hop.response.as_ref()).map(|r| r.body_bytes).collect();
        Some(Self {
            latency: Cell::new(Some(latency)),
            phases: summed(&elapsed),
            networks: summed(&known),
            between: Cell::new(measured.then(|| sample.hops.iter().map(|hop| hop.overhead_us).sum())),
            network: Cell::new(network),
            local: Cell::new(network.map(|network| latency.saturating_sub(network))),
            cpu: Cell::new(sample.local.cpu_us),
            run_delay: Cell::new(sample.local.run_delay_us),
            stall: Cell::new(sample.local.largest_stall_us),
            process: Cell::new(sample.curl.as_ref().map(|run| run.process_us)),
            bytes: if bodies.is_empty() { u64::MAX } else { bodies.into_iter().fold(0, u64::saturating_add) },
            init: sample.invocation.map(|invocation| invocation.init),
        })
    }

    /// Bytes of body over the wire.
    #[must_use]
    pub fn bytes(&self) -> Option<f64> {
        (self.bytes != u64::MAX).then_some(self.bytes as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_rows_stay_below_a_hundred_megabytes() {
        assert!(size_of::<Row>() <= 100, "{}", size_of::<Row>());
    }

    #[test]
    fn absent_is_not_zero_and_absurd_is_not_absent() {
        assert_eq!(Cell::new(None).millis(), None);
        assert_eq!(Cell::new(Some(Micros(0))).millis(), Some(0.0));
        assert!(Cell::new(Some(Micros(u64::MAX))).millis().is_some());
    }
}
