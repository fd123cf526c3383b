//! From curl's counters to phases.
//!
//! One transfer: `resolve` = namelookup, `connect` = connect − namelookup, `tls` = appconnect − connect, `send` =
//! posttransfer − pretransfer where curl tells it, `wait` = starttransfer − the one before, `receive` = total −
//! starttransfer. What lies between appconnect and pretransfer is overhead. Where a transfer failed, its last phase is the
//! one that failed, and lasted to the end.
//!
//! With `-L` in one process curl adds each counter up over the chain, so the same differences are sums over the hops,
//! and they too add up to the total: such a chain is one hop that holds the sums, and no hop's own values are made up.
//! Over a chain that changes between `http` and `https` the sums of connect and appconnect are over different hops: the
//! handshakes and curl's preparing of the requests then stand together under `tls`. Of a chain that failed only two
//! lengths are known: all before the last hop (`time_redirect`), here overhead, and the last hop, here the phase that
//! failed.

use crate::measurement::phase::{Phase, PhaseTime, Phases};
use crate::measurement::units::Micros;

use super::account::Counters;

/// What else must be known to read the counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Circumstances {
    /// curl turned a name into addresses itself: not for a literal, nor where the name was pinned.
    pub(super) resolved: bool,
    /// More than one hop is summed in the counters.
    pub(super) chain: bool,
    /// The last hop went over TLS.
    pub(super) tls: bool,
    /// Some hop's scheme differs from the last one's.
    pub(super) mixed: bool,
    /// Where it failed.
    pub(super) failed: Option<Phase>,
}

/// Phases and overhead, which add up to the counters' total exactly.
pub(super) fn phases(counters: &Counters, seen: Circumstances) -> (Phases, Micros) {
    match seen.failed {
        Some(phase) if seen.chain => failed_chain(counters, phase),
        failed => differences(counters, seen, failed),
    }
}

fn failed_chain(counters: &Counters, phase: Phase) -> (Phases, Micros) {
    let before = counters.redirect.min(counters.total);
    let mut phases = Phases::default();
    *phases.slot(phase) = Some(length(counters.total.saturating_sub(before)));
    (phases, before)
}

fn differences(counters: &Counters, seen: Circumstances, failed: Option<Phase>) -> (Phases, Micros) {
    let mut walk = Walk { at: Micros::ZERO, total: counters.total, phases: Phases::default(), overhead: Micros::ZERO };
    let handshake_end = if seen.mixed { counters.pretransfer } else { counters.appconnect };
    let marks = [
        (Phase::Resolve, counters.namelookup, seen.resolved),
        (Phase::Connect, counters.connect, true),
        (Phase::Tls, handshake_end, seen.tls || seen.mixed),
        (Phase::Send, counters.posttransfer.unwrap_or_default(), true),
        (Phase::Wait, counters.starttransfer, true),
    ];
    for (phase, end, took_place) in marks {
        if failed == Some(phase) {
            break;
        }
        if phase == Phase::Send {
            walk.pass(counters.pretransfer);
        }
        match took_place {
            true => walk.spend(phase, end),
            false => walk.pass(end),
        }
    }
    walk.finish(failed.unwrap_or(Phase::Receive))
}

/// Counters are walked in order and never back, so that the parts add up whatever a curl reports.
struct Walk {
    at: Micros,
    total: Micros,
    phases: Phases,
    overhead: Micros,
}

impl Walk {
    fn step(&mut self, end: Micros) -> Micros {
        let end = end.min(self.total).max(self.at);
        let step = end.saturating_sub(self.at);
        self.at = end;
        step
    }

    fn spend(&mut self, phase: Phase, end: Micros) {
        if end > Micros::ZERO {
            *self.phases.slot(phase) = Some(length(self.step(end)));
        }
    }

    fn pass(&mut self, end: Micros) {
        let step = self.step(end);
        self.overhead += step;
    }

