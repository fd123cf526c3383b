//! Weights for replicates: which samples count how much in each repetition of the experiment that was not made.
//!
//! Dependence is two-way. Shocks in time hit both sides at once and must cancel; placement lives in a sandbox. So there
//! is a scheme for each, and one for what both count twice (Cameron, Gelbach and Miller 2011). Regions and zones are the
//! user's choice: their margins, and those of the time windows, are kept by raking.

use std::collections::HashMap;

use crate::statistics::block_length::block_length;
use crate::statistics::keyed::{exponential, join, uniform};
use crate::statistics::raking::rake;

use super::ledger::Row;
use super::sides::Sides;

/// The shortest block, in slots.
const BLOCK_SLOTS_MIN: f64 = 15.0;

/// The fewest blocks that a block may be lengthened to.
const BLOCKS_MIN: f64 = 12.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    /// One weight a block of time, shared by both sides.
    Block,
    /// One weight a sandbox.
    Sandbox,
    /// One weight a sample, on sides that have a sandbox scheme.
    Sample,
    /// One weight a sample on both sides, windows kept: what a schedule could have hit within its windows.
    Within,
}

/// One side as the schemes see it.
struct Side {
    id: Vec<u64>,
    base: Vec<f64>,
    slot: Vec<u32>,
    sandbox: Vec<u64>,
    place: Vec<u32>,
    window: Vec<u32>,
    places: Vec<f64>,
    windows: Vec<f64>,
    drawn: bool,
    sandboxes: usize,
}

/// The experiment's plan as its data show it.
pub(super) struct Design {
    sides: [Side; 2],
    /// Slots a block.
    pub(super) block: usize,
    /// Milliseconds a slot.
    pub(super) slot_ms: i64,
    /// Distinct slots with a sample.
    pub(super) slots: usize,
    seed: u64,
}

impl Design {
    pub(super) fn of(sides: &Sides, seed: u64) -> Self {
        let slot_ms = spacing(&sides.rows[0]).max(spacing(&sides.rows[1])).max(1);
        let first = sides.rows.iter().flatten().map(|row| row.at_ms).min().unwrap_or(0);
        let index = |row: &Row| row.at_ms.saturating_sub(first) / slot_ms;
        let mut slots: Vec<i64> = sides.rows.iter().flatten().map(index).collect();
        slots.sort_unstable();
        slots.dedup();
        let memory = block_length(&differences(sides, &slots, &index));
        let longest = (slots.len() as f64 / BLOCKS_MIN).floor().max(1.0);
        let block = BLOCK_SLOTS_MIN.max(memory.ceil()).min(longest) as usize;
        let of = |g: usize| {
            let rows = &sides.rows[g];
            let slot = rows.iter().map(|row| slots.binary_search(&index(row)).unwrap_or(0) as u32).collect();
            Side::of(rows, &sides.overlap.window[g], sides.overlap.windows, slot)
        };
        Self { sides: [of(0), of(1)], block, slot_ms, slots: slots.len(), seed }
    }

    pub(super) fn blocks(&self) -> usize {
        self.slots.div_ceil(self.block.max(1))
    }

    /// Sides whose sandboxes are a random draw.
    pub(super) fn drawn(&self) -> bool {
        self.sides.iter().any(|side| side.drawn)
    }

    /// Sandboxes and places of the drawn sides.
    pub(super) fn sandboxes(&self) -> (usize, usize) {
        let drawn = self.sides.iter().filter(|side| side.drawn);
        drawn.fold((0, 0), |(s, p), side| (s + side.sandboxes, p + side.places.len()))
    }

    /// Degrees of freedom of the scarcer kind of cluster.
    pub(super) fn degrees(&self) -> f64 {
        let blocks = self.blocks().saturating_sub(1);
        let (sandboxes, places) = self.sandboxes();
        let free = if self.drawn() { blocks.min(sandboxes.saturating_sub(places)) } else { blocks };
        free.max(1) as f64
    }

    /// What raking took from a scheme's variance: `m / (m − 1)` with m the effective clusters of a raking cell (Kish).
    pub(super) fn correction(&self, scheme: Scheme) -> f64 {
        let losses = self.sides.iter().filter(|side| side.drawn).map(|side| side.loss(scheme));
        let loss = losses.fold(0.0, f64::max);
        1.0 / (1.0 - loss.min(0.75))
    }

