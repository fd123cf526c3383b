//! What an exchange leaves behind: instants and waits, from which phases are made.

use crate::measurement::phase::{Phase, PhaseTime, Phases};
use crate::measurement::units::Micros;

/// An instant of one exchange: the time since its first instant, rounded down to the microsecond.
pub type Instant = Micros;

/// A stretch in which the thread had nothing to do but wait for the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The read found nothing.
    pub from: Instant,
    /// The read that followed found something.
    pub to: Instant,
    /// When the kernel received what was found; absent where the platform does not say.
    pub arrived: Option<Instant>,
}

impl Wait {
    /// The part of the wait in which the packet was still on its way: `clamp(arrived − from, 0, to − from)`.
    #[must_use]
    pub fn network(&self) -> Option<Micros> {
        self.arrived.map(|arrived| arrived.min(self.to).saturating_sub(self.from))
    }
}

/// The clocks of the measuring thread, read together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The instant.
    pub at: Instant,
    /// CPU time of the thread so far.
    pub cpu: Option<Micros>,
    /// Run-queue delay of the thread so far.
    pub run_delay: Option<Micros>,
}

/// Where one stretch of a hop ends and the next begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Border {
    /// When.
    pub reading: Reading,
    /// What begins; `None` is work that belongs to no phase.
    pub entering: Option<Phase>,
}

/// One hop, as it was observed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    /// In the order in which they were noted; the first is the start of the hop. A phase may be entered again: its
    /// stretches are added up.
    pub borders: Vec<Border>,
    /// The end of the hop, which is the start of the next one.
    pub end: Reading,
    /// Every wait, in any order.
    pub waits: Vec<Wait>,
    /// The platform stamps packets: a phase without any wait then had no network time, where otherwise it is unknown.
    pub stamped: bool,
}

/// The phases of one hop and what lies between them; together they are the hop's time exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Those that took place.
    pub phases: Phases,
    /// Time in no phase.
    pub overhead: Micros,
}

impl Transcript {
    /// Divides the hop among its phases.
    ///
    /// An instant that lies before the one noted ahead of it counts as that one, so lengths are never negative and add
    /// up to `end − start`. A wait is cut at the borders; where two overlap, the time counts once. Network time is
    /// absent from a phase in which any wait has no stamp.
    #[must_use]
    pub fn account(&self) -> Account {
        let mut account = Account::default();
        let mut waits = self.waits.clone();
        waits.sort_by_key(|wait| wait.from);
        let mut at = self.start();
        for (index, border) in self.borders.iter().enumerate() {
            let next = self.borders.get(index + 1).map_or(self.end, |border| border.reading);
            let (from, to) = (at.max(border.reading.at), at.max(border.reading.at).max(next.at));
            at = to;
            let Some(phase) = border.entering else {
                account.overhead += to.saturating_sub(from);
                continue;
            };
            let stretch = PhaseTime {
                elapsed_us: to.saturating_sub(from),
                network_us: if self.stamped { network(&waits, from, to) } else { None },
                cpu_us: difference(border.reading.cpu, next.cpu),
                run_delay_us: difference(border.reading.run_delay, next.run_delay),
            };
            let slot = account.phases.slot(phase);
            *slot = Some(slot.map_or(stretch, |before| together(before, stretch)));
        }
        account
    }

    /// The first instant of the hop.
    #[must_use]
    pub fn start(&self) -> Instant {
        self.borders.first().map_or(self.end.at, |border| border.reading.at)
    }
}

/// The part of `[from, to]` covered by the network parts of waits, which are in order of their starts.
fn network(waits: &[Wait], from: Instant, to: Instant) -> Option<Micros> {
    let mut covered = Micros::ZERO;
    let mut counted_to = from;
    for wait in waits.iter().filter(|wait| wait.from < to && wait.to > from) {
        let until = wait.arrived?.min(wait.to).min(to);
        let since = wait.from.max(counted_to);
        covered += until.saturating_sub(since);
        counted_to = counted_to.max(until);
    }
    Some(covered)
}

fn difference(earlier: Option<Micros>, later: Option<Micros>) -> Option<Micros> {
    Some(later?.saturating_sub(earlier?))
}

/// Two stretches of one phase; what either does not know, both do not.
fn together(one: PhaseTime, other: PhaseTime) -> PhaseTime {
    let sum = |one: Option<Micros>, other: Option<Micros>| Some(one? + other?);
    PhaseTime {
        elapsed_us: one.elapsed_us + other.elapsed_us,
        network_us: sum(one.network_us, other.network_us),
        cpu_us: sum(one.cpu_us, other.cpu_us),
        run_delay_us: sum(one.run_delay_us, other.run_delay_us),
    }
}

