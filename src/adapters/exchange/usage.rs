//! What the measuring thread got of the machine between two moments.

use crate::adapters::kernel::{self, Switches};
use crate::measurement::local::Local;
use crate::measurement::units::Micros;

/// The thread's counters at one moment.
pub(in crate::adapters) struct Usage {
    steal: Option<Micros>,
    switches: Option<Switches>,
    run_delay: Option<Micros>,
    cpu: Option<Micros>,
}

impl Usage {
    /// Before the timed part: the dear ones first, so that what they cost is not counted.
    pub(in crate::adapters) fn before() -> Self {
        let (steal, switches) = (kernel::steal(), kernel::switches());
        Self { steal, switches, run_delay: kernel::run_delay(), cpu: kernel::thread_cpu() }
    }

    fn after() -> Self {
        let (cpu, run_delay) = (kernel::thread_cpu(), kernel::run_delay());
        Self { cpu, run_delay, switches: kernel::switches(), steal: kernel::steal() }
    }

    /// What has been used since.
    pub(in crate::adapters) fn until_now(&self, largest_stall: Option<Micros>) -> Local {
        let after = Self::after();
        let passed = |before: Option<Micros>, after: Option<Micros>| Some(after?.saturating_sub(before?));
        let switches = |of: fn(Switches) -> u64| Some(of(after.switches?).saturating_sub(of(self.switches?)));
        Local {
            cpu_us: passed(self.cpu, after.cpu),
            run_delay_us: passed(self.run_delay, after.run_delay),
            largest_stall_us: largest_stall,
            voluntary_switches: switches(|switches| switches.voluntary),
            involuntary_switches: switches(|switches| switches.involuntary),
            steal_us: passed(self.steal, after.steal),
        }
    }
}
