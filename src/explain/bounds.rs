//! What can be said of causes when a side shows its total only: bounds, not estimates.
//!
//! Of the side's parts nothing is known but that none is negative and that they add up to its mean, so each difference
//! lies between two numbers. They are the largest and the smallest value that any division of that total allows (the
//! closed form of the small linear programs), and no confidence goes with them.

use serde::Serialize;

use super::cause::Cause;
use super::ledger::{Row, Seen};
use super::sides::SEEN_MIN;
use super::sides::Sides;

/// What is known of a side that shows its total only. Milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Known {
    /// A round trip, from `icmppingsec` or `net.tcp.service.perf`.
    pub round_trip: Option<f64>,
    /// Whether its requests go over new connections: a Zabbix scenario's first step does, later ones do not.
    pub fresh: Option<bool>,
    /// Name resolution, from `net.dns.perf`.
    pub dns: Option<f64>,
    /// The server needs as long for it as for the other side, within this much.
    pub server_same_within: Option<f64>,
}

impl Known {
    /// Nothing.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// Between which values the part of a cause in the gap (B less A) must lie.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bound {
    /// Which; `residual` is server and unexplained wait.
    pub cause: Cause,
    /// Milliseconds.
    pub lower_ms: f64,
    /// Milliseconds.
    pub upper_ms: f64,
}

/// The round trips of setting up a connection: TCP alone at least, and a full TLS 1.2 at most.
const SETUP_TRIPS_MIN: f64 = 1.0;
/// See [`SETUP_TRIPS_MIN`].
const SETUP_TRIPS_MAX: f64 = 3.0;
/// Those of a request and the first byte of its answer.
const REQUEST_TRIPS: f64 = 1.0;

/// A cause, its mean at the side that shows it, and its limits at the other where they are known.
type Part = (Cause, f64, Option<(f64, f64)>);

/// The side that shows its phases and the one that does not, and the sign of their difference as B less A.
struct Halves<'a> {
    full: &'a [Row],
    dark: &'a [Row],
    sign: f64,
}

impl<'a> Halves<'a> {
    /// Absent where both show their totals only, or both their phases.
    fn of(sides: &'a Sides) -> Option<Self> {
        let [a, b] = &sides.rows;
        match sides.seen.map(|seen| seen.has(Seen::TIMELINE)) {
            [false, true] => Some(Self { full: b, dark: a, sign: 1.0 }),
            [true, false] => Some(Self { full: a, dark: b, sign: -1.0 }),
            _ => None,
        }
    }

    fn total(&self) -> f64 {
        mean(self.dark, &|row| row.total).max(0.0)
    }

    /// Nine causes, and what is known of them.
    fn parts(&self, known: &Known) -> [Part; 9] {
        let mean = |figure: &dyn Fn(&Row) -> f64| mean(self.full, figure);
        let (setup, base) = (mean(&|row| row.setup_trips), mean(&|row| row.base_trips));
        let exactly = |ms: f64| (ms.max(0.0), ms.max(0.0));
        // Its redirects, its version of TLS and the rounds of its body may be others than ours.
        let (base_most, setup_most) = (base.max(REQUEST_TRIPS), setup.max(SETUP_TRIPS_MAX));
        let path = known.round_trip.map(|trip| match known.fresh {
            Some(true) => ((SETUP_TRIPS_MIN + REQUEST_TRIPS) * trip, (base_most + setup_most) * trip),
            Some(false) => (REQUEST_TRIPS * trip, base_most * trip),
            None => (REQUEST_TRIPS * trip, (base_most + setup_most) * trip),
        });
        let rest = mean(&Row::rest);
        let server = known.server_same_within.map(|within| ((rest - within).max(0.0), (rest + within).max(0.0)));
        [
            (Cause::Dns, mean(&|row| row.dns), known.dns.map(exactly)),
            (Cause::Distance, mean(&Row::path), path),
            (Cause::Redirect, mean(&|row| row.redirects.total()), None),
            (Cause::Queueing, mean(&|row| row.queueing), None),
            (Cause::Loss, mean(&|row| row.loss), None),
            (Cause::Cpu, mean(&|row| row.cpu), None),
            (Cause::Scheduling, mean(&|row| row.scheduling), None),
            (Cause::Transfer, mean(&|row| row.transfer), None),
            (Cause::Residual, rest, server),
        ]
    }
}

fn mean(rows: &[Row], figure: &dyn Fn(&Row) -> f64) -> f64 {
    let sums = rows.iter().fold((0.0, 0.0), |sum, row| (sum.0 + row.weight * figure(row), sum.1 + row.weight));
    sums.0 / sums.1
}

