//! The contrast of memory sizes: one function with a share of a processor beside the same with more of it.
//!
//! Time that the host takes away from a function, and does not show, looks like network time. Both sizes ask the same
//! page from the same region in the same slots, so what the network and the server take is the same; what the smaller
//! one needs beyond that was taken from it.

use serde::Serialize;

use crate::statistics::interval::Interval;

use super::account::Account;
use super::cause::{Cause, Shares};
use super::claim::{Bar, Claim};
use super::interval::{self, NoInterval};
use super::ledger::{Row, State};
use super::mean;
use super::question::Statistic;
use super::sides::Sides;
use super::verdict::Hypothesis;

/// Rows a side beyond which a part of them, chosen by the seed, stands for all.
const ROWS_MAX: usize = 20_000;

/// Rows in which time may hide that the host took and did not show. What the server says of itself is not among them,
/// and what a cache miss costs is not either.
const HIDING: [Cause; 5] = [Cause::Dns, Cause::Queueing, Cause::Fallback, Cause::Transfer, Cause::Residual];

/// Their sum.
pub(super) fn hiding(shares: &Shares) -> f64 {
    HIDING.iter().map(|cause| shares.get(*cause)).sum()
}

/// What two memory sizes say of one side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contrast {
    /// Whose function is the smaller one: 0 for A, 1 for B.
    pub side: usize,
    /// The larger one, as one would ask for it.
    pub beside: String,
    /// Memory of the smaller and of the larger, MB.
    pub memory_mb: [u32; 2],
    /// Warm samples of the smaller and of the larger.
    pub samples: [usize; 2],
    /// Taken from the smaller beyond what was taken from the larger, times matched.
    pub stolen_ms: f64,
    /// 95 %.
    pub interval_ms: Option<Interval>,
    /// Why there is none.
    pub no_interval: Option<NoInterval>,
    /// Supported: time is stolen. Refuted: what looks like network time is. By what matters to the account's gap.
    pub claim: Claim,
    #[serde(skip)]
    degrees: f64,
}

impl Contrast {
    /// `smaller` are a side's rows, `larger` those of the same function with more memory. `None` where the memory does
    /// not differ so, or their times do not overlap.
    #[must_use]
    pub fn of(side: usize, smaller: &[Row], larger: &[Row], beside: String, seed: u64) -> Option<Self> {
        let memory = |rows: &[Row]| rows.iter().map(|row| row.memory_mb).filter(|mb| *mb > 0).max();
        let memory_mb = [memory(smaller)?, memory(larger)?];
        let least = larger.iter().map(|row| row.memory_mb).min()?;
        if least <= memory_mb[0] {
            return None;
        }
        let both = Sides::new(warm(smaller), warm(larger)).ok()?.sampled(ROWS_MAX, seed);
        let samples = both.rows.each_ref().map(Vec::len);
        let sides = both.swapped();
        let found = mean::explain(&sides);
        let intervals = interval::of_mean(&sides, &found, seed, interval::REPLICATES);
        Some(Self {
            side,
            beside,
            memory_mb,
            samples,
            stolen_ms: hiding(&found.shares),
            interval_ms: intervals.as_ref().ok().map(|found| found.hiding),
            degrees: intervals.as_ref().map_or(1.0, |found| found.degrees),
            no_interval: intervals.err(),
            claim: Claim::Undecided,
        })
    }

    /// Says in an account what this decides: rows that may hide stolen time, and the suspicion of a small share.
    pub fn decide(mut self, account: &mut Account) {
        if !account.starved[self.side] {
            return;
        }
        self.claim = match Bar::of(account.gap_ms, self.degrees).claim(self.stolen_ms, self.interval_ms) {
            // A smaller function that is quicker tells of something else that differs.
            Claim::Supported if self.stolen_ms < 0.0 => Claim::Undecided,
            claim => claim,
        };
        // With one side cleared, what the other may hide is still open.
        account.starved[self.side] = self.claim != Claim::Refuted;
        let open = account.starved.contains(&true);
        account.rows.iter_mut().for_each(|row| row.or_stolen &= open);
        let bar = Bar::of(account.gap_ms, account.basis.map_or(1.0, |basis| basis.degrees));
        for verdict in account.verdicts.iter_mut().filter(|one| one.hypothesis == Hypothesis::CpuShare) {
            match (self.claim, verdict.ms) {
                (Claim::Undecided, _) | (Claim::Refuted, None) => {}
                (Claim::Refuted, Some(_)) if open => {}
                (Claim::Refuted, Some(ms)) => verdict.claim = bar.claim(ms, verdict.interval_ms),
                (Claim::Supported, ms) => {
                    verdict.claim = Claim::Supported;
                    // What is taken on average says nothing of how much it is at a percentile: so there is no figure there.
                    if account.statistic != Statistic::Mean {
                        (verdict.ms, verdict.interval_ms) = (None, None);
                    } else {
                        let toward = if self.side == 1 { 1.0 } else { -1.0 };
                        let whole = ms.unwrap_or(0.0) + toward * self.stolen_ms;
                        verdict.interval_ms = match ms {
                            Some(_) => sum(verdict.interval_ms, self.interval_ms, whole),
                            None => sum(self.interval_ms, Some(Interval::closed(0.0, 0.0)), whole),
                        };
                        verdict.ms = Some(whole);
                    }
                }
            }
        }
        account.contrasts.push(self);
    }
}

/// About `middle`, as wide as two independent ones together.
fn sum(one: Option<Interval>, other: Option<Interval>, middle: f64) -> Option<Interval> {
    let half = |interval: Option<Interval>| interval.and_then(|i| i.lower.zip(i.upper)).map(|(x, y)| (y - x) / 2.0);
    let half = half(one)?.hypot(half(other)?);
    Some(Interval::closed(middle - half, middle + half))
}

/// Cold starts cost processor time of their own, and are as many as chance makes them.
fn warm(rows: &[Row]) -> Vec<Row> {
    rows.iter().filter(|row| row.state != State::Cold).copied().collect()
}
