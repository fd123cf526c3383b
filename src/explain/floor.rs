//! The floor: the shortest round trip that a path was seen to allow, and the columns that follow from it.

use std::collections::HashMap;
use std::collections::btree_map::{BTreeMap, Entry};

use super::ledger::{Row, Seen, State};

/// Half the width of the rolling hour over which the shortest round trip is taken.
const REACH_MS: i64 = 30 * 60 * 1_000;

/// The how manieth shortest round trip tells how far the shortest lies above what the path allows, at least and at most: a quarter of
/// all, in between; of very few, none of the longer half.
const RANK: (f64, f64) = (4.0, 8.0);

/// No system retransmits before 200 ms; a little less is allowed for clocks.
const RESENT_MIN: f64 = 190.0;
/// So much of a round trip may pass in our own work, and be no waiting: what came meanwhile was there when it was read.
const OWN_WORK_MAX: f64 = 0.25;

/// What a server may say beyond the wait it was seen to cause: rounding.
const SERVER_SLACK: f64 = 1.0;

/// Fills floor, queueing, loss and transfer of every row; the rows may come from several sources, and a cell (place and
/// peer address) that two of them share has one floor.
///
/// The floor is the smallest round trip of the cell within half an hour before or after. A minimum can only lie above
/// the truth, so pooling brings it nearer.
pub fn settle(rows: &mut [Row]) {
    let mut cells: HashMap<u64, Vec<usize>> = HashMap::new();
    for (at, row) in rows.iter().enumerate() {
        if row.seen.has(Seen::TIMELINE) {
            cells.entry(row.cell).or_default().push(at);
        }
    }
    for members in cells.values_mut() {
        members.sort_unstable_by_key(|at| (rows[*at].at_ms, rows[*at].id));
        let floors = rolling_minimum(rows, members);
        for (at, floor) in members.iter().zip(floors) {
            if let Some((floor, overshoot)) = floor {
                (rows[*at].floor, rows[*at].overshoot) = (floor, overshoot);
                rows[*at].seen = rows[*at].seen.or(Seen::ROUND_TRIPS);
            }
        }
    }
    let borrowed = queueing_by_place(rows);
    for row in rows.iter_mut().filter(|row| row.seen.has(Seen::ROUND_TRIPS)) {
        let queue = match row.raw.handshake {
            Some(handshake) => handshake - row.floor,
            None => borrowed.get(&row.place).copied().unwrap_or_else(|| {
                row.seen = row.seen.without(Seen::QUEUEING);
                0.0
            }),
        };
        fill(row, queue);
    }
    for row in rows.iter_mut() {
        let plausible = |said: &f64| *said >= 0.0 && *said <= row.raw.wait - row.floor + SERVER_SLACK;
        row.boasted = row.server_said.is_some_and(|said| !plausible(&said));
        row.server_said = row.server_said.filter(plausible);
    }
}

/// Takes the origin's time out of what the server says, where the one must hold the other: together they are more than
/// the wait allows. Only where the origin's time has a row of its own.
pub(super) fn without_origin(row: &mut Row) {
    let (origin, most) = (row.origin, row.raw.wait - row.floor + SERVER_SLACK);
    let holds = |said: f64| origin > 0.0 && origin <= said && origin + said > most;
    row.server_said = row.server_said.map(|said| if holds(said) { said - origin } else { said });
}

/// For each member, in time order, the smallest round trip within [`REACH_MS`], and by how much it is likely to lie above
/// the path's own.
fn rolling_minimum(rows: &[Row], members: &[usize]) -> Vec<Option<(f64, f64)>> {
    let mut window = Window::default();
    let (mut first, mut next) = (0, 0);
    members
        .iter()
        .map(|at| {
            let now = rows[*at].at_ms;
            while next < members.len() && rows[members[next]].at_ms <= now.saturating_add(REACH_MS) {
                window.enter(&rows[members[next]]);
                next += 1;
            }
            while rows[members[first]].at_ms < now.saturating_sub(REACH_MS) {
                window.leave(&rows[members[first]]);
                first += 1;
            }
            window.shortest()
        })
        .collect()
}

