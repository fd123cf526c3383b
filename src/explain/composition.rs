//! What a request at a percentile consists of.
//!
//! The companion of [`super::percentile`]: the weights that make the percentile a mean of all response times, applied to
//! every column of the same samples (Euler's contributions; Tasche, arXiv 0708.2542). It adds up with nothing left over,
//! and it is no statement of cause: a mechanism that is the same at both sides has a share here when it makes the slow
//! requests slow on one side only.

use serde::Serialize;

use crate::statistics::level::Level;
use crate::statistics::quantile_weights::quantile_weights;

use super::board::{Board, COLUMNS};
use super::cause::Cause;
use super::percentile::MERGED;
use super::sides::Sides;

/// The composition of one percentile, in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Composition {
    /// Harrell and Davis's estimate at A and at B, over the samples with a full ledger, times matched.
    pub values_ms: [f64; 2],
    /// By cause as in [`MERGED`]: the part at A, and at B; each side's parts add up to its value.
    pub parts: Vec<Part>,
}

/// One cause's part.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Part {
    /// Which.
    pub cause: Cause,
    /// At A, milliseconds.
    pub a_ms: f64,
    /// At B, milliseconds.
    pub b_ms: f64,
}

/// Composes one percentile; absent where a side has no sample with a full ledger.
#[must_use]
pub fn compose(sides: &Sides, level: Level, seed: u64) -> Option<Composition> {
    let parts = [0, 1].map(|g| {
        let board = Board::composed(sides, g, seed);
        let weights = board.matched(&vec![1.0; sides.rows[g].len()]);
        let mut order: Vec<usize> = (0..board.total.len()).collect();
        order.sort_by(|x, y| board.total[*x].total_cmp(&board.total[*y]));
        let sorted: Vec<f64> = order.iter().map(|at| weights[*at]).collect();
        let shares = quantile_weights(&sorted, level);
        let part = |j: usize| {
            let column = board.column(j);
            order.iter().zip(&shares).map(|(at, share)| column[*at] * share).sum::<f64>()
        };
        (!shares.is_empty()).then(|| std::array::from_fn::<f64, COLUMNS, _>(part))
    });
    let [Some(a), Some(b)] = parts else { return None };
    let part = |(at, (cause, _)): (usize, &(Cause, &[Cause]))| Part { cause: *cause, a_ms: a[at], b_ms: b[at] };
    Some(Composition {
        values_ms: [a.iter().sum(), b.iter().sum()],
        parts: MERGED.iter().enumerate().map(part).collect(),
    })
}
