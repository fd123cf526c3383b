//! An account: the gap of two sources, divided, judged, with what stands behind it. Data; words are for others.

mod rows;
mod suspicions;

use serde::Serialize;

use crate::statistics::interval::Interval;
use crate::statistics::level::Level;

use super::bounds::{Bound, Known, bounds, of_missing};
use super::cause::{Cause, Shares};
use super::cause_row::CauseRow;
use super::claim::Bar;
use super::composition::{Composition, compose};
use super::contrast::Contrast;
use super::interval::{self, Intervals, NoInterval};
use super::ledger::Seen;
use super::own_work::OwnWork;
use super::plausibility::{Warning, warnings};
use super::question::{Question, Statistic};
use super::restricted::restrict;
use super::sides::{Sides, SidesError};
use super::source::{FailureGap, Source};
use super::traits::{one_tool, one_way};
use super::verdict::Verdict;
use super::{mean, percentile};

/// Lambda's memory at which a function has one processor, MB.
pub const ONE_PROCESSOR_MB: u32 = 1_769;

/// What the intervals rest on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Basis {
    /// Blocks of time.
    pub blocks: usize,
    /// How long one is, milliseconds.
    pub block_ms: i64,
    /// Sandboxes that were a random draw.
    pub sandboxes: usize,
    /// Degrees of freedom.
    pub degrees: f64,
    /// Replicates of each scheme.
    pub replicates: usize,
    /// Rows a side that replicates were drawn from, where that is not all of them.
    pub sampled: Option<usize>,
}

/// The whole of it. Differences are B less A.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Account {
    /// What is compared.
    pub statistic: Statistic,
    /// At A and at B, milliseconds, over all response times.
    pub values_ms: [f64; 2],
    /// B less A; the rows add up to it.
    pub gap_ms: f64,
    /// 95 %.
    pub gap_interval_ms: Option<Interval>,
    /// Response times of A and of B.
    pub samples: [usize; 2],
    /// The causes, those without any part left out; the residual is always there.
    pub rows: Vec<CauseRow>,
    /// The five suspicions.
    pub verdicts: Vec<Verdict>,
    /// Columns that A does not show, and that B does not.
    pub not_visible: [Vec<&'static str>; 2],
    /// What no row explains, milliseconds.
    pub unexplained_ms: f64,
    /// The share of samples outside times that both sides have.
    pub outside_common_time: f64,
    /// Why there is no interval, and how much more is needed.
    pub no_interval: Option<NoInterval>,
    /// What the intervals rest on.
    pub basis: Option<Basis>,
    /// Work of the programs that is in the rest, where one side shows it and the other bounds it.
    pub own_work: Option<OwnWork>,
    /// Bounds, not intervals: for each cause where a side shows its total only, or for those that more than 5 % of a
    /// side's samples do not show.
    pub bounds: Vec<Bound>,
    /// What the user knew of that side.
    #[serde(skip_serializing_if = "Known::is_nothing")]
    pub known: Known,
    /// At A, and at B, time may have been stolen unseen.
    #[serde(skip)]
    pub starved: [bool; 2],
    /// What two memory sizes of one function say, for each side where that is so and both were measured.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contrasts: Vec<Contrast>,
    /// Percentiles only: what a request there consists of.
    pub composition: Option<Composition>,
    /// Failures, which are in no figure above.
    pub failures: FailureGap,
    /// The percentile lies among the failures of a side: its value is at least the timeout, not what stands here.
    pub beyond_failures: bool,
    /// Percentiles only: the figure of A and of B over all requests, a failure being slower than any answer; absent where
    /// it is a failure.
    pub with_failures_ms: Option<[Option<f64>; 2]>,
    /// Means only: what a failure counts as, where it counts.
    pub failures_as_ms: Option<f64>,
    /// What looks wrong with the data themselves.
    pub warnings: Vec<Warning>,
    /// What all randomness came from.
    pub seed: u64,
}

/// Two sources, ready for any question.
#[derive(Clone, Debug)]
pub struct Case {
    pub(super) sides: Sides,
    failures: FailureGap,
    /// See [`one_way`].
    one_way: bool,
    /// See [`one_tool`].
    one_tool: bool,
}

/// Point values and intervals of one figure.
struct Figures {
    values: [f64; 2],
    gap: f64,
    shares: Shares,
    one_sided: [bool; Cause::COUNT],
    intervals: Result<Intervals, NoInterval>,
}

impl Figures {
    /// What its causes must clear; without intervals none does.
    fn bar(&self) -> Bar {
        Bar::of(self.gap, self.intervals.as_ref().map_or(1.0, |found| found.degrees))
    }
}

