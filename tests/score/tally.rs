//! What is counted while worlds are run, and what the counts amount to.

use std::collections::BTreeMap;

use parallax::explain::cause::Cause;
use parallax::statistics::proportion::Proportion;

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Share {
    pub yes: u64,
    pub all: u64,
}

impl Share {
    pub fn count(&mut self, yes: bool) {
        self.yes += u64::from(yes);
        self.all += 1;
    }

    /// Absent where nothing was counted.
    pub fn value(self) -> Option<f64> {
        (self.all > 0).then(|| self.yes as f64 / self.all as f64)
    }

    /// Wilson's 95 % interval.
    pub fn interval(self) -> Option<(f64, f64)> {
        Proportion::of(self.yes, self.all).map(|share| (share.lower, share.upper))
    }

    pub fn and(self, other: Self) -> Self {
        Self { yes: self.yes + other.yes, all: self.all + other.all }
    }
}

/// A mean in the making.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mean {
    sum: f64,
    count: f64,
}

impl Mean {
    pub fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1.0;
    }

    /// 0 where nothing was added.
    pub fn value(self) -> f64 {
        self.sum / self.count.max(1.0)
    }

    pub fn and(self, other: Self) -> Self {
        Self { sum: self.sum + other.sum, count: self.count + other.count }
    }
}

/// One row of the account over all runs of a world.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Row {
    pub truth: Mean,
    pub error: Mean,
    /// Estimate less truth.
    pub bias: Mean,
    pub half: Mean,
    /// (u − l) + 40·(how far the truth lies outside): a 95 % interval that is never right does not win by being wide.
    pub interval_score: Mean,
    pub covered: Share,
    /// The same, where the row is not empty.
    pub at_work: Share,
    /// Claimed where there is nothing.
    pub falsely: Share,
    /// Not claimed where there is at least 5 ms and 5 % of the gap.
    pub missed: Share,
}

/// A world's score.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    pub runs: u64,
    pub gap: Mean,
    pub rows: BTreeMap<Cause, Row>,
    /// Half of all errors over the gap, each run.
    pub misattributed: Vec<f64>,
    /// Half of all errors, each run, milliseconds.
    pub moved: Vec<f64>,
    /// By what befell the samples, where something large did.
    pub top: Share,
    /// By the means of the world.
    pub top_in_the_long_run: Share,
    /// By the means of the world.
    pub top_three: Share,
    /// The largest distance between the gap and the sum of the rows, also before rounding was given to one of them.
    pub sum_error: f64,
    /// Runs without intervals, because the samples were too few for any.
    pub without_interval: u64,
    /// The residual's interval holds what was hidden, and no other row moved by more than max(0.5 ms, 10 %).
    pub honest: Share,
    /// Failures were counted and not averaged.
    pub failed: Mean,
}

/// The value below which a share of the values lies; 0 of none.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(((sorted.len() as f64 * share) as usize).min(sorted.len().saturating_sub(1))).copied().unwrap_or(0.0)
}

impl Tally {
    pub fn covered(&self) -> Share {
        self.rows.values().fold(Share::default(), |sum, row| sum.and(row.covered))
    }

    pub fn missed(&self) -> Share {
        self.rows.values().fold(Share::default(), |sum, row| sum.and(row.missed))
    }

    pub fn interval_score(&self) -> f64 {
        self.rows.values().fold(Mean::default(), |sum, row| sum.and(row.interval_score)).value()
    }

    /// The row that is least often covered.
    pub fn worst(&self) -> Option<(Cause, f64)> {
        let shares = self.rows.iter().filter_map(|(cause, row)| Some((*cause, row.covered.value()?)));
        shares.min_by(|x, y| x.1.total_cmp(&y.1))
    }

    /// The row that is most often claimed where there is nothing.
    pub fn most_false(&self) -> Option<(Cause, f64)> {
        let shares = self.rows.iter().filter_map(|(cause, row)| Some((*cause, row.falsely.value()?)));
        shares.max_by(|x, y| x.1.total_cmp(&y.1))
    }

    /// Mean misattribution, as a share of the gap.
    pub fn misattribution(&self) -> f64 {
        self.misattributed.iter().sum::<f64>() / self.misattributed.len().max(1) as f64
    }

    /// Mean of what lies in a wrong row, milliseconds.
    pub fn moved_ms(&self) -> f64 {
        self.moved.iter().sum::<f64>() / self.moved.len().max(1) as f64
    }
}
