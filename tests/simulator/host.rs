//! Where a simulated request is made.

use parallax::measurement::phase::PhaseTime;
use parallax::measurement::units::Micros;

use super::{Quota, Side, micros};

/// Where a request is made: what the host takes away there, and how much of it its kernel shows.
pub struct Host<'a> {
    pub side: &'a Side,
    quota: Option<Quota>,
    /// Taken by the quota so far.
    pub throttled: f64,
}

impl<'a> Host<'a> {
    pub fn new(side: &'a Side, quota: Option<Quota>) -> Self {
        Self { side, quota, throttled: 0.0 }
    }

    /// Waits for the network, then works; `stolen` beside what a quota takes.
    pub fn phase(&mut self, network: f64, cpu: f64, stolen: f64) -> PhaseTime {
        let throttled = self.quota.as_mut().map_or(0.0, |quota| {
            quota.wait(network);
            quota.work(cpu)
        });
        self.throttled += throttled;
        let (network, cpu, stolen) = (micros(network), micros(cpu), micros(stolen + throttled));
        let shown = if self.side.shown { stolen } else { Micros::ZERO };
        PhaseTime {
            elapsed_us: network + cpu + stolen,
            network_us: Some(network),
            cpu_us: Some(cpu),
            run_delay_us: self.side.accounted.then_some(shown),
        }
    }
}