/// Bounds for nine causes; none where both sides show their totals only, and none where what is known contradicts the total.
#[must_use]
pub fn bounds(sides: &Sides, known: &Known) -> Vec<Bound> {
    let Some(halves) = Halves::of(sides).filter(|_| contradiction(sides, known).is_none()) else { return Vec::new() };
    let (total, parts) = (halves.total(), halves.parts(known));
    let within = divisions(total, &parts.map(|(_, _, known)| known.unwrap_or((0.0, total))));
    let bound = |((cause, here, _), (lower, upper)): (&Part, (f64, f64))| {
        let (x, y) = (halves.sign * (here - upper), halves.sign * (here - lower));
        Bound { cause: *cause, lower_ms: x.min(y), upper_ms: x.max(y) }
    };
    parts.iter().zip(within).map(bound).collect()
}

/// Where what is known of a side is more than its total: which side, its mean, and what is known at least.
pub(super) fn contradiction(sides: &Sides, known: &Known) -> Option<(usize, f64, f64)> {
    let halves = Halves::of(sides)?;
    let (total, parts) = (halves.total(), halves.parts(known));
    let least: f64 = parts.iter().filter_map(|(_, _, known)| known.map(|(least, _)| least)).sum();
    (least > total).then_some((usize::from(halves.sign < 0.0), total, least))
}

/// Bounds for every cause that some of a side's samples show and more than 5 % of them do not: those without it may be like the
/// others, or have none of it, and then it is in the residual.
#[must_use]
pub fn of_missing(sides: &Sides) -> Vec<Bound> {
    type Column = (Cause, Seen, fn(&Row) -> f64);
    let parts: [Column; 8] = [
        (Cause::Dns, Seen::DNS, |row| row.dns),
        (Cause::Distance, Seen::ROUND_TRIPS, Row::path),
        (Cause::Redirect, Seen::HOPS, |row| row.redirects.total()),
        (Cause::Queueing, Seen::QUEUEING, |row| row.queueing),
        (Cause::Loss, Seen::LOSS, |row| row.loss),
        (Cause::Cpu, Seen::CPU, |row| row.cpu),
        (Cause::Scheduling, Seen::SCHEDULING, |row| row.scheduling),
        (Cause::Transfer, Seen::TRANSFER, |row| row.transfer),
    ];
    let totals = [0, 1].map(|g| mean_of(&sides.rows[g], |_| true, |row| row.total).1);
    let mut rest = totals[1] - totals[0];
    let (mut found, mut open) = (Vec::new(), (0.0, 0.0));
    for (cause, column, figure) in parts {
        let sees = |row: &Row| row.seen.has(column);
        let [(x, a), (y, b)] = [0, 1].map(|g| {
            let (share, mean) = mean_of(&sides.rows[g], sees, figure);
            let least = if share < SEEN_MIN { share * mean } else { mean };
            (share, (least.min(mean), least.max(mean)))
        });
        if x == 0.0 || y == 0.0 {
            continue;
        }
        let (lower_ms, upper_ms) = (b.0 - a.1, b.1 - a.0);
        if x < SEEN_MIN || y < SEEN_MIN {
            found.push(Bound { cause, lower_ms, upper_ms });
            open = (open.0 + lower_ms, open.1 + upper_ms);
        } else {
            rest -= lower_ms;
        }
    }
    if !found.is_empty() {
        found.push(Bound { cause: Cause::Residual, lower_ms: rest - open.1, upper_ms: rest - open.0 });
    }
    found
}

/// The share of rows that show something, and its mean over those.
fn mean_of(rows: &[Row], sees: impl Fn(&Row) -> bool, figure: impl Fn(&Row) -> f64) -> (f64, f64) {
    let (mut all, mut weight, mut sum) = (0.0, 0.0, 0.0);
    for row in rows {
        all += row.weight;
        if sees(row) {
            weight += row.weight;
            sum += row.weight * figure(row);
        }
    }
    if weight > 0.0 { (weight / all, sum / weight) } else { (0.0, 0.0) }
}

/// The least and the most that each part of `total` can be, given limits for each of them.
fn divisions(total: f64, limits: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let limits: Vec<(f64, f64)> = limits.iter().map(|(least, most)| (least.min(total), most.min(total))).collect();
    let (least, most) = limits.iter().fold((0.0, 0.0), |sum, limit| (sum.0 + limit.0, sum.1 + limit.1));
    let part = |(lower, upper): &(f64, f64)| {
        let by_others = (total - (most - upper), total - (least - lower));
        // Limits that contradict each other leave the part between its own.
        let (lowest, highest) = (lower.max(by_others.0), upper.min(by_others.1));
        if lowest <= highest { (lowest, highest) } else { (*lower, *upper) }
    };
    limits.iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_share_what_the_others_leave() {
        assert_eq!(
            divisions(100.0, &[(0.0, 100.0), (60.0, 60.0), (10.0, 30.0)]),
            [(10.0, 30.0), (60.0, 60.0), (10.0, 30.0)]
        );
        assert_eq!(divisions(10.0, &[(0.0, 10.0), (0.0, 10.0)]), [(0.0, 10.0), (0.0, 10.0)]);
    }

    #[test]
    fn contradictions_do_not_turn_bounds_inside_out() {
        for (lower, upper) in divisions(10.0, &[(8.0, 8.0), (7.0, 9.0), (0.0, 10.0)]) {
            assert!(lower <= upper);
        }
    }
}
