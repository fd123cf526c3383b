//! Replacing one mechanism's distribution by the other side's, through ranks.

use crate::statistics::keyed::{join, uniform};
use crate::statistics::level::Level;
use crate::statistics::shapley;
use crate::statistics::weighted_quantile::{Bins, quantiles};

use super::ledger::{Row, Seen};
use super::sides::{Sides, complete};

/// Columns of a percentile's account.
pub(super) const COLUMNS: usize = 10;

/// One side's complete rows as columns that add up to the response time, each in ascending order too.
pub(super) struct Board {
    /// Which of the side's rows are complete, and the factor that matches their time.
    kept: Vec<usize>,
    factor: Vec<f64>,
    base: Vec<f64>,
    everything: Vec<f64>,
    pub(super) total: Vec<f64>,
    pub(super) columns: [Vec<f64>; COLUMNS],
    order: [Vec<u32>; COLUMNS],
}

impl Board {
    pub(super) fn of(sides: &Sides, g: usize, seed: u64) -> Self {
        let (rows, seen) = (&sides.rows[g], told_apart(sides));
        let kept: Vec<usize> = (0..rows.len()).filter(|at| complete(&rows[*at], seen)).collect();
        let imputed = Imputed::of(kept.iter().map(|at| &rows[*at]), seen);
        let lines: Vec<[f64; COLUMNS]> = kept.iter().map(|at| line(&rows[*at], seen, &imputed)).collect();
        let columns: [Vec<f64>; COLUMNS] = std::array::from_fn(|j| lines.iter().map(|line| line[j]).collect());
        // Equal values are ordered by lot: by position, they would seem to depend on each other.
        let order = std::array::from_fn(|j| {
            let lot = |k: u32| join(join(seed, j as u64), rows[kept[k as usize]].id);
            let mut order: Vec<(f64, u64, u32)> =
                (0..kept.len() as u32).map(|k| (columns[j][k as usize], lot(k), k)).collect();
            order.sort_unstable_by(|x, y| x.0.total_cmp(&y.0).then(x.1.cmp(&y.1)).then(x.2.cmp(&y.2)));
            order.into_iter().map(|(_, _, k)| k).collect()
        });
        Self {
            factor: sides.overlap.factor[g].clone(),
            base: rows.iter().map(|row| row.weight).collect(),
            everything: rows.iter().map(|row| row.total).collect(),
            total: kept.iter().map(|at| rows[*at].total).collect(),
            kept,
            columns,
            order,
        }
    }

    /// Percentiles of all response times, times not matched.
    pub(super) fn all(&self, weights: &[f64], levels: &[Level]) -> Vec<f64> {
        let weights: Vec<f64> = weights.iter().zip(&self.base).map(|(weight, base)| weight * base).collect();
        quantiles(&self.everything, &weights, levels, &mut Bins::default())
    }

    /// One percentile of all response times, times matched.
    pub(super) fn matched_all(&self, weights: &[f64], level: &Level) -> f64 {
        let matched =
            weights.iter().zip(&self.base).zip(&self.factor).map(|((weight, base), factor)| weight * base * factor);
        quantiles(&self.everything, &matched.collect::<Vec<_>>(), &[*level], &mut Bins::default())[0]
    }

    /// Weights of the complete rows, times matched.
    pub(super) fn matched(&self, weights: &[f64]) -> Vec<f64> {
        self.kept.iter().map(|at| weights[*at] * self.base[*at] * self.factor[*at]).collect()
    }

    /// Columns in which anything differs from anything, on either side.
    pub(super) fn active(&self, other: &Self) -> Vec<usize> {
        let still = |j: &usize| {
            let first = self.columns[*j].first().or(other.columns[*j].first());
            self.columns[*j].iter().chain(&other.columns[*j]).all(|value| Some(value) == first)
        };
        (0..COLUMNS).filter(|j| !still(j)).collect()
    }
}