impl Case {
    /// Sorts, settles floors, matches times.
    ///
    /// # Errors
    /// See [`SidesError`].
    pub fn new(a: Source, b: Source) -> Result<Self, SidesError> {
        let failures = FailureGap::of(&a, &b);
        let (one_way, one_tool) = (one_way(&a.traits, &b.traits), one_tool(&a.traits, &b.traits));
        Ok(Self { sides: Sides::new(a.rows, b.rows)?, failures, one_way, one_tool })
    }

    /// The rows, settled.
    #[must_use]
    pub fn sides(&self) -> &Sides {
        &self.sides
    }

    /// Answers a question.
    #[must_use]
    pub fn account(&self, question: &Question) -> Account {
        let figures = self.figures(question);
        let percentile = match question.statistic {
            Statistic::Mean => None,
            Statistic::Percentile(level) => Some(level),
        };
        let separable = self.sides.both().has(Seen::TIMELINE);
        let bounds = match (percentile, separable) {
            (Some(_), _) => Vec::new(),
            (None, true) => of_missing(&self.sides),
            (None, false) => match of_missing(&self.sides) {
                none if none.is_empty() => bounds(&self.sides, &question.known),
                some => some,
            },
        };
        let of_gap = (percentile.is_none() && question.failures_as_ms.is_none()).then_some(figures.gap);
        let own_work = OwnWork::of(&self.sides, of_gap);
        let mut account = Account {
            statistic: question.statistic,
            values_ms: figures.values,
            gap_ms: figures.gap,
            gap_interval_ms: figures.intervals.as_ref().ok().map(|found| found.gap),
            samples: self.sides.rows.each_ref().map(Vec::len),
            rows: self.rows(&figures, percentile.is_some(), own_work.is_some()),
            verdicts: self.verdicts(&figures, percentile.is_some()),
            not_visible: self.sides.seen.map(Seen::missing),
            unexplained_ms: figures.shares.get(Cause::Residual),
            outside_common_time: self.sides.overlap.outside,
            no_interval: figures.intervals.as_ref().err().copied(),
            basis: figures.intervals.as_ref().ok().map(|found| Basis {
                blocks: found.blocks,
                block_ms: found.block_ms,
                sandboxes: found.sandboxes,
                degrees: found.degrees,
                replicates: question.replicates,
                sampled: percentile.and_then(|_| {
                    self.sides.rows.iter().any(|rows| rows.len() > percentile::ROWS_MAX).then_some(percentile::ROWS_MAX)
                }),
            }),
            own_work,
            bounds,
            known: question.known,
            starved: self.starved(),
            contrasts: Vec::new(),
            composition: percentile.filter(|_| separable).and_then(|level| compose(&self.sides, level, question.seed)),
            failures: self.failures.clone(),
            beyond_failures: percentile.is_some_and(|level| self.failures.worst_share() >= 1.0 - level.share()),
            with_failures_ms: percentile.map(|level| [0, 1].map(|g| self.with_failures(g, level))),
            failures_as_ms: question.failures_as_ms.filter(|_| percentile.is_none()),
            warnings: warnings(&self.sides, question),
            seed: question.seed,
        };
        if let Some(failure_ms) = account.failures_as_ms {
            restrict(&mut account, failure_ms);
        }
        account
    }

    /// The longest response time, milliseconds.
    #[must_use]
    pub fn longest_ms(&self) -> f64 {
        self.sides.rows.iter().flatten().map(|row| row.total).fold(0.0, f64::max)
    }

    /// A percentile over all requests of a side, failures above all answers.
    fn with_failures(&self, g: usize, level: Level) -> Option<f64> {
        let mut totals: Vec<f64> = self.sides.rows[g].iter().map(|row| row.total).collect();
        totals.sort_unstable_by(f64::total_cmp);
        let place = level.share() * (totals.len() as f64 + self.failures.failed[g] as f64);
        let at = place.ceil().max(1.0) as usize;
        let value = totals.get(at - 1)?;
        if place == place.floor() { Some(f64::midpoint(*value, *totals.get(at)?)) } else { Some(*value) }
    }

    fn figures(&self, question: &Question) -> Figures {
        let (sides, seed) = (&self.sides, question.seed);
        let of_mean = || {
            let found = mean::explain(sides);
            let intervals = interval::of_mean(sides, &found, seed, question.replicates);
            let (values, gap, shares, one_sided) = (found.means, found.gap, found.shares, found.one_sided);
            Figures { values, gap, shares, one_sided, intervals }
        };
        let Statistic::Percentile(level) = question.statistic else { return of_mean() };
        let points = percentile::explain(sides, &[level], seed);
        let Some(found) = points.first() else { return of_mean() };
        let mut intervals = percentile::intervals(sides, &points, seed, question.replicates);
        Figures {
            values: found.values,
            gap: found.gap,
            shares: found.shares,
            one_sided: [false; Cause::COUNT],
            intervals: intervals.pop().unwrap_or(Err(NoInterval::Samples { more: 0 })),
        }
    }
}