/// Round trips that are near in time.
#[derive(Default)]
struct Window {
    /// How many there are of each length; as bits, which are in the order of numbers that are not negative.
    lengths: BTreeMap<u64, u32>,
    weight: f64,
}

impl Window {
    fn length(row: &Row) -> Option<u64> {
        let shortest = row.raw.shortest?;
        let trip = row.raw.handshake.map_or(shortest, |handshake| handshake.min(shortest));
        Some(trip.max(0.0).to_bits())
    }

    fn enter(&mut self, row: &Row) {
        if let Some(length) = Self::length(row) {
            *self.lengths.entry(length).or_default() += 1;
            self.weight += row.weight;
        }
    }

    fn leave(&mut self, row: &Row) {
        let Some(length) = Self::length(row) else { return };
        self.weight -= row.weight;
        if let Entry::Occupied(mut count) = self.lengths.entry(length) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }

    /// The shortest, and by how much it is likely to lie above what the path allows.
    ///
    /// A round trip meets two queues, and both are rarely empty at once: near the shortest, the density of what two independent
    /// queues add rises from nothing, in proportion. The k-th shortest of many then lies Γ(k + 1/2) / (Γ(k) Γ(3/2)) times as
    /// far beyond the end as the shortest, on average, so that the distance of the two tells how far that is (estimation of an
    /// endpoint by order statistics: Robson and Whitlock 1964, Cooke 1979). It is too much where one direction has queues only, or
    /// none. Requests on a kept connection tell one round trip again and again, which counts once.
    fn shortest(&self) -> Option<(f64, f64)> {
        let mut lengths = self.lengths.keys().map(|bits| f64::from_bits(*bits));
        let best = lengths.next()?;
        // Half a weight away from where sums that are not exact would decide.
        let weight = self.weight + 0.5;
        let rank = (weight / 4.0).floor().clamp(RANK.0, RANK.1).min(((weight + 1.0) / 2.0).floor()).max(2.0);
        let (mut times, mut ranked) = (1.0, best);
        for (lower, length) in (1_u32..).map(f64::from).take_while(|lower| *lower < rank).zip(lengths) {
            (times, ranked) = (times * (1.0 + 0.5 / lower), length);
        }
        Some((best, if ranked > best { (ranked - best) / (times - 1.0) } else { 0.0 }))
    }
}

/// The mean queueing of a round trip, for connections that have no handshake of their own.
fn queueing_by_place(rows: &[Row]) -> HashMap<u64, f64> {
    let mut sums: HashMap<u64, (f64, f64)> = HashMap::new();
    for row in rows.iter().filter(|row| row.seen.has(Seen::ROUND_TRIPS)) {
        if let Some(handshake) = row.raw.handshake {
            let sum = sums.entry(row.place).or_default();
            sum.0 += handshake - row.floor;
            sum.1 += 1.0;
        }
    }
    sums.into_iter().map(|(place, (sum, count))| (place, sum / count)).collect()
}