    fn finish(mut self, last: Phase) -> (Phases, Micros) {
        let rest = self.total.saturating_sub(self.at);
        *self.phases.slot(last) = Some(length(rest));
        (self.phases, self.overhead)
    }
}

fn length(elapsed_us: Micros) -> PhaseTime {
    PhaseTime { elapsed_us, ..PhaseTime::default() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counters(marks: [u64; 6]) -> Counters {
        let [namelookup, connect, appconnect, pretransfer, starttransfer, total] = marks.map(Micros);
        Counters { namelookup, connect, appconnect, pretransfer, starttransfer, total, ..Counters::default() }
    }

    fn ended(phases: &Phases) -> Vec<(Phase, u64)> {
        phases.present().map(|(phase, time)| (phase, time.elapsed_us.0)).collect()
    }

    #[test]
    fn differences_of_counters_are_phases() {
        let seen = Circumstances { resolved: true, tls: true, ..Circumstances::default() };
        let (phases, overhead) = phases(&counters([10, 30, 70, 75, 175, 200]), seen);
        let expected =
            [(Phase::Resolve, 10), (Phase::Connect, 20), (Phase::Tls, 40), (Phase::Wait, 100), (Phase::Receive, 25)];
        assert_eq!((ended(&phases), overhead), (expected.to_vec(), Micros(5)));
    }

    #[test]
    fn a_phase_that_did_not_happen_is_absent_and_its_time_is_overhead() {
        let (phases, overhead) = phases(&counters([3, 30, 0, 35, 135, 140]), Circumstances::default());
        let expected = [(Phase::Connect, 27), (Phase::Wait, 100), (Phase::Receive, 5)];
        assert_eq!((ended(&phases), overhead), (expected.to_vec(), Micros(8)));
    }

    #[test]
    fn a_failure_gives_the_rest_to_its_phase() {
        let seen = Circumstances { resolved: true, failed: Some(Phase::Connect), ..Circumstances::default() };
        let (found, overhead) = phases(&counters([10, 0, 0, 0, 0, 500]), seen);
        assert_eq!((ended(&found), overhead), (vec![(Phase::Resolve, 10), (Phase::Connect, 490)], Micros(0)));
        let chain = Counters { redirect: Micros(100), ..counters([20, 10, 0, 12, 90, 500]) };
        let (found, overhead) = phases(&chain, Circumstances { chain: true, ..seen });
        assert_eq!((ended(&found), overhead), (vec![(Phase::Connect, 400)], Micros(100)));
    }

    #[test]
    fn where_schemes_mix_tls_ends_where_the_request_begins() {
        let seen = Circumstances { tls: true, mixed: true, chain: true, ..Circumstances::default() };
        let (phases, _) = phases(&counters([0, 20, 30, 40, 60, 80]), seen);
        assert_eq!(phases.tls.unwrap().elapsed_us, Micros(20));
    }

    proptest! {
        #[test]
        fn phases_and_overhead_add_up_to_the_total_whatever_is_reported(
            marks in prop::array::uniform6(0_u64..1_000_000), posttransfer in prop::option::of(0_u64..1_000_000),
            redirect in 0_u64..1_000_000, flags in prop::array::uniform4(any::<bool>()), failed in prop::option::of(0_usize..6),
        ) {
            let told = Counters { redirect: Micros(redirect), posttransfer: posttransfer.map(Micros), ..counters(marks) };
            let [resolved, chain, tls, mixed] = flags;
            let seen = Circumstances { resolved, chain, tls, mixed, failed: failed.map(|n| Phase::ALL[n]) };
            let (found, overhead) = phases(&told, seen);
            prop_assert_eq!(found.elapsed_us() + overhead, told.total);
            if let Some(phase) = seen.failed {
                prop_assert!(found.get(phase).is_some());
                prop_assert!(found.present().all(|(present, _)| present <= phase));
            }
        }
    }
}
