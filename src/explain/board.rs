//! One side's samples as columns of mechanisms, each in ascending order: what percentiles are divided from.

use crate::statistics::keyed::join;
use crate::statistics::level::Level;
use crate::statistics::weighted_quantile::quantiles;

use super::ledger::{Row, Seen};
use super::redirect_cost::{PARTS, RedirectCost, redirect_parts};
use super::sides::{Sides, complete};

/// Columns of a percentile's account.
pub(super) const COLUMNS: usize = 10;

/// One side's complete rows as columns that add up to the response time, each in ascending order.
pub(super) struct Board {
    /// Which of the side's rows are complete, and the factor that matches their time.
    kept: Vec<u32>,
    factor: Vec<f64>,
    base: Vec<f64>,
    everything: Vec<f64>,
    pub(super) total: Vec<f64>,
    /// Values in ascending order, and whose they are: equal ones by lot, for by position they would seem to depend on
    /// each other.
    pub(super) columns: [Vec<f64>; COLUMNS],
    pub(super) order: [Vec<u32>; COLUMNS],
}

impl Board {
    /// What each mechanism took of each request.
    pub(super) fn composed(sides: &Sides, g: usize, seed: u64) -> Self {
        Self::of(sides, g, seed, None)
    }

    /// What each mechanism may be a reason for: of redirects, how many there are; what one costs is a matter of its round
    /// trips, lookups and work, as in the account of the mean.
    pub(super) fn compared(sides: &Sides, g: usize, seed: u64) -> Self {
        Self::of(sides, g, seed, Some(RedirectCost::of(sides, g, told_apart(sides))))
    }

    fn of(sides: &Sides, g: usize, seed: u64, cost: Option<RedirectCost>) -> Self {
        let (rows, view) = (&sides.rows[g], View { seen: told_apart(sides), cost });
        let kept: Vec<u32> = (0..rows.len() as u32).filter(|at| complete(&rows[*at as usize], view.seen)).collect();
        let row = |k: u32| &rows[kept[k as usize] as usize];
        let imputed = Imputed::of(kept.iter().map(|at| &rows[*at as usize]), &view);
        let (mut columns, mut order) = (<[Vec<f64>; COLUMNS]>::default(), <[Vec<u32>; COLUMNS]>::default());
        let lines: Vec<[f64; COLUMNS]> = (0..kept.len() as u32).map(|k| line(row(k), &view, &imputed)).collect();
        for (j, (column, order)) in columns.iter_mut().zip(&mut order).enumerate() {
            let lot = |k: u32| join(join(seed, j as u64), row(k).id);
            let mut ranked: Vec<(f64, u64, u32)> = (0..).zip(&lines).map(|(k, line)| (line[j], lot(k), k)).collect();
            ranked.sort_unstable_by(|x, y| x.0.total_cmp(&y.0).then(x.1.cmp(&y.1)).then(x.2.cmp(&y.2)));
            column.extend(ranked.iter().map(|(value, ..)| value));
            order.extend(ranked.iter().map(|(.., k)| k));
        }
        Self {
            factor: sides.overlap.factor[g].clone(),
            base: rows.iter().map(|row| row.weight).collect(),
            everything: rows.iter().map(|row| row.total).collect(),
            total: kept.iter().map(|at| rows[*at as usize].total).collect(),
            kept,
            columns,
            order,
        }
    }

    /// Percentiles of all response times, times not matched.
    pub(super) fn all(&self, weights: &[f64], levels: &[Level]) -> Vec<f64> {
        let weights: Vec<f64> = weights.iter().zip(&self.base).map(|(weight, base)| weight * base).collect();
        quantiles(&self.everything, &weights, levels)
    }

    /// Percentiles of all response times, times matched.
    pub(super) fn matched_all(&self, weights: &[f64], levels: &[Level]) -> Vec<f64> {
        let both = self.base.iter().zip(&self.factor);
        let matched: Vec<f64> =
            weights.iter().zip(both).map(|(weight, (base, factor))| weight * base * factor).collect();
        quantiles(&self.everything, &matched, levels)
    }

    /// Weights of the complete rows, times matched.
    pub(super) fn matched(&self, weights: &[f64]) -> Vec<f64> {
        let of = |at: &u32| weights[*at as usize] * self.base[*at as usize] * self.factor[*at as usize];
        self.kept.iter().map(of).collect()
    }

    /// Each column's values in the order of the samples.
    pub(super) fn column(&self, j: usize) -> Vec<f64> {
        let mut values = vec![0.0; self.total.len()];
        self.order[j].iter().zip(&self.columns[j]).for_each(|(k, value)| values[*k as usize] = *value);
        values
    }

    /// Columns in which anything differs from anything, on either side.
    pub(super) fn active(&self, other: &Self) -> Vec<usize> {
        let still = |j: &usize| {
            let ends = |board: &Self| board.columns[*j].first().copied().zip(board.columns[*j].last().copied());
            let (own, others) = (ends(self).or(ends(other)), ends(other).or(ends(self)));
            own.zip(others).is_none_or(|(x, y)| x.0 == x.1 && y.0 == y.1 && x.0 == y.0)
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
