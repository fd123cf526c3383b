//! Weights for replicates: which samples count how much in each repetition of the experiment that was not made.
//!
//! Dependence is two-way. Shocks in time hit both sides at once and must cancel; placement lives in a sandbox. So there
//! is a scheme for each, and one for what both count twice (Cameron, Gelbach and Miller 2011). Regions and zones are the
//! user's choice: their margins, and those of the time windows, are kept by raking.

use crate::statistics::block_length::{Memory, memory};
use crate::statistics::keyed::{exponential, join, uniform};
use crate::statistics::raking::rake;

use super::ledger::Row;
use super::sides::Sides;

/// The shortest block, in slots.
const BLOCK_SLOTS_MIN: f64 = 15.0;

/// The fewest blocks that a block may be lengthened to.
const BLOCKS_MIN: f64 = 12.0;

/// Sandboxes that live at once, on average, below which they follow each other.
const ALONE_MAX: f64 = 1.5;

/// Of more slots than this, several in a row are taken together: blocks are made of whole ones.
const GRAINS_MAX: usize = 20_000;

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

/// One side as the schemes see it; by row unless said otherwise.
pub(super) struct Side {
    id: Vec<u64>,
    pub(super) base: Vec<f64>,
    grain: Vec<u32>,
    pub(super) sandbox: Vec<u64>,
    pub(super) cell: Vec<u32>,
    pub(super) margins: Margins,
    pub(super) drawn: bool,
    /// Sandboxes of each place that has any.
    drawn_places: Vec<usize>,
    sandboxes: usize,
    names: Vec<u64>,
}

/// What raking keeps: the weight of each place and of each window of time.
pub(super) struct Margins {
    /// By cell, a place in a window: which place, and which window.
    pub(super) place: Vec<u32>,
    pub(super) window: Vec<u32>,
    places: Vec<f64>,
    windows: Vec<f64>,
}

/// Rows that weigh the same in every replicate of a scheme, taken as one.
pub(super) struct Items {
    /// By row: its item.
    pub(super) of: Vec<u32>,
    /// By item: what its draw is keyed by.
    key: Vec<u64>,
    base: Vec<f64>,
    cell: Vec<u32>,
}

impl Items {
    pub(super) fn count(&self) -> usize {
        self.key.len()
    }
}

/// The experiment's plan as its data show it.
pub(super) struct Design {
    pub(super) sides: [Side; 2],
    /// Slots a block.
    pub(super) block: usize,
    /// Slots that a sandbox lives, where those of a side follow each other one at a time; else 0.
    life: f64,
    /// Milliseconds a slot.
    pub(super) slot_ms: i64,
    /// Distinct slots with a sample.
    pub(super) slots: usize,
    /// How far the gap remembers, and over how many slots that both sides have.
    memory: (Memory, usize),
    /// Slots that are taken together.
    grain: usize,
    seed: u64,
}

impl Design {
    pub(super) fn of(sides: &Sides, seed: u64) -> Self {
        let slot_ms = spacing(&sides.rows[0]).max(spacing(&sides.rows[1])).max(1);
        let first = sides.rows.iter().flatten().map(|row| row.at_ms).min().unwrap_or(0);
        let index = |row: &Row| row.at_ms.saturating_sub(first) / slot_ms;
        let mut names: Vec<i64> = sides.rows.iter().flatten().map(index).collect();
        names.sort_unstable();
        names.dedup();
        let slot = sides.rows.each_ref().map(|rows| {
            rows.iter().map(|row| names.binary_search(&index(row)).unwrap_or(0) as u32).collect::<Vec<u32>>()
        });
        let slots = names.len();
        let gaps = differences(sides, &slot, slots);
        let memory = memory(&gaps);
        let longest = (slots as f64 / BLOCKS_MIN).floor().max(1.0);
        let grain = slots.div_ceil(GRAINS_MAX).max(1);
        let lives = [0, 1].map(|g| succession(&sides.rows[g], &slot[g]));
        let life = lives.into_iter().flatten().fold(0.0, f64::max);
        let usual = BLOCK_SLOTS_MIN.max(memory.length.ceil()).min(longest);
        let life = if life > usual { life } else { 0.0 };
        let block = (usual.max(life.ceil()) as usize).div_ceil(grain) * grain;
        let [a, b] = slot;
        let of = |g: usize, mut slot: Vec<u32>| {
            slot.iter_mut().for_each(|slot| *slot /= grain as u32);
            Side::of(&sides.rows[g], &sides.overlap.window[g], sides.overlap.windows, slot)
        };
        Self { sides: [of(0, a), of(1, b)], block, life, slot_ms, slots, memory: (memory, gaps.len()), grain, seed }
    }

