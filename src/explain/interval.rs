//! How sure the shares of a gap are.
//!
//! `V = max(V_block + V_sandbox − V_sample, V_block, V_sandbox)`, a t quantile with the degrees of freedom of the
//! scarcer kind of cluster, and ± 0.1 ms that no number of samples takes away.

use serde::Serialize;

use crate::statistics::clopper_pearson;
use crate::statistics::interval::Interval;
use crate::statistics::rare_events::equal_rates;
use crate::statistics::student::t_975;

use super::cause::{Cause, Shares};
use super::claim::{Bar, Claim};
use super::contrast::hiding;
use super::influence::Linear;
use super::ledger::{Row, Seen};
use super::mean::{MeanGap, divide};
use super::overshoot;
use super::replicate::{Design, Items, Scheme};
use super::sides::Sides;
use super::spread::{FIGURES, Tally, Variances, combined, followed};
use super::sums::Weighed;
use super::verdict::Hypothesis;

/// Replicates a scheme.
pub const REPLICATES: usize = 300;

/// What the instrument itself may be wrong by, in milliseconds (a Type B allowance, JCGM 100:2008).
pub const INSTRUMENT_MS: f64 = 0.1;

/// The fewest samples a side for any interval.
pub const SAMPLES_MIN: usize = 20;

/// The fewest blocks of time for any interval.
pub const BLOCKS_MIN: usize = 6;

/// The penalty of a lost packet where none was seen: the kernel's first timeout, in milliseconds.
const PENALTY_MS: f64 = 1_000.0;

/// Why there is no interval, and what would give one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum NoInterval {
    /// A side needs this many samples more.
    Samples {
        /// How many more, for the side that needs the most.
        more: usize,
    },
    /// The samples cover too few slots, or too few lives of sandboxes that follow each other one at a time.
    Slots {
        /// How many more.
        more: usize,
    },
    /// A place has fewer than two sandboxes: placement and everything else in that sandbox are one.
    Sandboxes {
        /// How many more.
        more: usize,
    },
    /// The gap of a slot is so much like that of the slots before it that all of them say little more than a few would.
    Autocorrelation {
        /// How many more slots.
        more: usize,
    },
    /// Each replicate would need more values than the percentile has behind it.
    Level {
        /// How many more samples, for the side that needs the most.
        more: usize,
    },
}

/// Intervals of a gap and of its shares; 95 %.
#[derive(Clone, Debug, PartialEq)]
pub struct Intervals {
    /// Of the gap.
    pub gap: Interval,
    /// Of each cause, in the order of [`Cause::ALL`].
    pub rows: [Interval; Cause::COUNT],
    /// Of each suspicion, in the order of [`Hypothesis::ALL`].
    pub verdicts: [Interval; Hypothesis::ALL.len()],
    /// Of all rows together in which stolen time may hide.
    pub hiding: Interval,
    /// How likely losses that differ as much are where both sides lose alike, by an exact test.
    pub loss_by_luck: Option<f64>,
    /// Blocks of time.
    pub blocks: usize,
    /// How long a block is, in milliseconds.
    pub block_ms: i64,
    /// Sandboxes that were a random draw; 0 where none was.
    pub sandboxes: usize,
    /// Degrees of freedom.
    pub degrees: f64,
}

impl Intervals {
    /// What may be claimed of a cause whose share is `ms`.
    #[must_use]
    pub fn claim(&self, bar: &Bar, cause: Cause, ms: f64) -> Claim {
        bar.claim_beside(ms, Some(self.rows[cause as usize]), self.by_luck(cause))
    }

    /// How likely so much of a cause is where there is none of it, where an exact test says so.
    pub(super) fn by_luck(&self, cause: Cause) -> Option<f64> {
        self.loss_by_luck.filter(|_| cause == Cause::Loss)
    }
}

/// Whether the data allow an interval at all.
pub(super) fn enough(sides: &Sides, design: &Design) -> Result<(), NoInterval> {
    let least = sides.rows.iter().map(Vec::len).min().unwrap_or(0);
    if least < SAMPLES_MIN {
        return Err(NoInterval::Samples { more: SAMPLES_MIN - least });
    }
    if design.blocks() < BLOCKS_MIN {
        return Err(NoInterval::Slots { more: BLOCKS_MIN * design.block - design.slots });
    }
    match (design.sandboxes_missing(), design.slots_missing()) {
        (0, None) => Ok(()),
        (0, Some(more)) => Err(NoInterval::Autocorrelation { more }),
        (more, _) => Err(NoInterval::Sandboxes { more }),
    }
}

/// Rows a side beyond which the variance between sandboxes and between samples comes from a formula (linear in the
/// weights) and not from replicates; that between blocks of time always comes from replicates.
pub const ROWS_MAX: usize = 10_000;

