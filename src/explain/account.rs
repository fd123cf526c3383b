//! An account: the gap of two sources, divided, judged, with what stands behind it. Data; words are for others.

mod suspicions;

use serde::{Serialize, Serializer};

use crate::statistics::interval::Interval;
use crate::statistics::level::Level;

use super::bounds::{Bound, Known, bounds, of_missing};
use super::cause::{Cause, Shares};
use super::claim::{Bar, Claim};
use super::composition::{Composition, compose};
use super::evidence::{Fact, PhasePart, by_phase, facts, whole};
use super::interval::{self, Intervals, NoInterval};
use super::ledger::Seen;
use super::own_work::OwnWork;
use super::restricted::restrict;
use super::sides::{Sides, SidesError};
use super::source::{FailureGap, Source};
use super::verdict::Verdict;
use super::{mean, percentile};

/// Lambda's memory at which a function has one processor, MB.
const ONE_PROCESSOR_MB: u32 = 1_769;

/// Which figure of the response times is compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// The arithmetic mean.
    Mean,
    /// A percentile.
    Percentile(Level),
}

impl Serialize for Statistic {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Mean => to.serialize_str("mean"),
            Self::Percentile(level) => to.collect_str(&format_args!("p{}", (level.share() * 1e5).round() / 1e3)),
        }
    }
}

/// What a row stands for where its name alone would say too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// Its name.
    Plain,
    /// Server or unexplained wait: not separable without `Server-Timing` at both sides.
    ServerOrUnexplained,
    /// A side does not show its own work either: that, the server or unexplained wait.
    OwnWorkOrServer,
    /// Everything: a side shows its total only.
    NotSeparable,
}

/// One cause in an account.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CauseRow {
    /// Which.
    pub cause: Cause,
    /// The causes that it holds, itself among them.
    pub holds: Vec<Cause>,
    /// How it is to be read.
    pub label: Label,
    /// Milliseconds from A to B.
    pub ms: f64,
    /// 95 %; absent where the data do not allow one.
    pub interval_ms: Option<Interval>,
    /// Of the gap; absent where there is hardly a gap.
    pub share: Option<f64>,
    /// What may be claimed.
    pub claim: Claim,
    /// What the claim rests on beside the interval: see [`Bar::claim_beside`].
    #[serde(skip)]
    pub by_luck: Option<f64>,
    /// Seen at one side only; the other side was taken to be alike.
    pub one_sided: bool,
    /// A small function's processor may have been taken away unseen: network or stolen. Memory sizes side by side decide.
    pub or_stolen: bool,
    /// The observations behind it.
    pub evidence: Vec<Fact>,
    /// The residual of the mean by phase, where both sides show phases and too little else; the parts add up to it.
    pub by_phase: Vec<PhasePart>,
}

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

/// What looks wrong with the data themselves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Warning {
    /// A side that shows its total only is so far from the side that was measured in phases that its unit may have been
    /// said wrongly at import.
    Unit {
        /// 0 for A, 1 for B.
        side: usize,
        /// Its median, milliseconds.
        median_ms: f64,
        /// The median of the side that shows phases.
        measured_ms: f64,
    },
}

/// How far apart two medians of one page are before a unit is doubted: seconds for milliseconds would be a thousand.
const UNIT_RATIO: f64 = 100.0;

/// Two sources, ready for any question.
#[derive(Clone, Debug)]
pub struct Case {
    pub(super) sides: Sides,
    failures: FailureGap,
}

/// What is asked of a case.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Question {
    /// Which figure.
    pub statistic: Statistic,
    /// The same seed and data give the same bytes.
    pub seed: u64,
    /// Replicates a scheme: [`interval::REPLICATES`] or [`percentile::REPLICATES`] unless in a hurry.
    pub replicates: usize,
    /// What is known of a side that shows its total only.
    pub known: Known,
    /// Means only: a failure counts as this many milliseconds; absent, failures are in no mean.
    pub failures_as_ms: Option<f64>,
}

impl Question {
    /// With the usual number of replicates, and nothing known beside the samples.
    #[must_use]
    pub fn new(statistic: Statistic, seed: u64) -> Self {
        let replicates = match statistic {
            Statistic::Mean => interval::REPLICATES,
            Statistic::Percentile(_) => percentile::REPLICATES,
        };
        Self { statistic, seed, replicates, known: Known::default(), failures_as_ms: None }
    }
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
        Ok(Self { sides: Sides::new(a.rows, b.rows)?, failures })
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
            composition: percentile.filter(|_| separable).and_then(|level| compose(&self.sides, level, question.seed)),
            failures: self.failures.clone(),
            beyond_failures: percentile.is_some_and(|level| self.failures.worst_share() >= 1.0 - level.share()),
            with_failures_ms: percentile.map(|level| [0, 1].map(|g| self.with_failures(g, level))),
            failures_as_ms: question.failures_as_ms.filter(|_| percentile.is_none()),
            warnings: self.warnings(),
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