    pub(super) fn blocks(&self) -> usize {
        self.slots.div_ceil(self.block.max(1))
    }

    /// Sides whose sandboxes are a random draw.
    pub(super) fn drawn(&self) -> bool {
        self.sides.iter().any(|side| side.drawn)
    }

    /// Sandboxes of the drawn sides; one that serves both counts once.
    pub(super) fn sandboxes(&self) -> usize {
        let drawn = self.sides.iter().filter(|side| side.drawn);
        let mut names: Vec<u64> = drawn.flat_map(|side| side.names.iter().copied()).collect();
        names.sort_unstable();
        names.dedup();
        names.len()
    }

    /// How many sandboxes are missing until each place has two.
    pub(super) fn sandboxes_missing(&self) -> usize {
        let drawn = self.sides.iter().filter(|side| side.drawn);
        drawn.flat_map(|side| &side.drawn_places).map(|count| 2_usize.saturating_sub(*count)).sum()
    }

    /// How many slots are missing until the gap's memory is short beside them.
    pub(super) fn slots_missing(&self) -> Option<usize> {
        self.memory.0.values_missing(self.memory.1)
    }

    /// Degrees of freedom of the scarcer kind of cluster.
    pub(super) fn degrees(&self) -> f64 {
        let blocks = self.blocks().saturating_sub(1);
        let drawn = self.sides.iter().filter(|side| side.drawn);
        let free = drawn.map(|side| side.sandboxes.saturating_sub(side.margins.places.len())).fold(blocks, usize::min);
        free.max(1) as f64
    }

    /// What a scheme's variance lacks. Raking took from it: `m / (m − 1)` with m the effective clusters of a raking cell (Kish).
    /// Blocks lack something where they are as long as sandboxes live; see [`Self::unseen`].
    pub(super) fn correction(&self, scheme: Scheme) -> f64 {
        if scheme == Scheme::Block {
            return self.unseen();
        }
        let losses = self.sides.iter().filter(|side| side.drawn).map(|side| side.loss(scheme));
        let loss = losses.fold(0.0, f64::max);
        1.0 / (1.0 - loss.min(0.75))
    }

    /// Blocks of B slots that begin anywhere see `1 − L / 3B` of what differs between sandboxes of L slots, and draws of m
    /// blocks vary by `(m − 1) / (m + 1)` of what so few sandboxes tell; 1 where sandboxes do not ask for longer blocks.
    fn unseen(&self) -> f64 {
        if self.life == 0.0 {
            return 1.0;
        }
        let (block, blocks) = (self.block as f64, (self.slots as f64 / self.block as f64).max(2.0));
        (blocks + 1.0) / (blocks - 1.0) / (1.0 - self.life / (3.0 * block))
    }

    /// A scheme's items, each row its own.
    pub(super) fn rows(&self, scheme: Scheme, g: usize) -> Items {
        let side = &self.sides[g];
        let key = match scheme {
            Scheme::Block => side.grain.iter().map(|grain| u64::from(*grain)).collect(),
            Scheme::Sandbox => side.sandbox.clone(),
            Scheme::Sample | Scheme::Within => side.id.clone(),
        };
        Items { of: (0..side.id.len() as u32).collect(), key, base: side.base.clone(), cell: side.cell.clone() }
    }

