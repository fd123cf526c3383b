//! The two sources, ready to be compared: ledgers settled, times matched, and what both of them can see.

use crate::statistics::keyed::join;

use super::floor;
use super::ledger::{Row, Seen};
use super::overlap::Overlap;
use super::reading::TIME_MAX;

/// The share of a side's rows that must have a column before the side counts as seeing it.
pub(super) const SEEN_MIN: f64 = 0.95;

/// With more of the samples outside common times than this, the rest does not stand for them.
const OUTSIDE_MAX: f64 = 0.9;

/// `Server-Timing` may be on few answers, and then speaks for the rest.
const SERVER_SEEN_MIN: (f64, f64) = (0.05, 10.0);

/// Of answers that speak, the share that may say more than the wait allows: beyond it, the rest is not believed either.
const BOASTED_MAX: f64 = 0.05;

/// Two sources. Rows are in the order of their names, so that the order in which they came does not matter.
#[derive(Clone, Debug)]
pub struct Sides {
    /// Rows of A, the reference, and of B.
    pub rows: [Vec<Row>; 2],
    /// What A can see, and what B can.
    pub seen: [Seen; 2],
    /// Windows and weights.
    pub overlap: Overlap,
}

/// Why two sources cannot be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SidesError {
    /// No response time.
    #[error("{0} has no response time: every one of its samples failed, or none was selected; widen --since")]
    Empty(&'static str),
    /// They hardly overlap.
    #[error(
        "the two sources have {percent} % of their time in common, and so little cannot stand for the rest; \
         choose --since and --until so that both were measured throughout"
    )]
    LittleCommonTime {
        /// How much.
        percent: u8,
    },
    /// They do not overlap.
    #[error("the two sources have no time in common: no window holds samples of both; choose --since so that it does")]
    NoCommonTime,
}

impl Sides {
    /// Within the windows, too, both sides were sampled at the same times: their middles lie apart by less than a
    /// quarter of what they cover. Otherwise a window hides what its two halves differ by.
    #[must_use]
    pub fn times_match(&self) -> bool {
        #[derive(Clone, Copy)]
        struct Cover {
            first: i64,
            last: i64,
            of: [(f64, f64); 2],
        }
        let none = Cover { first: i64::MAX, last: i64::MIN, of: [(0.0, 0.0); 2] };
        let mut covers = vec![none; self.overlap.windows];
        for g in [0, 1] {
            for (row, window) in self.rows[g].iter().zip(&self.overlap.window[g]) {
                let Some(cover) = covers.get_mut(*window as usize) else { continue };
                cover.first = cover.first.min(row.at_ms);
                cover.last = cover.last.max(row.at_ms);
                cover.of[g].0 += row.weight;
                cover.of[g].1 += row.weight * row.at_ms as f64;
            }
        }
        let (mut apart, mut weight) = (0.0, 0.0);
        for cover in &covers {
            let [(a, at_a), (b, at_b)] = cover.of;
            let covered = cover.last.saturating_sub(cover.first) as f64;
            if a > 0.0 && b > 0.0 && covered > 0.0 {
                apart += (a + b) * (at_a / a - at_b / b) / covered;
                weight += a + b;
            }
        }
        weight == 0.0 || (apart / weight).abs() < 0.25
    }

    /// Sorts, settles the floors over both sources, and matches the times.
    ///
    /// # Errors
    /// A side without rows, or no window in common.
    pub fn new(a: Vec<Row>, b: Vec<Row>) -> Result<Self, SidesError> {
        for (side, name) in [(&a, "A"), (&b, "B")] {
            if side.is_empty() {
                return Err(SidesError::Empty(name));
            }
        }
        let mut b = b;
        let mut a = a;
        for side in [&mut a, &mut b] {
            side.iter_mut().for_each(|row| row.at_ms = row.at_ms.clamp(-TIME_MAX, TIME_MAX));
            side.sort_by_key(|row| (row.id, row.at_ms));
            side.dedup_by(joined);
        }
        let split = a.len();
        a.append(&mut b);
        drop(b);
        floor::settle(&mut a);
        let mut b = a.split_off(split);
        // Of a million rows the room that B's had is a hundred megabytes and more.
        a.shrink_to_fit();
        let overlap = Overlap::of(&a, &b);
        if overlap.outside >= 1.0 {
            return Err(SidesError::NoCommonTime);
        }
        if overlap.outside > OUTSIDE_MAX {
            return Err(SidesError::LittleCommonTime { percent: ((1.0 - overlap.outside) * 100.0).floor() as u8 });
        }
        let seen = [&a, &b].map(|side| seen(side));
        if seen[0].and(seen[1]).has(Seen::CACHE) {
            a.iter_mut().chain(&mut b).for_each(floor::without_origin);
        }
        Ok(Self { rows: [a, b], seen, overlap })
    }

