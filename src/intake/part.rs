//! Parts that would be longer than what they are parts of.
//!
//! Each bound is loose on purpose: two clocks are read one after the other, and a thread may be held in between. What is
//! refused here would wreck an account of a whole window; what is let through could be true.

use crate::measurement::environment::Environment;
use crate::measurement::hop::{Connection, Hop, ServerTiming};
use crate::measurement::sample::{CurlRun, Sample};
use crate::measurement::units::Micros;

use super::flaw::Flaw;

/// Between the readings of two clocks: a control group's quota may have a period of a second, and hold a thread for as long.
pub const HELD_MAX: Micros = Micros(1_000_000);
/// Between the kernel's round trip and ours: some kernels count in ticks, of 10 ms at most.
pub const TICKS_MAX: Micros = Micros(100_000);
/// The longest round trip of a kept connection: no TCP waits longer before it sends again.
pub const ROUND_TRIP_MAX: Micros = Micros(120_000_000);

/// What a part is part of.
#[derive(Clone, Copy)]
struct Whole {
    is: &'static str,
    lasted: Micros,
    slack: Micros,
}

impl Whole {
    /// Refuses a part of more than twice the whole, and some.
    fn holds(self, part: &'static str, length: Option<Micros>) -> Result<(), Flaw> {
        let most = self.lasted + self.lasted + self.slack;
        match length {
            Some(length) if length > most => {
                Err(Flaw::Part { part, length: length.0, whole: self.is, lasted: self.lasted.0 })
            }
            _ => Ok(()),
        }
    }
}

/// Checks the parts of a sample whose hops add up.
///
/// # Errors
/// The first [`Flaw`] found.
pub(super) fn check(sample: &Sample) -> Result<(), Flaw> {
    let whole = Whole { is: "a sample", lasted: sample.elapsed_us, slack: HELD_MAX };
    for hop in &sample.hops {
        phases(hop)?;
        if let Some(made) = &hop.connection {
            connection(made, hop, whole)?;
        }
        let said = hop.response.iter().flat_map(|response| &response.server_timing);
        if let Some(long) = said.filter_map(|entry| entry.duration_us).find(|us| *us > ServerTiming::DURATION_MAX) {
            return Err(Flaw::ServerTiming(long.0));
        }
    }
    // The stamps of packets are of the wall clock: where it was set while measuring, the stall is of no account.
    whole.holds("local.largest_stall_us", sample.local.largest_stall_us.filter(|_| !sample.clock_suspect))?;
    // A child process starts before its own timer does.
    let lived = sample.curl.as_ref().map_or(whole, |run| Whole {
        is: "a process",
        lasted: run.process_us.max(sample.elapsed_us),
        ..whole
    });
    lived.holds("local.cpu_us", sample.local.cpu_us)?;
    lived.holds("local.run_delay_us", sample.local.run_delay_us)?;
    sample.curl.as_ref().map_or(Ok(()), |run| curl(run, whole, lived))
}

fn phases(hop: &Hop) -> Result<(), Flaw> {
    hop.phases.present().try_for_each(|(phase, time)| {
        let whole = Whole { is: phase.as_str(), lasted: time.elapsed_us, slack: HELD_MAX };
        whole.holds("cpu_us", time.cpu_us)?;
        whole.holds("run_delay_us", time.run_delay_us)
    })
}

/// A new connection's round trips lie within connecting: the kernel, too, counts from the first SYN. A kept one may have
/// had its smallest in an exchange that was slower than this.
fn connection(made: &Connection, hop: &Hop, sample: Whole) -> Result<(), Flaw> {
    let connecting = hop.phases.connect.map_or(hop.elapsed_us(), |connect| connect.elapsed_us);
    let whole = Whole { is: "connect", lasted: connecting, slack: TICKS_MAX };
    let tcp = made.tcp.unwrap_or_default();
    for (part, length) in [("handshake_rtt_us", tcp.handshake_rtt_us), ("min_rtt_us", tcp.min_rtt_us)] {
        if let Some(long) = length.filter(|us| *us > ROUND_TRIP_MAX) {
            return Err(Flaw::RoundTrip { part, length: long.0 });
        }
        if !made.reused {
            whole.holds(part, length)?;
        }
    }
    // The hop that connected may be an earlier one of the chain.
    sample.holds("fallback.after_us", made.fallback.as_ref().map(|lost| lost.after_us))
}

fn curl(run: &CurlRun, sample: Whole, lived: Whole) -> Result<(), Flaw> {
    sample.holds("curl.time_total_us", Some(run.time_total_us))?;
    sample.holds("curl.time_redirect_us", Some(run.time_redirect_us))?;
    lived.holds("curl.user_cpu_us", run.user_cpu_us)?;
    lived.holds("curl.system_cpu_us", run.system_cpu_us)
}

/// Checks the numbers of surroundings.
///
/// # Errors
/// [`Flaw::Memory`].
pub fn check_environment(environment: &Environment) -> Result<(), Flaw> {
    if environment.memory_mb == Some(0) { Err(Flaw::Memory) } else { Ok(()) }
}
