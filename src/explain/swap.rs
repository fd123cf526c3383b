//! Replacing one mechanism's distribution by the other side's, through ranks.

use crate::statistics::keyed::{join, uniform};
use crate::statistics::level::Level;
use crate::statistics::shapley;
use crate::statistics::weighted_quantile::{Search, quantiles};

use super::ledger::{Row, Seen};
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
    columns: [Vec<f64>; COLUMNS],
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

/// One side under one set of weights, column by column.
pub(super) struct Weighted<'a> {
    board: &'a Board,
    pub(super) weights: Vec<f64>,
    sum: f64,
    /// By active column, in ascending order of its values.
    ranked: Vec<Vec<f64>>,
}

impl<'a> Weighted<'a> {
    /// `weights` of the complete rows; `active` columns as in [`Board::active`].
    pub(super) fn of(board: &'a Board, weights: Vec<f64>, active: &[usize]) -> Self {
        let ranked = |j: &usize| board.order[*j].iter().map(|k| weights[*k as usize]).collect();
        Self { board, sum: weights.iter().sum(), ranked: active.iter().map(ranked).collect(), weights }
    }
}

/// Where percentiles were found the last time: they are looked for there first.
#[derive(Default)]
pub(super) struct Memory {
    search: Search,
    found: Vec<f64>,
}

/// One side's samples, and for each how each column would change if it were distributed as at the other side.
pub(super) struct Direction<'a> {
    total: &'a [f64],
    weights: (&'a [f64], f64),
    /// By active column, in the order of the samples.
    change: Vec<Vec<f64>>,
}

impl<'a> Direction<'a> {
    pub(super) fn of(from: &'a Weighted, to: &Weighted, active: &[usize]) -> Self {
        let change = active.iter().enumerate().map(|(place, j)| swapped(from, to, place, *j)).collect();
        Self { total: &from.board.total, weights: (&from.weights, from.sum), change }
    }

    /// By level: the percentile as it is; and by level, then by column, what swapping it brings.
    pub(super) fn shares(
        &self,
        levels: &[Level],
        order: Option<&[usize]>,
        memory: &mut Memory,
    ) -> (Vec<f64>, Vec<Vec<f64>>) {
        match order {
            None => self.exact(levels, &mut memory.search),
            Some(order) => self.along(levels, order, memory),
        }
    }

    fn exact(&self, levels: &[Level], search: &mut Search) -> (Vec<f64>, Vec<Vec<f64>>) {
        let players = self.change.len();
        let mut worth = vec![vec![0.0; 1 << players]; levels.len()];
        let (mut values, mut coalition) = (self.total.to_vec(), 0_usize);
        let mut found = vec![f64::NAN; levels.len()];
        // What each column brought when it last came in: it will bring about as much the next time.
        let mut brought = vec![vec![f64::NAN; levels.len()]; players];
        let mut flip = players;
        for step in 0..1_usize << players {
            let before = found.clone();
            let sign = if flip < players && coalition >> flip & 1 == 1 { 1.0 } else { -1.0 };
            if let Some(brought) = brought.get(flip) {
                found.iter_mut().zip(brought).for_each(|(found, brought)| *found += sign * brought);
            }
            search.quantiles(&values, self.weights, levels, &mut found);
            for (at, worth) in worth.iter_mut().enumerate() {
                worth[coalition] = found[at];
            }
            if let Some(brought) = brought.get_mut(flip) {
                let moved = found.iter().zip(&before).map(|(found, before)| sign * (found - before));
                brought.iter_mut().zip(moved).for_each(|(brought, moved)| *brought = moved);
            }
            // The code of Gray: one column in or out at a time.
            flip = (step + 1).trailing_zeros() as usize;
            if flip < players {
                coalition ^= 1 << flip;
                let sign = if coalition >> flip & 1 == 1 { 1.0 } else { -1.0 };
                add(&mut values, &self.change[flip], sign);
            }
        }
        let start = worth.iter().map(|worth| worth[0]).collect();
        (start, worth.iter().map(|worth| shapley::shares(players, worth)).collect())
    }

    /// Over the turns of one order and their mirrors: every column takes every place equally often, and whoever has come
    /// so far is a stretch of the circle, so that turns and mirrors share them.
    fn along(&self, levels: &[Level], order: &[usize], memory: &mut Memory) -> (Vec<f64>, Vec<Vec<f64>>) {
        let (players, wide) = (order.len(), levels.len());
        let stretch = |from: usize, length: usize| (from % players.max(1) * (players + 1) + length) * wide;
        let Memory { search, found } = memory;
        found.resize((players * (players + 1)).max(1) * wide, f64::NAN);
        search.quantiles(self.total, self.weights, levels, &mut found[..wide]);
        let start = found[..wide].to_vec();
        let mut values = Vec::with_capacity(self.total.len());
        for from in 0..players {
            found.copy_within(0..wide, stretch(from, 0));
            values.clear();
            values.extend_from_slice(self.total);
            for length in 1..players {
                add(&mut values, &self.change[order[(from + length - 1) % players]], 1.0);
                let at = stretch(from, length);
                search.quantiles(&values, self.weights, levels, &mut found[at..at + wide]);
            }
            // All of them are the same wherever one began.
            if from == 0 {
                add(&mut values, &self.change[order[players - 1]], 1.0);
                let at = stretch(0, players);
                search.quantiles(&values, self.weights, levels, &mut found[at..at + wide]);
            } else {
                let all = stretch(0, players);
                found.copy_within(all..all + wide, stretch(from, players));
            }
        }
        let share = |level: usize, place: usize| {
            let at = |from: usize, length: usize| found[stretch(from, length) + level];
            let of = |length: usize| {
                let turned = at(place + players - length, length + 1) - at(place + players - length, length);
                let mirrored = at(place, length + 1) - at(place + 1, length);
                turned + mirrored
            };
            (0..players).map(of).sum::<f64>() / (2 * players) as f64
        };
        let mut shares = vec![vec![0.0; players]; wide];
        for (level, shares) in shares.iter_mut().enumerate() {
            for (place, player) in order.iter().enumerate() {
                shares[*player] = share(level, place);
            }
        }
        (start, shares)
    }
}

fn add(values: &mut [f64], change: &[f64], sign: f64) {
    for (value, change) in values.iter_mut().zip(change) {
        *value += sign * change;
    }
}

/// `F_to⁻¹(F_from(x)) − x` for one column, by mid-ranks; in the order of the samples of `from`.
fn swapped(from: &Weighted, to: &Weighted, place: usize, j: usize) -> Vec<f64> {
    let mut change = vec![0.0; from.weights.len()];
    let (own, others) = (&from.board.columns[j], &to.board.columns[j]);
    let (weights, other) = (&from.ranked[place], &to.ranked[place]);
    let (mut below, mut reached, mut next) = (0.0, 0.0, 0_usize);
    let last = others.len().saturating_sub(1);
    let scale = to.sum / from.sum;
    for ((k, value), weight) in from.board.order[j].iter().zip(own).zip(weights) {
        let rank = (below + weight / 2.0) * scale;
        below += weight;
        while next < last && reached + other[next] < rank {
            reached += other[next];
            next += 1;
        }
        if let Some(instead) = others.get(next) {
            change[*k as usize] = instead - value;
        }
    }
    change
}

/// All players in an order by lot.
pub(super) fn order(players: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..players).collect();
    let lot = |player: &usize| uniform(join(join(seed, 0x6f72_6465_7273), *player as u64));
    order.sort_by(|x, y| lot(x).total_cmp(&lot(y)));
    order
}