    /// A scheme's items, as few as there can be.
    pub(super) fn items(&self, scheme: Scheme, g: usize) -> Items {
        let side = &self.sides[g];
        let rows = self.rows(scheme, g);
        let kind = |row: usize| match scheme {
            Scheme::Sandbox | Scheme::Sample if !side.drawn => (0, 0),
            Scheme::Block => (rows.key[row], 0),
            Scheme::Sandbox => (rows.key[row], rows.cell[row]),
            Scheme::Sample | Scheme::Within => (row as u64, 0),
        };
        let mut order: Vec<u32> = (0..side.id.len() as u32).collect();
        order.sort_by_key(|row| kind(*row as usize));
        let mut items = Items { of: vec![0; order.len()], key: Vec::new(), base: Vec::new(), cell: Vec::new() };
        for same in order.chunk_by(|x, y| kind(*x as usize) == kind(*y as usize)) {
            let first = same[0] as usize;
            same.iter().for_each(|row| items.of[*row as usize] = items.key.len() as u32);
            items.key.push(rows.key[first]);
            items.base.push(same.iter().map(|row| rows.base[*row as usize]).sum());
            items.cell.push(rows.cell[first]);
        }
        items
    }

    /// The weights of A's or B's items in one replicate; the mean of a weight is 1.
    pub(super) fn weights(&self, scheme: Scheme, replicate: u64, g: usize, items: &Items) -> Vec<f64> {
        let side = &self.sides[g];
        let key = join(join(self.seed, scheme as u64), replicate);
        let drawn = || items.key.iter().map(|own| exponential(join(key, *own))).collect();
        match scheme {
            Scheme::Block => {
                let length = self.block / self.grain;
                let phase = (uniform(join(key, u64::MAX)) * length as f64) as usize;
                let block = |grain: usize| (grain + phase) / length;
                let blocks = block(self.slots.div_ceil(self.grain));
                let draws: Vec<f64> = (0..=blocks).map(|block| exponential(join(key, block as u64))).collect();
                items.key.iter().map(|grain| draws[block(*grain as usize)]).collect()
            }
            Scheme::Sandbox | Scheme::Sample if !side.drawn => vec![1.0; items.count()],
            Scheme::Sandbox | Scheme::Sample => side.margins.raked(drawn(), items, true),
            Scheme::Within => side.margins.raked(drawn(), items, false),
        }
    }
}

impl Margins {
    /// Draws as weights under which each window, and each place where they are asked for, weighs what it does.
    fn raked(&self, mut draws: Vec<f64>, items: &Items, places: bool) -> Vec<f64> {
        let mut cells = vec![0.0; self.place.len()];
        for ((draw, base), cell) in draws.iter().zip(&items.base).zip(&items.cell) {
            cells[*cell as usize] += draw * base;
        }
        let before = cells.clone();
        let windows = (self.window.as_slice(), self.windows.as_slice());
        let places = if places { (self.place.as_slice(), self.places.as_slice()) } else { windows };
        rake(&mut cells, places, windows, &mut Vec::new());
        for (after, before) in cells.iter_mut().zip(before) {
            *after = if before > 0.0 { *after / before } else { 1.0 };
        }
        draws.iter_mut().zip(&items.cell).for_each(|(draw, cell)| *draw *= cells[*cell as usize]);
        draws
    }
}

impl Side {
    fn of(rows: &[Row], window: &[u32], windows: usize, grain: Vec<u32>) -> Self {
        let mut names: Vec<u64> = rows.iter().map(|row| row.place).collect();
        names.sort_unstable();
        names.dedup();
        let place = |row: &Row| names.binary_search(&row.place).unwrap_or(0) as u32;
        let mut sandboxes: Vec<u64> = rows.iter().map(|row| row.sandbox).collect();
        sandboxes.sort_unstable();
        sandboxes.dedup();
        let pairs: Vec<(u32, u32)> = rows.iter().zip(window).map(|(row, window)| (place(row), *window)).collect();
        let mut cells = pairs.clone();
        cells.sort_unstable();
        cells.dedup();
        let base: Vec<f64> = rows.iter().map(|row| row.weight).collect();
        let (mut of_place, mut of_window) = (vec![0.0; names.len()], vec![0.0; windows]);
        for ((place, window), base) in pairs.iter().zip(&base) {
            of_place[*place as usize] += base;
            of_window[*window as usize] += base;
        }
        Self {
            id: rows.iter().map(|row| row.id).collect(),
            grain,
            sandbox: rows.iter().map(|row| row.sandbox).collect(),
            cell: pairs.iter().map(|pair| cells.binary_search(pair).unwrap_or(0) as u32).collect(),
            margins: Margins {
                place: cells.iter().map(|cell| cell.0).collect(),
                window: cells.iter().map(|cell| cell.1).collect(),
                places: of_place,
                windows: of_window,
            },
            // Those that do not name their sandbox are one more cluster of their place.
            drawn: rows.iter().any(|row| row.drawn),
            drawn_places: drawn_places(rows),
            sandboxes: sandboxes.len(),
            names: sandboxes,
            base,
        }
    }

