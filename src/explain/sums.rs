//! The sums over samples from which every row of the mean's account follows: they are linear in the weights, so a
//! bootstrap replicate needs nothing else.

use super::ledger::{Row, Seen, State};
use super::sides::complete;

pub(super) const ALL: usize = 0;
pub(super) const ALL_TOTAL: usize = 1;
/// Rows with a full ledger, and their total.
pub(super) const W: usize = 2;
pub(super) const TOTAL: usize = 3;
pub(super) const DEFINITION: usize = 4;
pub(super) const FALLBACK: usize = 5;
pub(super) const LOSS: usize = 6;
pub(super) const TRANSFER: usize = 7;
pub(super) const ORIGIN: usize = 8;
/// Three states, then five columns in each of them. The last, [`BLOCKED`], is a part of the rest as well.
pub(super) const STATES: usize = 9;
pub(super) const LADDERS: usize = 12;
pub(super) const BLOCKED: usize = 4;
/// Trips, and trips times the floor: request and body, then setup.
pub(super) const BASE: usize = 27;
pub(super) const SETUP: usize = 29;
/// Count, path, dns, cpu, scheduling, other.
pub(super) const REDIRECT: usize = 31;
/// By (miss, said): weight, rest; then by miss: what was said.
pub(super) const REST_W: usize = 37;
pub(super) const REST: usize = 41;
pub(super) const SAID: usize = 45;
pub(super) const WIDTH: usize = 47;

pub(super) type Vector = [f64; WIDTH];

/// One row as a vector; columns that not both sides can see are left in the rest.
pub(super) fn vector(row: &Row, seen: Seen) -> Vector {
    let mut x = [0.0; WIDTH];
    x[ALL] = 1.0;
    x[ALL_TOTAL] = row.total;
    if !complete(row, seen) {
        return x;
    }
    let if_seen = |needed: Seen, value: f64| if seen.has(needed) { value } else { 0.0 };
    let trips = |value: f64| if_seen(Seen::ROUND_TRIPS, value);
    x[W] = 1.0;
    x[TOTAL] = row.total;
    x[DEFINITION] = if_seen(Seen::TIMELINE, row.definition);
    x[FALLBACK] = if_seen(Seen::QUEUEING, row.fallback);
    x[LOSS] = if_seen(Seen::LOSS.or(Seen::ROUND_TRIPS), row.loss);
    x[TRANSFER] = if_seen(Seen::TRANSFER.or(Seen::ROUND_TRIPS), row.transfer);
    x[ORIGIN] = if_seen(Seen::CACHE, row.origin);
    let state = match row.state {
        State::Reused => 0,
        State::Fresh => 1,
        State::Cold => 2,
    };
    x[STATES + state] = 1.0;
    let ladder = [
        if_seen(Seen::DNS, row.dns),
        if_seen(Seen::QUEUEING.or(Seen::ROUND_TRIPS), row.queueing),
        if_seen(Seen::CPU, row.cpu),
        if_seen(Seen::SCHEDULING, row.scheduling),
        if_seen(Seen::CPU.or(Seen::SCHEDULING), row.blocked),
    ];
    for (column, value) in ladder.into_iter().enumerate() {
        x[LADDERS + 3 * column + state] = value;
    }
    x[BASE] = trips(row.base_trips);
    x[BASE + 1] = trips(row.base_trips * row.floor);
    x[SETUP] = trips(row.setup_trips);
    x[SETUP + 1] = trips(row.setup_trips * row.floor);
    let before = row.redirects;
    let redirect = [
        before.count,
        trips(before.path),
        if_seen(Seen::DNS, before.dns),
        if_seen(Seen::CPU, before.cpu),
        if_seen(Seen::SCHEDULING, before.scheduling),
    ];
    if seen.has(Seen::HOPS) {
        x[REDIRECT..REDIRECT + 5].copy_from_slice(&redirect);
        x[REDIRECT + 5] = before.total() - redirect[1..].iter().sum::<f64>();
    }
    let rest = rest(&x, &ladder[..BLOCKED]);
    let miss = usize::from(seen.has(Seen::CACHE) && row.miss);
    let said = row.server_said.filter(|_| seen.has(Seen::SERVER));
    let cell = 2 * miss + usize::from(said.is_some());
    x[REST_W + cell] = 1.0;
    x[REST + cell] = rest;
    x[SAID + miss] = said.unwrap_or(0.0);
    x
}

/// What is left of the total beyond the columns in use.
fn rest(x: &Vector, ladder: &[f64]) -> f64 {
    x[TOTAL]
        - x[DEFINITION]
        - x[FALLBACK]
        - x[LOSS]
        - x[TRANSFER]
        - x[ORIGIN]
        - x[BASE + 1]
        - x[SETUP + 1]
        - ladder.iter().sum::<f64>()
        - x[REDIRECT + 1..REDIRECT + 6].iter().sum::<f64>()
}

/// The sums of one side under one set of weights: plain, and with the factors that match the times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Weighed {
    pub(super) weight: f64,
    pub(super) total: f64,
    pub(super) matched: Vector,
}

impl Weighed {
    pub(super) const ZERO: Self = Self { weight: 0.0, total: 0.0, matched: [0.0; WIDTH] };

    /// Adds one atom with a weight.
    pub(super) fn add(&mut self, weight: f64, atom: &Self) {
        self.weight += weight * atom.weight;
        self.total += weight * atom.total;
        let (sums, xs) = (&mut self.matched, &atom.matched);
        let mut at = 0;
        // Not by zip: its parts are functions of their own in a build without link-time optimisation.
        while at < WIDTH {
            sums[at] += weight * xs[at];
            at += 1;
        }
    }

    /// The sum by number: those of `matched`, then weight and total.
    pub(super) fn at(&self, at: usize) -> f64 {
        match at.checked_sub(WIDTH) {
            None => self.matched[at],
            Some(0) => self.weight,
            Some(_) => self.total,
        }
    }

    /// As [`Self::at`].
    pub(super) fn at_mut(&mut self, at: usize) -> &mut f64 {
        match at.checked_sub(WIDTH) {
            None => &mut self.matched[at],
            Some(0) => &mut self.weight,
            Some(_) => &mut self.total,
        }
    }

    /// One row.
    pub(super) fn of(row: &Row, factor: f64, seen: Seen) -> Self {
        let mut matched = vector(row, seen);
        for x in &mut matched {
            *x *= factor * row.weight;
        }
        Self { weight: row.weight, total: row.weight * row.total, matched }
    }
}
