//! The floor: the shortest round trip that a path was seen to allow, and the columns that follow from it.

use std::collections::{HashMap, VecDeque};

use super::ledger::{Row, Seen, State};

/// Half the width of the rolling hour over which the shortest round trip is taken.
const REACH_MS: i64 = 30 * 60 * 1_000;

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
/// the path's own: what the others take beyond it, on average, over their number less one (exact where the excess is
/// exponential, and too much where short round trips are common).
fn rolling_minimum(rows: &[Row], members: &[usize]) -> Vec<Option<(f64, f64)>> {
    let (mut window, mut next): (VecDeque<usize>, usize) = (VecDeque::new(), 0);
    let (mut first, mut sum, mut weight) = (0, 0.0, 0.0);
    let trip = |at: usize| {
        let raw = rows[at].raw;
        raw.shortest.map(|shortest| raw.handshake.map_or(shortest, |handshake| handshake.min(shortest)))
    };
    members
        .iter()
        .map(|at| {
            let now = rows[*at].at_ms;
            while next < members.len() && rows[members[next]].at_ms <= now.saturating_add(REACH_MS) {
                if let Some(new) = trip(members[next]) {
                    sum += rows[members[next]].weight * new;
                    weight += rows[members[next]].weight;
                    while window.back().is_some_and(|old| trip(*old).is_none_or(|old| old >= new)) {
                        window.pop_back();
                    }
                    window.push_back(members[next]);
                }
                next += 1;
            }
            while window.front().is_some_and(|old| rows[*old].at_ms < now.saturating_sub(REACH_MS)) {
                window.pop_front();
            }
            while rows[members[first]].at_ms < now.saturating_sub(REACH_MS) {
                if let Some(old) = trip(members[first]) {
                    sum -= rows[members[first]].weight * old;
                    weight -= rows[members[first]].weight;
                }
                first += 1;
            }
            let best = window.front().and_then(|best| trip(*best))?;
            let overshoot = if weight > 1.5 { (sum / weight - best).max(0.0) / (weight - 1.0) } else { 0.0 };
            Some((best, overshoot))
        })
        .collect()
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
