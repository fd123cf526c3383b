//! An account: the gap of two sources, divided, judged, with what stands behind it. Data; words are for others.

use serde::{Serialize, Serializer};

use crate::statistics::interval::Interval;
use crate::statistics::level::Level;

use super::bounds::{Bound, Known, bounds};
use super::cause::{Cause, Shares};
use super::claim::{Bar, Claim};
use super::composition::{Composition, compose};
use super::evidence::{Fact, facts};
use super::interval::{self, Intervals, NoInterval};
use super::ledger::{Row, Seen};
use super::sides::{Sides, SidesError};
use super::source::{FailureGap, Source};
use super::verdict::{Hypothesis, Verdict};
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
    /// Seen at one side only; the other side was taken to be alike.
    pub one_sided: bool,
    /// A small function's processor may have been taken away unseen: network or stolen. Memory sizes side by side decide.
    pub or_stolen: bool,
    /// The observations behind it.
    pub evidence: Vec<Fact>,
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
    /// Bounds, not intervals, for each cause where a side shows its total only.
    pub bounds: Vec<Bound>,
    /// Percentiles only: what a request there consists of.
    pub composition: Option<Composition>,
    /// Failures, which are in no figure above.
    pub failures: FailureGap,
    /// The percentile lies among the failures of a side: its value is at least the timeout, not what stands here.
    pub beyond_failures: bool,
    /// What all randomness came from.
    pub seed: u64,
}

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
}

impl Question {
    /// With the usual number of replicates, and nothing known beside the samples.
    #[must_use]
    pub fn new(statistic: Statistic, seed: u64) -> Self {
        let replicates = match statistic {
            Statistic::Mean => interval::REPLICATES,
            Statistic::Percentile(_) => percentile::REPLICATES,
        };
        Self { statistic, seed, replicates, known: Known::default() }
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
        Account {
            statistic: question.statistic,
            values_ms: figures.values,
            gap_ms: figures.gap,
            gap_interval_ms: figures.intervals.as_ref().ok().map(|found| found.gap),
            samples: self.sides.rows.each_ref().map(Vec::len),
            rows: self.rows(&figures, percentile.is_some()),
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
            bounds: if separable || percentile.is_some() { Vec::new() } else { bounds(&self.sides, &question.known) },
            composition: percentile.filter(|_| separable).and_then(|level| compose(&self.sides, level, question.seed)),
            failures: self.failures,
            beyond_failures: percentile.is_some_and(|level| self.failures.worst_share() >= 1.0 - level.share()),
            seed: question.seed,
        }
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

    fn rows(&self, figures: &Figures, merged: bool) -> Vec<CauseRow> {
        let stolen = self.may_be_stolen();
        let bar = figures.bar();
        let row = |cause: Cause| {
            let ms = figures.shares.get(cause);
            if ms == 0.0 && cause != Cause::Residual {
                return None;
            }
            let interval_ms = figures.intervals.as_ref().ok().map(|found| found.rows[cause as usize]);
            let (holds, label) = self.meaning(cause, merged);
            let hidden = matches!(
                cause,
                Cause::Dns | Cause::Queueing | Cause::Fallback | Cause::Transfer | Cause::Server | Cause::Residual
            );
            Some(CauseRow {
                cause,
                holds,
                label,
                ms,
                interval_ms,
                share: (figures.gap.abs() > interval::INSTRUMENT_MS).then(|| ms / figures.gap),
                claim: bar.claim(ms, interval_ms),
                one_sided: figures.one_sided[cause as usize],
                or_stolen: hidden && stolen,
                evidence: facts(&self.sides, cause),
            })
        };
        Cause::ALL.into_iter().filter_map(row).collect()
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
        (holds, label)
    }

    /// A function with less than one processor on which neither steal nor run-queue delay shows what its quota must
    /// have cost: at least a quarter of `cpu · (1769 / memory − 1)`.
    fn may_be_stolen(&self) -> bool {
        let small = |row: &&Row| row.memory_mb > 0 && row.memory_mb < ONE_PROCESSOR_MB;
        self.sides.rows.iter().any(|rows| {
            let of: Vec<&Row> = rows.iter().filter(small).collect();
            let due = |row: &&Row| row.cpu * (f64::from(ONE_PROCESSOR_MB) / f64::from(row.memory_mb) - 1.0) / 4.0;
            let shown: f64 = of.iter().map(|row| row.scheduling).sum();
            let known = of.iter().all(|row| row.seen.has(Seen::CPU));
            !of.is_empty() && !of.iter().any(|row| row.steal) && (!known || shown <= of.iter().map(due).sum::<f64>())
        })
    }

    fn verdicts(&self, figures: &Figures, merged: bool) -> Vec<Verdict> {
        let both = self.sides.both();
        let bar = figures.bar();
        let judged = Hypothesis::ALL.into_iter().enumerate().map(|(at, hypothesis)| {
            let seen = match hypothesis {
                Hypothesis::SampleTiming => true,
                Hypothesis::Method => both.has(Seen::TIMELINE.or(Seen::HOPS)),
                // A percentile's rows do not tell cold from warm; and who never was cold, was never seen cold.
                Hypothesis::ColdStart => !merged && both.has(Seen::TIMELINE) && self.met_cold(),
                Hypothesis::CpuShare => both.has(Seen::CPU.or(Seen::SCHEDULING)),
                Hypothesis::Distance => both.has(Seen::ROUND_TRIPS),
            };
            let ms = seen.then(|| hypothesis.sum(&figures.shares));
            let interval_ms = ms.and(figures.intervals.as_ref().ok()).map(|found| found.verdicts[at]);
            let mut claim = ms.map_or(Claim::Undecided, |ms| bar.claim(ms, interval_ms));
            // What may be hidden in other rows is not refuted by its own.
            if hypothesis == Hypothesis::CpuShare && claim == Claim::Refuted && self.may_be_stolen() {
                claim = Claim::Undecided;
            }
            Verdict {
                hypothesis,
                code: hypothesis.code(),
                claim,
                ms,
                interval_ms,
                decided_by: (claim == Claim::Undecided).then(|| hypothesis.decided_by()),
            }
        });
        judged.collect()
    }

    fn met_cold(&self) -> bool {
        use super::ledger::State;
        self.sides.rows.iter().flatten().any(|row| row.state == State::Cold)
            || self.sides.rows.iter().flatten().all(|row| !row.drawn)
    }
}
