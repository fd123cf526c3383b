//! From marks to phases: each stretch between two marks has its name, so they add up to the hop exactly.
//!
//! `wait` begins when there is a connection, and so contains the sending of the request, which `reqwest` does not show.

use crate::measurement::phase::{Phase, PhaseTime, Phases};
use crate::measurement::units::Micros;
use crate::probe::transcript::Instant;

use super::marks::Noted;

/// A hop's span.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    pub(super) start: Instant,
    /// The response header was there.
    pub(super) head: Option<Instant>,
    pub(super) end: Instant,
}

/// How far a hop came.
pub(super) fn reached(noted: &Noted, head: bool) -> Phase {
    if head {
        Phase::Receive
    } else if noted.connecting.is_none() || noted.connected.is_some() {
        Phase::Wait
    } else if noted.handshake.is_some() {
        Phase::Tls
    } else if noted.lookup.is_some() && noted.resolved.is_none() {
        Phase::Resolve
    } else {
        Phase::Connect
    }
}

/// Phases and overhead of a hop; the phase it reached lasted to its end.
pub(super) fn phases(noted: &Noted, span: Span) -> (Phases, Micros) {
    let last = reached(noted, span.head.is_some());
    let (mut phases, mut overhead, mut at) = (Phases::default(), Micros::ZERO, span.start);
    let mut step = |to: Option<Instant>| {
        let to = to.unwrap_or(at).min(span.end).max(at);
        let length = to.saturating_sub(at);
        at = to;
        length
    };
    if noted.connecting.is_some() {
        overhead += step(noted.lookup.or(noted.connecting));
    }
    let connect_end = noted.handshake.or(noted.connected);
    let ends = [
        (Phase::Resolve, noted.resolved),
        (Phase::Connect, connect_end),
        (Phase::Tls, noted.connected.filter(|_| noted.handshake.is_some())),
        (Phase::Wait, span.head),
    ];
    for (phase, end) in ends.into_iter().filter(|(phase, _)| *phase < last) {
        if end.is_some() {
            *phases.slot(phase) = Some(PhaseTime { elapsed_us: step(end), ..PhaseTime::default() });
        }
    }
    *phases.slot(last) = Some(PhaseTime { elapsed_us: step(Some(span.end)), ..PhaseTime::default() });
    (phases, overhead)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn noted(marks: [Option<u64>; 5]) -> Noted {
        let [connecting, lookup, resolved, handshake, connected] = marks.map(|mark| mark.map(Micros));
        Noted { connecting, lookup, resolved, handshake, connected, ..Noted::default() }
    }

    #[test]
    fn a_new_connection_has_every_phase_and_a_kept_one_only_two() {
        let span = Span { start: Micros(10), head: Some(Micros(100)), end: Micros(120) };
        let lengths = |noted: &Noted| -> Vec<(Phase, u64)> {
            phases(noted, span).0.present().map(|(phase, time)| (phase, time.elapsed_us.0)).collect()
        };
        let new = noted([Some(12), Some(13), Some(20), Some(30), Some(50)]);
        assert_eq!(
            lengths(&new),
            [(Phase::Resolve, 7), (Phase::Connect, 10), (Phase::Tls, 20), (Phase::Wait, 50), (Phase::Receive, 20)]
        );
        assert_eq!(phases(&new, span).1, Micros(3));
        assert_eq!(lengths(&noted([None; 5])), [(Phase::Wait, 90), (Phase::Receive, 20)]);
    }

    proptest! {
        #[test]
        fn phases_add_up_whatever_was_noted(
            marks in prop::array::uniform5(prop::option::of(0_u64..1000)), head in prop::option::of(0_u64..1000),
            start in 0_u64..500, length in 0_u64..1000,
        ) {
            let span = Span { start: Micros(start), head: head.map(Micros), end: Micros(start + length) };
            let (phases, overhead) = phases(&noted(marks), span);
            prop_assert_eq!(phases.elapsed_us() + overhead, Micros(length));
        }
    }
}
