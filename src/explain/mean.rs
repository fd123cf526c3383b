//! The gap of the means, divided among its causes.
//!
//! Means of columns subtract exactly, so no order of causes has to be assumed. Only what is a product (round trips
//! times their length) or a mixture of states (reused, fresh, cold) is divided by the value of Shapley, in closed form.

use crate::statistics::shapley::{product2, product3};

use super::cause::{Cause, Shares};
use super::sides::Sides;
use super::sums::{
    ALL, ALL_TOTAL, BASE, BLOCKED, DEFINITION, FALLBACK, LADDERS, LOSS, ORIGIN, REDIRECT, REST, REST_W, SAID, SETUP,
    STATES, TOTAL, TRANSFER, W, Weighed,
};

/// The gap of two means and its division; milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanGap {
    /// Means of A and of B over all their response times.
    pub means: [f64; 2],
    /// B less A; the shares add up to it.
    pub gap: f64,
    /// See [`Cause`].
    pub shares: Shares,
    /// What rounding had left over before the residual took it, milliseconds.
    pub rounding: f64,
    /// A state or a factor was seen at one side only, and borrowed for the other.
    pub one_sided: [bool; Cause::COUNT],
}

/// Divides the gap of the means.
#[must_use]
pub fn explain(sides: &Sides) -> MeanGap {
    let seen = sides.both();
    let weighed = [0, 1].map(|g| {
        let mut sum = Weighed::ZERO;
        for (row, factor) in sides.rows[g].iter().zip(&sides.overlap.factor[g]) {
            sum.add(1.0, &Weighed::of(row, *factor, seen));
        }
        sum
    });
    let found = divide(&weighed[0], &weighed[1]);
    debug_assert!(found.shares.leave_only(found.rounding, found.gap), "{} ms went to no cause", found.rounding);
    found
}

/// Divides the gap between two sets of sums.
pub(super) fn divide(a: &Weighed, b: &Weighed) -> MeanGap {
    let means = [a, b].map(|side| side.total / side.weight);
    let gap = means[1] - means[0];
    let mut book = Book { a: Side(a), b: Side(b), shares: Shares::default(), one_sided: [false; Cause::COUNT] };
    let matched = book.b.ratio(ALL_TOTAL, ALL) - book.a.ratio(ALL_TOTAL, ALL);
    book.shares.add(Cause::Timing, gap - matched);
    // Rows without a full ledger stay in the total: how far they shift it is not explained.
    book.shares.add(Cause::Residual, matched - book.change(TOTAL));
    for (cause, column) in [
        (Cause::Definition, DEFINITION),
        (Cause::Fallback, FALLBACK),
        (Cause::Loss, LOSS),
        (Cause::Transfer, TRANSFER),
        (Cause::Cdn, ORIGIN),
    ] {
        let change = book.change(column);
        book.shares.add(cause, change);
    }
    book.distance();
    book.redirects();
    for (column, cause) in [Cause::Dns, Cause::Queueing, Cause::Cpu, Cause::Scheduling].into_iter().enumerate() {
        book.ladder(column, cause);
    }
    book.rest();
    // Of what is left over, what first uses are blocked more than others is theirs.
    let [_, _, cold] = book.steps(BLOCKED);
    book.shares.add(Cause::Cold, cold);
    book.shares.add(Cause::Residual, -cold);
    let (shares, rounding) = book.shares.closed_at(gap);
    MeanGap { means, gap, shares, rounding, one_sided: book.one_sided }
}

struct Side<'a>(&'a Weighed);

impl Side<'_> {
    fn sum(&self, at: usize) -> f64 {
        self.0.matched[at]
    }

    fn ratio(&self, part: usize, whole: usize) -> f64 {
        if self.sum(whole) > 0.0 { self.sum(part) / self.sum(whole) } else { 0.0 }
    }

    fn mean(&self, at: usize) -> f64 {
        self.ratio(at, W)
    }

    /// Absent where nothing carries the weight.
    fn known(&self, part: usize, whole: usize) -> Option<f64> {
        (self.sum(whole) > 0.0).then(|| self.sum(part) / self.sum(whole))
    }
}

struct Book<'a> {
    a: Side<'a>,
    b: Side<'a>,
    shares: Shares,
    one_sided: [bool; Cause::COUNT],
}

/// What only one side knows, the other borrows: then it cannot be a reason for a difference.
fn borrow(a: Option<f64>, b: Option<f64>) -> [f64; 2] {
    [a.or(b).unwrap_or(0.0), b.or(a).unwrap_or(0.0)]
}

