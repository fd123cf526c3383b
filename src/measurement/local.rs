//! What the measuring machine did to the measurement.

use serde::{Deserialize, Serialize};

use super::units::Micros;

/// Why local time is long: what the kernel says of the thread (or child process) that measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Local {
    /// CPU time of the measuring thread; of the child process for `curl`, from its start to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_us: Option<Micros>,
    /// Ready to run and not let run; under a CPU quota this holds the throttled time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_delay_us: Option<Micros>,
    /// The largest time a packet lay in the kernel before we read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub largest_stall_us: Option<Micros>,
    /// Times the thread gave up the CPU to wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voluntary_switches: Option<u64>,
    /// Times the CPU was taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub involuntary_switches: Option<u64>,
    /// CPU time of all processors that the hypervisor took; in steps of the kernel's clock tick.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steal_us: Option<Micros>,
}