/// What both sides show, without redirects where they are as many at both and nothing tells what one costs: then the
/// column would be named for a number that is the same.
fn told_apart(sides: &Sides) -> Seen {
    let both = sides.both();
    if both.has(Seen::ROUND_TRIPS) {
        return both;
    }
    let [a, b] = sides.rows.each_ref().map(|rows| {
        let count: f64 = rows.iter().map(|row| row.weight * row.redirects.count).sum();
        count / rows.iter().map(|row| row.weight).sum::<f64>()
    });
    if (a - b).abs() < 0.01 { both.without(Seen::HOPS) } else { both }
}

/// What a side's `Server-Timing` and cache states say about samples that lack them.
struct Imputed {
    unexplained: [f64; 2],
    miss: f64,
    server: bool,
}

impl Imputed {
    fn of<'a>(rows: impl Iterator<Item = &'a Row>, seen: Seen) -> Self {
        let server = seen.has(Seen::SERVER);
        let mut sums = [(0.0, 0.0); 2];
        for row in rows {
            let open = if server { row.server_said.map(|said| rest(row, seen) - said) } else { Some(rest(row, seen)) };
            if let Some(open) = open {
                let sum = &mut sums[usize::from(row.miss && seen.has(Seen::CACHE))];
                sum.0 += row.weight * open;
                sum.1 += row.weight;
            }
        }
        let mean = |sum: (f64, f64)| (sum.1 > 0.0).then(|| sum.0 / sum.1);
        let [hit, miss] = sums.map(mean);
        let either = hit.or(miss).unwrap_or(0.0);
        let step = hit.zip(miss).map_or(0.0, |(hit, miss)| (miss - hit).max(0.0));
        Self { unexplained: [hit.unwrap_or(either), miss.unwrap_or(either)], miss: step, server }
    }
}

/// The total less every column that both sides see, the transfer left in.
fn rest(row: &Row, seen: Seen) -> f64 {
    row.total - seen_columns(row, seen).iter().sum::<f64>()
}

/// Definition, dns, redirect, path, net, cpu, scheduling, cdn: those that both sides see.
fn seen_columns(row: &Row, seen: Seen) -> [f64; 8] {
    let if_seen = |needed: Seen, value: f64| if seen.has(needed) { value } else { 0.0 };
    let trips = Seen::ROUND_TRIPS;
    [
        if_seen(Seen::TIMELINE, row.definition),
        if_seen(Seen::DNS, row.dns) + if_seen(Seen::QUEUEING, row.fallback),
        if_seen(Seen::HOPS, row.redirects.total()),
        if_seen(trips, row.path()),
        if_seen(trips.or(Seen::QUEUEING), row.queueing) + if_seen(trips.or(Seen::LOSS), row.loss),
        if_seen(Seen::CPU, row.cpu),
        if_seen(Seen::SCHEDULING, row.scheduling),
        if_seen(Seen::CACHE, row.origin),
    ]
}

fn line(row: &Row, seen: Seen, imputed: &Imputed) -> [f64; COLUMNS] {
    let known = seen_columns(row, seen);
    let mut line = [0.0; COLUMNS];
    line[..8].copy_from_slice(&known);
    let miss = usize::from(row.miss && seen.has(Seen::CACHE));
    let rest = rest(row, seen);
    if imputed.server {
        line[8] = row.server_said.unwrap_or(rest - imputed.unexplained[miss]);
    }
    if miss == 1 {
        line[7] += imputed.miss;
    }
    line[9] = row.total - line[..9].iter().sum::<f64>();
    line
}

/// One side's samples, and for each how each column would change if it were distributed as at the other side.
pub(super) struct Direction<'a> {
    total: &'a [f64],
    weights: &'a [f64],
    /// By active column, in the order of the samples.
    change: Vec<Vec<f64>>,
}

impl<'a> Direction<'a> {
    pub(super) fn of(from: (&'a Board, &'a [f64]), to: (&Board, &[f64]), active: &[usize]) -> Self {
        let change = active.iter().map(|j| swapped((from.0, from.1), (to.0, to.1), *j)).collect();
        Self { total: &from.0.total, weights: from.1, change }
    }