impl Book<'_> {
    fn change(&self, column: usize) -> f64 {
        self.b.mean(column) - self.a.mean(column)
    }

    fn mark(&mut self, cause: Cause, a: Option<f64>, b: Option<f64>) {
        self.one_sided[cause as usize] |= a.is_some() != b.is_some();
    }

    /// Round trips times their length: `E[K R] = K̄ · R̃` with the trip-weighted length `R̃ = E[K R] / E[K]`.
    fn distance(&mut self) {
        let length = |side: &Side| [side.mean(BASE), side.ratio(BASE + 1, BASE)];
        let [rounds, distance] = product2(length(&self.a), length(&self.b));
        self.shares.add(Cause::Transfer, rounds);
        self.shares.add(Cause::Distance, distance);
        // Setting up: how many connections are new, how many round trips each takes, how long those are.
        let fresh = |side: &Side| (side.sum(STATES + 1) + side.sum(STATES + 2)) / side.sum(W).max(f64::MIN_POSITIVE);
        let trips = |side: &Side| (fresh(side) > 0.0).then(|| side.mean(SETUP) / fresh(side));
        // The path is there whether or not anybody opened a connection over it: kept ones tell its length, too.
        let length = |side: &Side| side.known(SETUP + 1, SETUP).or_else(|| side.known(BASE + 1, BASE));
        let [trips_a, trips_b] = borrow(trips(&self.a), trips(&self.b));
        let [length_a, length_b] = borrow(length(&self.a), length(&self.b));
        self.mark(Cause::Reuse, trips(&self.a), trips(&self.b));
        let (a, b) = ([fresh(&self.a), trips_a, length_a], [fresh(&self.b), trips_b, length_b]);
        let [reuse, version, distance] = product3(a, b);
        self.shares.add(Cause::Reuse, reuse);
        self.shares.add(Cause::TlsVersion, version);
        self.shares.add(Cause::Distance, distance);
    }

    /// How many redirects, times what one costs; what one costs is itself a small ledger.
    fn redirects(&mut self) {
        let causes = [Cause::Distance, Cause::Dns, Cause::Cpu, Cause::Scheduling, Cause::Residual];
        self.mark(Cause::Redirect, self.a.known(REDIRECT, REDIRECT), self.b.known(REDIRECT, REDIRECT));
        for (part, cause) in causes.into_iter().enumerate() {
            let part = REDIRECT + 1 + part;
            let [cost_a, cost_b] = borrow(self.a.known(part, REDIRECT), self.b.known(part, REDIRECT));
            let (a, b) = ([self.a.mean(REDIRECT), cost_a], [self.b.mean(REDIRECT), cost_b]);
            let [count, cost] = product2(a, b);
            // A cost without a count cannot be: but where it is, it stays in its own row.
            let whole = self.change(part);
            self.shares.add(Cause::Redirect, count);
            self.shares.add(cause, whole - count);
            debug_assert!((whole - count - cost).abs() <= 1e-6 * whole.abs().max(1.0));
        }
    }

    fn ladder(&mut self, column: usize, cause: Cause) {
        let [whole, reuse, cold] = self.steps(column);
        self.shares.add(Cause::Reuse, reuse);
        self.shares.add(Cause::Cold, cold);
        self.shares.add(cause, whole - reuse - cold);
    }

    /// A column's change, and what of it new connections and first uses make. Reused → fresh → cold:
    /// `E[c] = μ_r + p_f (μ_f − μ_r) + p_c (μ_c − μ_f)`.
    fn steps(&mut self, column: usize) -> [f64; 3] {
        let at = LADDERS + 3 * column;
        let steps = [&self.a, &self.b].map(|side| {
            let state = |s: usize| side.known(at + s, STATES + s);
            let step = |from: usize, to: usize| state(from).zip(state(to)).map(|(from, to)| to - from);
            (step(0, 1), step(1, 2), state)
        });
        let [cold_a, cold_b] = borrow(steps[0].1, steps[1].1);
        // Where all new connections are cold ones, the fresh level is the cold one less its step.
        let fresh = |g: usize, cold: f64| {
            let state = &steps[g].2;
            steps[g].0.or_else(|| state(0).zip(state(2)).map(|(reused, up)| up - cold - reused))
        };
        let (fresh_known_a, fresh_known_b) = (fresh(0, cold_a), fresh(1, cold_b));
        let [fresh_a, fresh_b] = borrow(fresh_known_a, fresh_known_b);
        let (cold_known_a, cold_known_b) = (steps[0].1, steps[1].1);
        let share = |side: &Side, states: std::ops::RangeInclusive<usize>| {
            states.map(|s| side.sum(STATES + s)).sum::<f64>() / side.sum(W).max(f64::MIN_POSITIVE)
        };
        let [new_a, new_b] = [share(&self.a, 1..=2), share(&self.b, 1..=2)];
        let [first_a, first_b] = [share(&self.a, 2..=2), share(&self.b, 2..=2)];
        let whole = (at..at + 3).map(|at| self.change(at)).sum::<f64>();
        let [reuse, _] = product2([new_a, fresh_a], [new_b, fresh_b]);
        let [cold, _] = product2([first_a, cold_a], [first_b, cold_b]);
        self.mark(Cause::Reuse, fresh_known_a, fresh_known_b);
        self.mark(Cause::Cold, cold_known_a, cold_known_b);
        [whole, reuse, cold]
    }

    /// Server, cache misses and the rest. Where nobody sends `Server-Timing`, server and rest stay one row.
    fn rest(&mut self) {
        let whole = |side: &Side| (0..4).map(|cell| side.mean(REST + cell)).sum::<f64>();
        let said = [&self.a, &self.b].map(|side| side.sum(REST_W + 1) + side.sum(REST_W + 3) > 0.0);
        let separable = said[0] && said[1];
        // Unexplained wait of answers from the edge, and of those from behind it.
        let unexplained = |side: &Side, miss: usize| {
            let cell = 2 * miss;
            if separable {
                side.known(REST + cell + 1, REST_W + cell + 1)
                    .map(|rest| rest - side.ratio(SAID + miss, REST_W + cell + 1))
            } else {
                side.known(REST + cell, REST_W + cell)
            }
        };
        let parts = [&self.a, &self.b].map(|side| {
            let misses = (side.mean(REST_W + 2) + side.mean(REST_W + 3), unexplained(side, 0), unexplained(side, 1));
            let step = misses.1.zip(misses.2).map(|(hit, miss)| miss - hit);
            // A kind of answer on which nobody spoke is taken to be like the other kind.
            let (hit, miss) = (misses.1.or(misses.2).unwrap_or(0.0), misses.2.or(misses.1).unwrap_or(0.0));
            (misses.0, step, hit + misses.0 * (miss - hit))
        });
        let [step_a, step_b] = borrow(parts[0].1, parts[1].1);
        self.mark(Cause::Cdn, parts[0].1, parts[1].1);
        let [cdn, _] = product2([parts[0].0, step_a], [parts[1].0, step_b]);
        let unexplained = parts[1].2 - parts[0].2;
        self.shares.add(Cause::Cdn, cdn);
        self.shares.add(Cause::Residual, unexplained - cdn);
        self.shares.add(Cause::Server, whole(&self.b) - whole(&self.a) - unexplained);
    }
}

