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
    /// What each mechanism took of each request.
    pub(super) fn composed(sides: &Sides, g: usize, seed: u64) -> Self {
        Self::of(sides, g, seed, None)
    }

    /// What each mechanism may be a reason for: of redirects, how many there are; what one costs is a matter of its round
    /// trips, lookups and work, as in the account of the mean.
    pub(super) fn compared(sides: &Sides, g: usize, seed: u64) -> Self {
        Self::of(sides, g, seed, Some(RedirectCost::of(sides, g)))
    }

    fn of(sides: &Sides, g: usize, seed: u64, cost: Option<RedirectCost>) -> Self {
        let (rows, seen) = (&sides.rows[g], View { seen: told_apart(sides), cost });
        let kept: Vec<usize> = (0..rows.len()).filter(|at| complete(&rows[*at], seen.seen)).collect();
        let imputed = Imputed::of(kept.iter().map(|at| &rows[*at]), &seen);
        let lines: Vec<[f64; COLUMNS]> = kept.iter().map(|at| line(&rows[*at], &seen, &imputed)).collect();
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

/// Parts of a redirect: path, dns, cpu, scheduling, other.
const PARTS: usize = 5;

/// What one redirect costs, part by part.
struct RedirectCost {
    /// At this side.
    own: [f64; PARTS],
    /// The middle of both sides; that of one where only it redirects.
    usual: [f64; PARTS],
}

impl RedirectCost {
    fn of(sides: &Sides, g: usize) -> Self {
        let seen = told_apart(sides);
        let known = [g, 1 - g].map(|g| {
            let (mut count, mut sums) = (0.0, [0.0; PARTS]);
            let rows = sides.rows[g].iter().zip(&sides.overlap.factor[g]);
            for (row, factor) in rows.filter(|(row, _)| complete(row, seen)) {
                let weight = row.weight * factor;
                count += weight * row.redirects.count;
                sums.iter_mut().zip(redirect_parts(row, seen)).for_each(|(sum, part)| *sum += weight * part);
            }
            (count > 0.0).then(|| sums.map(|sum| sum / count))
        });
        let own = known[0].or(known[1]).unwrap_or([0.0; PARTS]);
        let other = known[1].unwrap_or(own);
        Self { own, usual: std::array::from_fn(|part| f64::midpoint(own[part], other[part])) }
    }

    /// What a sample's redirects would have cost at the usual price; each dear or cheap one stays so.
    fn at_usual(&self, count: f64, parts: [f64; PARTS]) -> [f64; PARTS] {
        std::array::from_fn(|part| {
            let (own, usual) = (self.own[part], self.usual[part]);
            if own > 0.0 { parts[part] * usual / own } else { count * usual }
        })
    }
}

/// Those that both sides see; the others are in the last.
fn redirect_parts(row: &Row, seen: Seen) -> [f64; PARTS] {
    if !seen.has(Seen::HOPS) {
        return [0.0; PARTS];
    }
    let if_seen = |needed: Seen, value: f64| if seen.has(needed) { value } else { 0.0 };
    let of = &row.redirects;
    let parts = [
        if_seen(Seen::ROUND_TRIPS, of.path),
        if_seen(Seen::DNS, of.dns),
        if_seen(Seen::CPU, of.cpu),
        if_seen(Seen::SCHEDULING, of.scheduling),
    ];
    let other = of.total() - parts.iter().sum::<f64>();
    [parts[0], parts[1], parts[2], parts[3], other]
}

/// What both sides see, and what a redirect is taken to cost.
struct View {
    seen: Seen,
    cost: Option<RedirectCost>,
}

/// What a side's `Server-Timing` and cache states say about samples that lack them.
struct Imputed {
    unexplained: [f64; 2],
    miss: f64,
    server: bool,
}

impl Imputed {
    fn of<'a>(rows: impl Iterator<Item = &'a Row>, view: &View) -> Self {
        let server = view.seen.has(Seen::SERVER);
        let mut sums = [(0.0, 0.0); 2];
        for row in rows {
            let rest = seen_columns(row, view).1;
            let open = if server { row.server_said.map(|said| rest - said) } else { Some(rest) };
            if let Some(open) = open {
                let sum = &mut sums[usize::from(row.miss && view.seen.has(Seen::CACHE))];
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

/// Definition, dns, redirect, path, net, cpu, scheduling, cdn: those that both sides see. And the rest of the last hop,
/// the transfer left in.
fn seen_columns(row: &Row, view: &View) -> ([f64; 8], f64) {
    let seen = view.seen;
    let if_seen = |needed: Seen, value: f64| if seen.has(needed) { value } else { 0.0 };
    let trips = Seen::ROUND_TRIPS;
    let parts = redirect_parts(row, seen);
    let usual = view.cost.as_ref().map_or(parts, |cost| cost.at_usual(row.redirects.count, parts));
    // That a redirect costs more here than there is a matter of what it consists of.
    let beyond: [f64; PARTS] = std::array::from_fn(|part| parts[part] - usual[part]);
    let columns = [
        if_seen(Seen::TIMELINE, row.definition),
        if_seen(Seen::DNS, row.dns) + if_seen(Seen::QUEUEING, row.fallback) + beyond[1],
        usual.iter().sum(),
        if_seen(trips, row.path()) + beyond[0],
        if_seen(trips.or(Seen::QUEUEING), row.queueing) + if_seen(trips.or(Seen::LOSS), row.loss),
        if_seen(Seen::CPU, row.cpu) + beyond[2],
        if_seen(Seen::SCHEDULING, row.scheduling) + beyond[3],
        if_seen(Seen::CACHE, row.origin),
    ];
    (columns, row.total - columns.iter().sum::<f64>() - beyond[4])
}

fn line(row: &Row, view: &View, imputed: &Imputed) -> [f64; COLUMNS] {
    let (known, rest) = seen_columns(row, view);
    let mut line = [0.0; COLUMNS];
    line[..8].copy_from_slice(&known);
    let miss = usize::from(row.miss && view.seen.has(Seen::CACHE));
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