    /// The weights of one replicate, for A or B; the mean of a weight is 1.
    pub(super) fn weights(&self, scheme: Scheme, replicate: u64, g: usize, scratch: &mut Vec<f64>) -> Vec<f64> {
        let side = &self.sides[g];
        let key = join(join(self.seed, scheme as u64), replicate);
        match scheme {
            Scheme::Block => {
                let phase = (uniform(join(key, u64::MAX)) * self.block as f64) as usize;
                let block = |slot: usize| (slot + phase) / self.block;
                let draws: Vec<f64> =
                    (0..=block(self.slots)).map(|block| exponential(join(key, block as u64))).collect();
                side.slot.iter().map(|slot| draws[block(*slot as usize)]).collect()
            }
            Scheme::Sandbox | Scheme::Sample if !side.drawn => vec![1.0; side.id.len()],
            Scheme::Sandbox => {
                let mut draws: HashMap<u64, f64> = HashMap::new();
                let mut draw = |name: &u64| *draws.entry(*name).or_insert_with(|| exponential(join(key, *name)));
                side.raked(side.sandbox.iter().map(&mut draw).collect(), true, scratch)
            }
            Scheme::Sample => side.raked(side.id.iter().map(|id| exponential(join(key, *id))).collect(), true, scratch),
            Scheme::Within => {
                side.raked(side.id.iter().map(|id| exponential(join(key, *id))).collect(), false, scratch)
            }
        }
    }
}

impl Side {
    fn of(rows: &[Row], window: &[u32], windows: usize, slot: Vec<u32>) -> Self {
        let mut names: Vec<u64> = rows.iter().map(|row| row.place).collect();
        names.sort_unstable();
        names.dedup();
        let place: Vec<u32> = rows.iter().map(|row| names.binary_search(&row.place).unwrap_or(0) as u32).collect();
        let mut sandboxes: Vec<u64> = rows.iter().map(|row| row.sandbox).collect();
        sandboxes.sort_unstable();
        sandboxes.dedup();
        let base: Vec<f64> = rows.iter().map(|row| row.weight).collect();
        let targets = |classes: &[u32], count: usize| {
            let mut sums = vec![0.0; count];
            classes.iter().zip(&base).for_each(|(class, weight)| sums[*class as usize] += weight);
            sums
        };
        Self {
            id: rows.iter().map(|row| row.id).collect(),
            slot,
            sandbox: rows.iter().map(|row| row.sandbox).collect(),
            places: targets(&place, names.len()),
            windows: targets(window, windows),
            place,
            window: window.to_vec(),
            drawn: rows.iter().all(|row| row.drawn),
            sandboxes: sandboxes.len(),
            base,
        }
    }

    fn raked(&self, mut draws: Vec<f64>, places: bool, scratch: &mut Vec<f64>) -> Vec<f64> {
        draws.iter_mut().zip(&self.base).for_each(|(draw, base)| *draw *= base);
        let windows = (self.window.as_slice(), self.windows.as_slice());
        let places = if places { (self.place.as_slice(), self.places.as_slice()) } else { windows };
        rake(&mut draws, places, windows, scratch);
        draws.iter_mut().zip(&self.base).for_each(|(draw, base)| *draw /= base);
        draws
    }

    /// The share of a scheme's variance that the two margins take: 1/m for each, m effective clusters a cell.
    fn loss(&self, scheme: Scheme) -> f64 {
        let cluster = |at: usize| if scheme == Scheme::Sandbox { self.sandbox[at] } else { self.id[at] };
        let per = |classes: &[u32]| {
            let mut cells: HashMap<(u32, u64), f64> = HashMap::new();
            let mut whole: HashMap<u32, f64> = HashMap::new();
            for (at, class) in classes.iter().enumerate() {
                *cells.entry((*class, cluster(at))).or_default() += self.base[at];
                *whole.entry(*class).or_default() += self.base[at];
            }
            // Sorted, because floating sums depend on their order and a hash map has none.
            let mut parts: Vec<((u32, u64), f64)> = cells.into_iter().collect();
            parts.sort_unstable_by_key(|(key, _)| *key);
            let sum: f64 = self.base.iter().sum();
            parts.iter().map(|((class, _), part)| part * part / whole[class] / sum).sum::<f64>()
        };
        per(&self.place) + per(&self.window)
    }
}

/// The usual time between neighbouring samples of one side.
pub(super) fn spacing(rows: &[Row]) -> i64 {
    let mut times: Vec<i64> = rows.iter().map(|row| row.at_ms).collect();
    times.sort_unstable();
    times.dedup();
    let mut gaps: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).copied().unwrap_or(1)
}

/// B less A in each slot that has both: what time does to the gap.
fn differences(sides: &Sides, slots: &[i64], index: &dyn Fn(&Row) -> i64) -> Vec<f64> {
    let means = [0, 1].map(|g| {
        let mut sums = vec![(0.0, 0.0); slots.len()];
        for row in &sides.rows[g] {
            let sum = &mut sums[slots.binary_search(&index(row)).unwrap_or(0)];
            sum.0 += row.total;
            sum.1 += 1.0;
        }
        sums
    });
    let both = means[0].iter().zip(&means[1]).filter(|(a, b)| a.1 > 0.0 && b.1 > 0.0);
    both.map(|(a, b)| b.0 / b.1 - a.0 / a.1).collect()
}