    /// The share of a scheme's variance that the two margins take: 1/m for each, m effective clusters a cell.
    fn loss(&self, scheme: Scheme) -> f64 {
        let sum: f64 = self.base.iter().sum();
        let per = |class: &dyn Fn(usize) -> u32, wholes: &[f64]| {
            let part = |class: u32, part: f64| part * part / wholes[class as usize] / sum;
            if scheme != Scheme::Sandbox {
                return self.base.iter().enumerate().map(|(row, base)| part(class(row), *base)).sum::<f64>();
            }
            let mut order: Vec<(u32, u64, u32)> =
                self.sandbox.iter().enumerate().map(|(row, sandbox)| (class(row), *sandbox, row as u32)).collect();
            order.sort_unstable();
            let clusters = order.chunk_by(|x, y| (x.0, x.1) == (y.0, y.1));
            clusters.map(|rows| part(rows[0].0, rows.iter().map(|row| self.base[row.2 as usize]).sum())).sum()
        };
        let Margins { place, window, places, windows } = &self.margins;
        per(&|row| place[self.cell[row] as usize], places) + per(&|row| window[self.cell[row] as usize], windows)
    }
}

/// How many slots a sandbox lives, where a side's sandboxes follow each other one at a time: the life that a slot meets. Windows
/// then have one sandbox, so weights that keep windows cannot tell sandboxes apart, and only blocks of time can.
fn succession(rows: &[Row], slot: &[u32]) -> Option<f64> {
    if !rows.iter().any(|row| row.drawn) {
        return None;
    }
    let mut seen: Vec<(u64, u32)> = rows.iter().zip(slot).map(|(row, slot)| (row.sandbox, *slot)).collect();
    seen.sort_unstable();
    let of_one = |same: &[(u64, u32)]| f64::from(same[same.len() - 1].1 - same[0].1 + 1);
    let lives: Vec<f64> = seen.chunk_by(|one, other| one.0 == other.0).map(of_one).collect();
    let slots = f64::from(slot.iter().max()? - slot.iter().min()? + 1);
    let sum: f64 = lives.iter().sum();
    let alone = lives.len() > 1 && sum < ALONE_MAX * slots;
    alone.then(|| lives.iter().map(|life| life * life).sum::<f64>() / sum)
}

/// How many sandboxes each place has, of the places whose sandboxes come and go.
fn drawn_places(rows: &[Row]) -> Vec<usize> {
    let mut pairs: Vec<(u64, u64)> = rows.iter().filter(|row| row.drawn).map(|row| (row.place, row.sandbox)).collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs.chunk_by(|one, other| one.0 == other.0).map(<[_]>::len).collect()
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
fn differences(sides: &Sides, slot: &[Vec<u32>; 2], slots: usize) -> Vec<f64> {
    let means = [0, 1].map(|g| {
        let mut sums = vec![(0.0, 0.0); slots];
        for (row, slot) in sides.rows[g].iter().zip(&slot[g]) {
            let sum = &mut sums[*slot as usize];
            sum.0 += row.total;
            sum.1 += 1.0;
        }
        sums
    });
    let both = means[0].iter().zip(&means[1]).filter(|(a, b)| a.1 > 0.0 && b.1 > 0.0);
    both.map(|(a, b)| b.0 / b.1 - a.0 / a.1).collect()
}