fn fill(row: &mut Row, queue: f64) {
    let raw = row.raw;
    let trip = row.floor + queue;
    // Bursts that a slow server caused are not round trips: no more rounds than time allows.
    let allowed = (raw.receive / row.floor + OWN_WORK_MAX).floor();
    let possible = if row.floor > 0.0 { raw.rounds.min(allowed) } else { 0.0 };
    // A packet that was lost on its way here is sent again a round trip later, and the packets behind it wait for it. A
    // record is written at once, so nothing but a loss makes so long a pause within one.
    let lost = raw.disordered || raw.record >= RESENT_MIN;
    let rounds = if lost { possible.min(raw.flights) } else { possible };
    row.setup_trips = if row.state == State::Reused { 0.0 } else { raw.setup };
    row.base_trips = 1.0 + rounds;
    row.queueing = if row.seen.has(Seen::QUEUEING) { queue * (row.setup_trips + row.base_trips) } else { 0.0 };
    let resent = |excess: f64| if (raw.resent || lost) && excess >= RESENT_MIN { excess } else { 0.0 };
    let beyond = raw.receive - rounds * trip;
    let receiving = resent(beyond).max(((possible - rounds) * trip).min(beyond));
    row.loss = receiving + raw.behind;
    if row.state != State::Reused {
        row.loss += raw.handshake.map_or(0.0, |handshake| resent(raw.connect - handshake));
        row.loss += resent(raw.tls - (raw.setup - 1.0) * trip);
    }
    row.loss += row.server_said.map_or(0.0, |said| resent(raw.wait - trip - said));
    row.transfer = raw.receive - rounds * trip - receiving;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::influence::tests::row;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// On one path, a minute apart; of kept connections, which tell no handshake.
    fn settled(trips: &[f64]) -> Vec<Row> {
        let mut rows: Vec<Row> = (0_u64..).zip(trips).map(|(n, trip)| timed(n, *trip)).collect();
        settle(&mut rows);
        rows
    }

    fn timed(minute: u64, trip: f64) -> Row {
        let mut row = row(0, 5 + 9 * minute, minute);
        (row.raw.shortest, row.raw.handshake) = (Some(trip), None);
        row
    }

    fn first(trips: &[f64]) -> (f64, f64) {
        let settled = settled(trips);
        (settled[0].floor, settled[0].overshoot)
    }

    #[test]
    fn what_is_always_the_same_is_the_floor_and_what_one_connection_repeats_tells_nothing_new() {
        assert_eq!(first(&[7.0]), (7.0, 0.0));
        assert_eq!(first(&[7.0; 20]), (7.0, 0.0));
        let now_and_then: Vec<f64> =
            (0..30).map(|n| if n % 10 == 0 { 60.0 } else { 7.0 + 0.001 * f64::from(n) }).collect();
        let (floor, overshoot) = first(&now_and_then);
        assert!(floor == 7.001 && (0.001..0.01).contains(&overshoot), "{floor} {overshoot}");
        let (_, once) = first(&[10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0, 18.0]);
        assert_eq!(once, 3.0 / (1.5 * 1.25 * 3.5 / 3.0 - 1.0));
        assert_eq!(first(&[[10.0; 8].as_slice(), &[11.0]].concat()), (10.0, 2.0));
    }

    #[test]
    fn a_round_trip_counts_within_half_an_hour() {
        let trips: Vec<f64> = (0..100).map(|n| if n == 50 { 10.0 } else { 20.0 }).collect();
        let floors: Vec<f64> = settled(&trips).iter().map(|row| row.floor).collect();
        let expected: Vec<f64> = (0_i32..100).map(|n| if (n - 50).abs() <= 30 { 10.0 } else { 20.0 }).collect();
        assert_eq!(floors, expected);
        let mut rows = [timed(0, 20.0), timed(1, 20.0)];
        rows[1].raw.handshake = Some(15.0);
        settle(&mut rows);
        assert_eq!(rows[0].floor, 15.0, "a handshake that was shorter than what the connection says");
    }

    #[test]
    fn where_both_ways_queue_twice_the_overshoot_is_enough_nine_times_of_ten() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut queue = || -2.0 * (1.0 - random.random::<f64>()).ln();
        for count in [8, 20, 60, 240] {
            let enough = (0..500).filter(|_| {
                let mut window = Window::default();
                (0..count).for_each(|n| window.enter(&timed(n, 10.0 + queue() + queue())));
                let (shortest, overshoot) = window.shortest().unwrap();
                shortest - 10.0 <= 2.0 * overshoot
            });
            let enough = enough.count();
            assert!((420..=480).contains(&enough), "{count}: {enough} of 500");
        }
    }
}