    /// What both can see: only this can be compared.
    ///
    /// A side that does not tell its own work leaves it in what it calls receiving; beside one that takes it out, the
    /// difference is no transfer.
    #[must_use]
    pub fn both(&self) -> Seen {
        let both = self.seen[0].and(self.seen[1]);
        let work = self.seen.map(|side| side.has(Seen::CPU));
        if work[0] == work[1] { both } else { both.without(Seen::TRANSFER) }
    }

    /// The same two sources, the other way round.
    #[must_use]
    pub fn swapped(mut self) -> Self {
        self.rows.swap(0, 1);
        self.seen.swap(0, 1);
        self.overlap.window.swap(0, 1);
        self.overlap.factor.swap(0, 1);
        self
    }

    /// At most `most` rows a side, those with the smallest lot: the same rows whatever their order, and of every time
    /// and place as many as its share.
    #[must_use]
    pub fn sampled(&self, most: usize, seed: u64) -> Self {
        let kept = [0, 1].map(|g| self.lot(g, most, seed));
        let rows = [0, 1].map(|g| kept[g].iter().map(|at| self.rows[g][*at]).collect());
        let overlap = Overlap {
            window: [0, 1].map(|g| kept[g].iter().map(|at| self.overlap.window[g][*at]).collect()),
            factor: [0, 1].map(|g| kept[g].iter().map(|at| self.overlap.factor[g][*at]).collect()),
            ..self.overlap
        };
        Self { rows, seen: self.seen, overlap }
    }

    /// Which rows of a side [`Self::sampled`] keeps, in order.
    fn lot(&self, g: usize, most: usize, seed: u64) -> Vec<usize> {
        let rows = &self.rows[g];
        if rows.len() <= most {
            return (0..rows.len()).collect();
        }
        let lot = |(at, row): (usize, &Row)| (self.overlap.window[g][at], row.place, join(seed, row.id), at);
        let mut lots: Vec<(u32, u64, u64, usize)> = rows.iter().enumerate().map(lot).collect();
        lots.sort_unstable();
        // Every so-and-so-many-th of a list sorted by window and place is a stratified sample.
        let step = rows.len() as f64 / most as f64;
        let mut kept: Vec<usize> = (0..most).map(|k| lots[(k as f64 * step) as usize].3).collect();
        kept.sort_unstable();
        kept
    }
}

/// Parts of one sample are one sample: ranks and lots are by sample, so that two halves would not be as the whole.
fn joined(part: &mut Row, whole: &mut Row) -> bool {
    let same = Row { weight: whole.weight, ..*part } == *whole;
    if same {
        whole.weight += part.weight;
    }
    same
}

fn seen(side: &[Row]) -> Seen {
    let weight: f64 = side.iter().map(|row| row.weight).sum();
    let share =
        |is: &dyn Fn(&Row) -> bool| side.iter().filter(|row| is(row)).map(|row| row.weight).sum::<f64>() / weight;
    let columns = (0..9).chain([10]).map(|bit| Seen(1 << bit));
    let mut both = columns.filter(|bit| share(&|row| row.seen.has(*bit)) >= SEEN_MIN).fold(Seen::NOTHING, Seen::or);
    let said = share(&|row| row.server_said.is_some());
    // Weights and not rows are counted, with room for rounding: a sample split in two says no more than before.
    let boasted = share(&|row| row.boasted);
    let believed = boasted <= BOASTED_MAX * (said + boasted);
    if believed && said >= SERVER_SEEN_MIN.0 && said * weight >= SERVER_SEEN_MIN.1 - 1e-6 {
        both = both.or(Seen::SERVER);
    }
    both
}

/// The row has every column of `needed`; `Server-Timing` may be absent from a row, it is imputed.
pub(super) fn complete(row: &Row, needed: Seen) -> bool {
    row.seen.or(Seen::SERVER).has(needed)
}