#[cfg(test)]
mod tests {
    use super::super::influence::tests::row;
    use super::super::ledger::{Raw, Row, State};
    use super::*;

    #[test]
    fn connections_that_are_kept_tell_how_long_the_path_is_that_new_ones_would_take() {
        let side = |side, state, trip: f64| -> Vec<Row> {
            let handshake = (state != State::Reused).then_some(trip);
            let raw = Raw { handshake, shortest: Some(trip), setup: 2.0, wait: 60.0, ..Raw::default() };
            (0..60).map(|n| Row { state, raw, place: side, cell: side, ..row(side, n, n) }).collect()
        };
        let found = explain(&Sides::new(side(0, State::Reused, 10.0), side(1, State::Fresh, 30.0)).unwrap());
        let of = |cause| (found.shares.get(cause) * 1e6).round() / 1e6;
        // Two round trips of 30 ms come in, one of 10 ms becomes 30: by turns, two of 20 on average, and two and two halves by 20.
        assert_eq!([of(Cause::Reuse), of(Cause::Distance)], [2.0 * 20.0, 20.0 + 2.0 * 20.0 / 2.0]);
        assert!(found.one_sided[Cause::Reuse as usize]);
    }

    #[test]
    fn what_first_uses_are_blocked_longer_is_theirs_and_the_rest_of_it_nobodys() {
        // Of ten requests so many are first uses, which are blocked for 9 ms and the others for 1.
        let side = |side, first: u64, more: f64| -> Vec<Row> {
            let raw = Raw { handshake: Some(10.0), shortest: Some(10.0), setup: 2.0, wait: 60.0, ..Raw::default() };
            let of = |n: u64| {
                let (state, blocked) = if n % 10 < first { (State::Cold, 9.0) } else { (State::Fresh, 1.0) };
                let (total, blocked) = (100.0 + blocked + more, blocked + more);
                Row { state, raw, blocked, total, server_said: Some(40.0), place: side, cell: side, ..plain(side, n) }
            };
            (0..60).map(of).collect()
        };
        let found = explain(&Sides::new(side(0, 1, 0.0), side(1, 6, 3.0)).unwrap());
        let of = |cause| (found.shares.get(cause) * 1e6).round() / 1e6;
        assert_eq!([of(Cause::Cold), of(Cause::Residual), of(Cause::Reuse)], [0.5 * 8.0, 3.0, 0.0]);
    }

    /// A row in which nothing is by chance.
    fn plain(side: u64, n: u64) -> Row {
        let none = Row {
            definition: 0.0,
            dns: 0.0,
            redirects: Default::default(),
            cpu: 0.0,
            scheduling: 0.0,
            ..row(side, n, n)
        };
        Row { origin: 0.0, transfer: 0.0, loss: 0.0, miss: false, ..none }
    }
}