/// Intervals for the mean’s account, from `replicates` a scheme: [`REPLICATES`] unless a simulation is in a hurry.
///
/// # Errors
/// Too few samples, slots or sandboxes: which, and how many more are needed.
pub fn of_mean(sides: &Sides, point: &MeanGap, seed: u64, replicates: usize) -> Result<Intervals, NoInterval> {
    let design = Design::of(sides, seed);
    enough(sides, &design)?;
    let large = sides.rows.iter().any(|rows| rows.len() > ROWS_MAX);
    let linear = if large { Linear::of(sides, &design) } else { Linear::default() };
    let spread = combined(&design, sides, 1, |scheme| {
        vec![match scheme {
            Scheme::Sandbox if large => linear.sandbox,
            Scheme::Sample if large => linear.sample,
            Scheme::Within if large => linear.within,
            scheme => replicated(sides, &design, scheme, replicates),
        }]
    });
    let spread = spread.first().copied().unwrap_or([0.0; FIGURES]);
    let mut intervals = finish(&design, &spread, point.gap, &point.shares);
    overshoot::widen(sides, &mut intervals);
    if sides.both().has(Seen::LOSS.or(Seen::ROUND_TRIPS)) {
        intervals.rows[Cause::Loss as usize] = loss(sides, point.shares.get(Cause::Loss));
        let counts = sides.rows.each_ref().map(|rows| (rows.iter().filter(lost).count() as u64, rows.len() as u64));
        let [(lost_a, all_a), (lost_b, all_b)] = counts;
        intervals.loss_by_luck = Some(equal_rates([lost_a, lost_b], [all_a, all_b]));
    }
    Ok(intervals)
}

/// The variances of one scheme by replicates, from sums over its items.
pub(super) fn replicated(sides: &Sides, design: &Design, scheme: Scheme, replicates: usize) -> Variances {
    let items = [0, 1].map(|g| design.items(scheme, g));
    let atoms = [0, 1].map(|g| atoms(sides, g, &items[g]));
    let mut tally = Tally::default();
    for replicate in 0..replicates as u64 {
        let [a, b] = [0, 1].map(|g| {
            let mut sum = Weighed::ZERO;
            let weights = design.weights(scheme, replicate, g, &items[g]);
            weights.iter().zip(&atoms[g]).for_each(|(weight, atom)| sum.add(*weight, atom));
            sum
        });
        let found = divide(&a, &b);
        debug_assert!(found.shares.leave_only(found.rounding, found.gap), "{} ms went to no cause", found.rounding);
        tally.add(followed(found.gap, &found.shares));
    }
    tally.variances()
}

/// The sums over the rows of each item.
fn atoms(sides: &Sides, g: usize, items: &Items) -> Vec<Weighed> {
    let mut atoms = vec![Weighed::ZERO; items.count()];
    let seen = sides.both();
    let rows = sides.rows[g].iter().zip(&sides.overlap.factor[g]);
    for ((row, factor), item) in rows.zip(&items.of) {
        atoms[*item as usize].add(1.0, &Weighed::of(row, *factor, seen));
    }
    atoms
}

pub(super) fn finish(design: &Design, spread: &Variances, gap: f64, shares: &Shares) -> Intervals {
    let degrees = design.degrees();
    let t = t_975(degrees);
    let about = |estimate: f64, variance: f64| {
        let half = t * variance.sqrt() + INSTRUMENT_MS;
        Interval::closed(estimate - half, estimate + half)
    };
    Intervals {
        gap: about(gap, spread[0]),
        rows: std::array::from_fn(|at| about(shares.get(Cause::ALL[at]), spread[at + 1])),
        verdicts: std::array::from_fn(|at| about(Hypothesis::ALL[at].sum(shares), spread[1 + Cause::COUNT + at])),
        hiding: about(hiding(shares), spread[FIGURES - 1]),
        loss_by_luck: None,
        blocks: design.blocks(),
        block_ms: design.block as i64 * design.slot_ms,
        sandboxes: design.sandboxes(),
        degrees,
    }
}

fn lost(row: &&Row) -> bool {
    row.loss > 0.0
}

/// Lost packets are rare and cost a second: no bootstrap of few samples has met enough of them. The rates get exact
/// intervals, and the penalty is the mean of those that were met.
fn loss(sides: &Sides, estimate: f64) -> Interval {
    let penalties: Vec<f64> = sides.rows.iter().flatten().filter(lost).map(|row| row.loss).collect();
    let penalty =
        if penalties.is_empty() { PENALTY_MS } else { penalties.iter().sum::<f64>() / penalties.len() as f64 };
    let rates = [0, 1].map(|g| {
        let rows = &sides.rows[g];
        clopper_pearson::rate(rows.iter().filter(lost).count() as f64, rows.len() as f64)
    });
    let (lower, upper) = clopper_pearson::difference(rates[0], rates[1]);
    let end = |end: f64| end * penalty;
    Interval::closed(end(lower).min(estimate) - INSTRUMENT_MS, end(upper).max(estimate) + INSTRUMENT_MS)
}
