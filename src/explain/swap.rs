//! Replacing one mechanism's distribution by the other side's, through ranks.

use crate::statistics::keyed::{join, uniform};
use crate::statistics::level::Level;
use crate::statistics::shapley;
use crate::statistics::weighted_quantile::Search;

use super::board::Board;

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