/// Runs of packets with a pause of at least half a round trip between them; absent where nothing is known to have
/// arrived or the round trip is not known.
///
/// Each run is one more round trip that the body cost. `arrivals` are in order of reading.
#[must_use]
pub fn arrival_bursts(arrivals: &[Instant], round_trip: Option<Micros>) -> Option<u32> {
    let round_trip = round_trip?;
    let pauses =
        arrivals.windows(2).filter(|pair| pair[1].saturating_sub(pair[0]).0.saturating_mul(2) >= round_trip.0.max(1));
    (!arrivals.is_empty()).then(|| u32::try_from(pauses.count() + 1).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reading(at: u64) -> Reading {
        Reading { at: Micros(at), cpu: Some(Micros(at / 2)), run_delay: None }
    }

    fn wait(from: u64, to: u64, arrived: Option<u64>) -> Wait {
        Wait { from: Micros(from), to: Micros(to), arrived: arrived.map(Micros) }
    }

    fn hop(borders: &[(u64, Option<Phase>)], end: u64, waits: &[Wait]) -> Transcript {
        Transcript {
            borders: borders.iter().map(|&(at, entering)| Border { reading: reading(at), entering }).collect(),
            end: reading(end),
            waits: waits.to_vec(),
            stamped: true,
        }
    }

    #[test]
    fn a_packet_that_lay_unread_is_local_time() {
        let account = hop(&[(0, Some(Phase::Wait))], 100, &[wait(10, 90, Some(40))]).account();
        let phase = account.phases.wait.unwrap();
        assert_eq!((phase.network_us, phase.local_us()), (Some(Micros(30)), Some(Micros(70))));
    }

    #[test]
    fn a_stamp_before_the_wait_is_no_network_time_and_one_after_its_end_no_more_than_the_wait() {
        let of = |arrived| hop(&[(0, Some(Phase::Wait))], 100, &[wait(10, 90, Some(arrived))]).account();
        assert_eq!(of(3).phases.wait.unwrap().network_us, Some(Micros(0)));
        assert_eq!(of(95).phases.wait.unwrap().network_us, Some(Micros(80)));
    }

    #[test]
    fn a_wait_is_cut_at_the_borders() {
        let borders = [(0, Some(Phase::Send)), (50, Some(Phase::Wait)), (80, Some(Phase::Receive))];
        let phases = hop(&borders, 120, &[wait(20, 100, Some(90))]).account().phases;
        let network = |phase| phases.get(phase).unwrap().network_us;
        assert_eq!(network(Phase::Send), Some(Micros(30)));
        assert_eq!(network(Phase::Wait), Some(Micros(30)));
        assert_eq!(network(Phase::Receive), Some(Micros(10)));
    }

    #[test]
    fn a_wait_without_a_stamp_makes_network_time_unknown_in_its_own_phases_only() {
        let borders = [(0, Some(Phase::Resolve)), (50, Some(Phase::Connect))];
        let phases = hop(&borders, 100, &[wait(10, 40, None), wait(60, 90, Some(80))]).account().phases;
        assert_eq!(phases.resolve.unwrap().network_us, None);
        assert_eq!(phases.connect.unwrap().network_us, Some(Micros(20)));
    }

    #[test]
    fn without_stamps_network_time_is_unknown_and_not_zero() {
        let unstamped = Transcript { stamped: false, ..hop(&[(0, Some(Phase::Send))], 9, &[]) };
        assert_eq!(unstamped.account().phases.send.unwrap().network_us, None);
        assert_eq!(hop(&[(0, Some(Phase::Send))], 9, &[]).account().phases.send.unwrap().network_us, Some(Micros(0)));
    }

    #[test]
    fn a_phase_entered_twice_is_added_up() {
        let borders = [(0, Some(Phase::Send)), (10, None), (15, Some(Phase::Send))];
        let account = hop(&borders, 40, &[]).account();
        assert_eq!(account.phases.send.unwrap().elapsed_us, Micros(35));
        assert_eq!(account.overhead, Micros(5));
    }

    #[test]
    fn bursts_are_parted_by_half_a_round_trip() {
        let arrivals = [0, 10, 20, 70, 75, 130].map(Micros);
        assert_eq!(arrival_bursts(&arrivals, Some(Micros(100))), Some(3));
        assert_eq!(arrival_bursts(&arrivals, Some(Micros(1000))), Some(1));
        assert_eq!(arrival_bursts(&arrivals[..1], Some(Micros(0))), Some(1));
        assert_eq!(arrival_bursts(&[Micros(5), Micros(5)], Some(Micros(0))), Some(1));
        assert_eq!(arrival_bursts(&[], Some(Micros(100))), None);
        assert_eq!(arrival_bursts(&arrivals, None), None);
    }

    fn any_phase() -> impl Strategy<Value = Option<Phase>> {
        prop_oneof![Just(None), (0..6_usize).prop_map(|index| Some(Phase::ALL[index]))]
    }

    proptest! {
        #[test]
        fn phases_and_overhead_are_the_time_of_the_hop(
            borders in proptest::collection::vec((0..1_000_u64, any_phase()), 0..12),
            waits in proptest::collection::vec((0..1_000_u64, 0..300_u64, proptest::option::of(0..1_500_u64)), 0..12),
            end in 0..1_200_u64,
        ) {
            let waits: Vec<Wait> = waits.iter().map(|&(from, length, arrived)| wait(from, from + length, arrived)).collect();
            let hop = hop(&borders, end, &waits);
            let account = hop.account();
            let last = borders.iter().map(|border| border.0).chain([end]).max().unwrap_or(0);
            prop_assert_eq!(account.phases.elapsed_us() + account.overhead, Micros(last).saturating_sub(hop.start()));
            for (_, time) in account.phases.present() {
                prop_assert!(time.network_us.is_none_or(|network| network <= time.elapsed_us));
            }
        }

        #[test]
        fn waits_apart_from_each_other_each_count_in_full(
            gaps in proptest::collection::vec((0..100_u64, 0..100_u64, 0..200_u64), 1..10),
        ) {
            let mut at = 0;
            let waits: Vec<Wait> = gaps.iter().map(|&(gap, length, arrived)| {
                let from = at + gap;
                at = from + length;
                wait(from, at, Some(from + arrived))
            }).collect();
            let sum: Micros = waits.iter().filter_map(Wait::network).sum();
            let account = hop(&[(0, Some(Phase::Receive))], at, &waits).account();
            prop_assert_eq!(account.phases.receive.unwrap().network_us, Some(sum));
        }
    }
}