    /// Percentiles with the columns of a coalition swapped.
    pub(super) fn at(&self, coalition: usize, levels: &[Level]) -> Vec<f64> {
        let mut values = self.total.to_vec();
        for (j, change) in self.change.iter().enumerate().filter(|(j, _)| coalition >> j & 1 == 1) {
            let _ = j;
            values.iter_mut().zip(change).for_each(|(value, change)| *value += change);
        }
        quantiles(&values, self.weights, levels, &mut Bins::default())
    }

    /// By level, then by column: what swapping it brings.
    pub(super) fn shares(&self, levels: &[Level], orders: Option<&[Vec<usize>]>) -> Vec<Vec<f64>> {
        match orders {
            None => self.exact(levels),
            Some(orders) => self.along(levels, orders),
        }
    }

    fn exact(&self, levels: &[Level]) -> Vec<Vec<f64>> {
        let players = self.change.len();
        let mut worth = vec![vec![0.0; 1 << players]; levels.len()];
        let (mut values, mut bins, mut coalition) = (self.total.to_vec(), Bins::default(), 0_usize);
        for step in 0..1_usize << players {
            for (worth, value) in worth.iter_mut().zip(quantiles(&values, self.weights, levels, &mut bins)) {
                worth[coalition] = value;
            }
            // The code of Gray: one column in or out at a time.
            let flip = (step + 1).trailing_zeros() as usize;
            if flip < players {
                coalition ^= 1 << flip;
                let sign = if coalition >> flip & 1 == 1 { 1.0 } else { -1.0 };
                values.iter_mut().zip(&self.change[flip]).for_each(|(value, change)| *value += sign * change);
            }
        }
        worth.iter().map(|worth| shapley::shares(players, worth)).collect()
    }

    fn along(&self, levels: &[Level], orders: &[Vec<usize>]) -> Vec<Vec<f64>> {
        let mut shares = vec![vec![0.0; self.change.len()]; levels.len()];
        let mut bins = Bins::default();
        let start = quantiles(self.total, self.weights, levels, &mut bins);
        for order in orders {
            let (mut values, mut before) = (self.total.to_vec(), start.clone());
            for player in order {
                values.iter_mut().zip(&self.change[*player]).for_each(|(value, change)| *value += change);
                let after = quantiles(&values, self.weights, levels, &mut bins);
                for (at, share) in shares.iter_mut().enumerate() {
                    share[*player] += (after[at] - before[at]) / orders.len() as f64;
                }
                before = after;
            }
        }
        shares
    }
}

/// `F_to⁻¹(F_from(x)) − x` for one column, by mid-ranks; in the order of the samples of `from`.
fn swapped((from, weights): (&Board, &[f64]), (to, other): (&Board, &[f64]), j: usize) -> Vec<f64> {
    let mut change = vec![0.0; weights.len()];
    let sums = [weights.iter().sum::<f64>(), other.iter().sum::<f64>()];
    let (mut below, mut reached, mut next) = (0.0, 0.0, 0_usize);
    let last = to.order[j].len().saturating_sub(1);
    for k in &from.order[j] {
        let weight = weights[*k as usize];
        let rank = (below + weight / 2.0) / sums[0];
        below += weight;
        while next < last && (reached + other[to.order[j][next] as usize]) / sums[1] < rank {
            reached += other[to.order[j][next] as usize];
            next += 1;
        }
        if let Some(value) = to.order[j].get(next) {
            change[*k as usize] = to.columns[j][*value as usize] - from.columns[j][*k as usize];
        }
    }
    change
}

/// Orders in which every column takes every place equally often: the turns of one order by lot, and their mirrors.
pub(super) fn orders(players: usize, seed: u64) -> Vec<Vec<usize>> {
    let mut first: Vec<usize> = (0..players).collect();
    first.sort_by(|x, y| {
        let lot = |player: usize| uniform(join(join(seed, 0x6f72_6465_7273), player as u64));
        lot(*x).total_cmp(&lot(*y))
    });
    let turned = (0..players).map(|turn| {
        let mut order = first.clone();
        order.rotate_left(turn);
        order
    });
    turned.flat_map(|order| [order.clone(), order.into_iter().rev().collect()]).collect()
}