    fn warnings(&self) -> Vec<Warning> {
        let median = |g: usize| {
            let mut totals: Vec<f64> = self.sides.rows[g].iter().map(|row| row.total).collect();
            totals.sort_unstable_by(f64::total_cmp);
            totals.get(totals.len() / 2).copied().unwrap_or(0.0)
        };
        let measured = self.sides.seen.map(|seen| seen.has(Seen::TIMELINE));
        let side = match measured {
            [true, false] => 1,
            [false, true] => 0,
            _ => return Vec::new(),
        };
        let (median_ms, measured_ms) = (median(side), median(1 - side));
        let far = median_ms > measured_ms * UNIT_RATIO || measured_ms > median_ms * UNIT_RATIO;
        if far { vec![Warning::Unit { side, median_ms, measured_ms }] } else { Vec::new() }
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

    fn rows(&self, figures: &Figures, merged: bool, work_told: bool) -> Vec<CauseRow> {
        let stolen = self.may_be_stolen();
        let bar = figures.bar();
        let row = |cause: Cause| {
            let ms = figures.shares.get(cause);
            // What is left of exact sums after rounding is nothing.
            if ms.abs() < 1e-11 && cause != Cause::Residual {
                return None;
            }
            let interval_ms = figures.intervals.as_ref().ok().map(|found| found.rows[cause as usize]);
            let by_luck = figures.intervals.as_ref().ok().and_then(|found| found.by_luck(cause));
            let (holds, label) = self.meaning(cause, merged);
            let hidden = matches!(
                cause,
                Cause::Dns | Cause::Queueing | Cause::Fallback | Cause::Transfer | Cause::Server | Cause::Residual
            );
            let apart = label == Label::Plain || label == Label::NotSeparable;
            let parts = if apart || merged { Vec::new() } else { self.parts(figures) };
            Some(CauseRow {
                cause,
                holds,
                label,
                ms,
                interval_ms,
                share: (figures.gap.abs() > interval::INSTRUMENT_MS).then(|| ms / figures.gap),
                claim: bar.claim_beside(ms, interval_ms, by_luck),
                by_luck,
                one_sided: figures.one_sided[cause as usize],
                or_stolen: hidden && stolen,
                // What is left over after different columns is not comparable from side to side.
                evidence: match label {
                    Label::Plain => facts(&self.sides, cause),
                    _ => whole(&self.sides, merged, !work_told),
                },
                by_phase: parts,
            })
        };
        Cause::ALL.into_iter().filter_map(row).collect()
    }

    /// The mean's residual by phase; none where something else was taken out of the phases.
    fn parts(&self, figures: &Figures) -> Vec<PhasePart> {
        let ms = |cause: Cause| figures.shares.get(cause);
        let within = [Cause::Definition, Cause::Timing, Cause::Dns, Cause::Residual];
        let elsewhere = Cause::ALL.into_iter().any(|cause| !within.contains(&cause) && ms(cause) != 0.0);
        if elsewhere { Vec::new() } else { by_phase(&self.sides, ms(Cause::Dns), ms(Cause::Residual)) }
    }

    fn meaning(&self, cause: Cause, merged: bool) -> (Vec<Cause>, Label) {
        let both = self.sides.both();
        let mut holds = vec![cause];
        if merged {
            let of = percentile::MERGED.iter().find(|(row, _)| *row == cause);
            holds = of.map_or(holds, |(_, causes)| causes.to_vec());
        }
        if cause != Cause::Residual {
            return (holds, Label::Plain);
        }
        if !both.has(Seen::TIMELINE) {
            return (holds, Label::NotSeparable);
        }
        let label = if both.has(Seen::SERVER) { Label::Plain } else { Label::ServerOrUnexplained };
        if label == Label::ServerOrUnexplained {
            holds.insert(0, Cause::Server);
        }
        // What one side cannot see is in the rest of both.
        let unseen = [
            (Seen::DNS, Cause::Dns),
            (Seen::ROUND_TRIPS, Cause::Distance),
            (Seen::QUEUEING, Cause::Queueing),
            (Seen::LOSS, Cause::Loss),
            (Seen::CPU, Cause::Cpu),
            (Seen::SCHEDULING, Cause::Scheduling),
            (Seen::TRANSFER, Cause::Transfer),
        ];
        for (_, cause) in unseen.into_iter().filter(|(column, _)| !both.has(*column)) {
            // A percentile's residual holds the transfer already.
            if !holds.contains(&cause) {
                holds.push(cause);
            }
        }
        let own_work = both.has(Seen::CPU.or(Seen::SCHEDULING));
        (holds, if own_work { label } else { Label::OwnWorkOrServer })
    }
}
