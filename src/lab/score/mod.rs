//! An account of a run against what its causes really were.

pub mod experiment;
pub mod failing;
pub mod gate;
mod host;
mod percentile;
mod repeat;
mod row;
pub mod suite;
pub mod table;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::run::Run;
use super::scenario::Scenario;
use super::scenario::side::Tells;
use super::schedule::Turn;
use super::truth::Truth;
use crate::explain::account::{Account, Case};
use crate::explain::bridge::{self, BridgeError};
use crate::explain::cause::Cause;
use crate::explain::claim::materiality;
use crate::explain::question::{Question, Statistic};
use crate::explain::source::Source;
use crate::measurement::units::Micros;
use crate::measurement::wire::Record;
use experiment::only_cause;
use failing::{Failing, FailureScore, vanished};
use host::host_took;
use percentile::PercentileScore;
use row::MISSED;

pub use row::RowScore;

/// The rows in which time is that a side was held.
const HELD: [Cause; 4] = [Cause::Dns, Cause::Queueing, Cause::Transfer, Cause::Residual];
/// Of what is hidden, and at least: what may be in other rows.
const HIDDEN_ELSEWHERE: (f64, f64) = (0.1, 0.5);
/// A gap below this is none: shares of it mean nothing.
const GAP_MIN_MS: f64 = 1.0;

/// One run against its truth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Score {
    /// The scenario.
    pub scenario: String,
    /// In which nothing differs.
    pub null: bool,
    /// Whatever differs leaves signs where a probe can see them: not where packets are lost on their way to it, of which it can only see
    /// those that others wait behind.
    pub visible: bool,
    /// How often each side measured.
    pub rounds: u32,
    /// Where randomness started.
    pub seed: u64,
    /// By the account.
    pub gap_ms: f64,
    /// B less A of each round, failures counted as in [`Score::failure`]; absent where one of the two was not answered otherwise.
    #[serde(skip)]
    pub gaps_ms: Vec<Option<f64>>,
    /// Mean response times, A and B.
    pub means_ms: [f64; 2],
    /// How far the sum of the rows is from the gap.
    pub sum_error_ms: f64,
    /// Half of all errors: what lies in a wrong row.
    pub moved_ms: f64,
    /// What of the gap nobody injected.
    pub unaccounted_ms: f64,
    /// How much of the machine's processors its host took (steal) while requests were made, as a share; absent where the kernel does
    /// not say.
    pub host_took: Option<f64>,
    /// Requests that the account has neither as response times nor as failures, and those that were never answered and
    /// are no failures.
    pub vanished: u64,
    /// Row by row.
    pub rows: Vec<RowScore>,
    /// Where requests are made to fail: their row, with a failure counted as so much. No gate goes by it: account and truth count the
    /// same requests.
    pub failure: Option<FailureScore>,
    /// Where one cause differs: percentiles, of which all of the gap is its.
    pub percentiles: Vec<PercentileScore>,
    /// The largest cause is the largest in truth; absent where nothing is large enough to be missed.
    pub top: Option<bool>,
    /// The three largest likewise.
    pub top_three: Option<bool>,
    /// Where something is hidden: the residual's interval holds it, and where nothing else differs no other row moves by more
    /// than 0.5 ms and a tenth of it. Where a side is held: the account says that its rows
    /// are network, or stolen.
    pub honest: Option<bool>,
}

/// What a score needs of a truth file.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Injected {
    /// Where randomness started.
    pub seed: u64,
    /// Milliseconds of the gap by row.
    pub rows: BTreeMap<String, f64>,
    /// What of the gap nobody injected.
    pub unaccounted_ms: f64,
}

impl From<&Truth> for Injected {
    fn from(truth: &Truth) -> Self {
        let rows = truth.rows.iter().map(|(name, ms)| ((*name).to_owned(), *ms)).collect();
        Self { seed: truth.seed, rows, unaccounted_ms: truth.unaccounted_ms }
    }
}

/// What each request was to meet, and what was measured.
#[must_use]
pub fn measured(run: &Run) -> Vec<(Turn, &Record)> {
    run.asked.iter().map(|one| (one.turn, &one.record)).collect()
}

/// Both sides of a run as the account reads them.
#[must_use]
pub fn sources(measured: &[(Turn, &Record)]) -> [Source; 2] {
    let mut sources = [Source::default(), Source::default()];
    for (turn, record) in measured {
        sources[turn.side].add(&record.sample, &record.environment, None);
    }
    sources
}

/// Our probe beside A, where A shows its total only.
#[must_use]
pub fn bridge_of(scenario: &Scenario, run: &Run) -> Option<Source> {
    if scenario.sides[0].method.tells() != Tells::Total || run.beside[0].is_empty() {
        return None;
    }
    let mut bridge = Source::default();
    run.beside[0].iter().for_each(|record| bridge.add(&record.sample, &record.environment, None));
    Some(bridge)
}

/// Explains the means of a run, and scores that.
///
/// # Errors
/// A side has no response time.
pub fn score(
    scenario: &Scenario,
    truth: &Injected,
    measured: &[(Turn, &Record)],
    bridge: Option<Source>,
    rounds: u32,
) -> Result<Score, BridgeError> {
    let [a, b] = sources(measured);
    let question = Question::new(Statistic::Mean, truth.seed);
    let (account, case) = match bridge {
        Some(bridge) => (bridge::account(&a, bridge, b, &question)?, None),
        None => {
            let case = Case::new(a, b)?;
            (case.account(&question), Some(case))
        }
    };
    let failing = Failing::of(scenario, measured);
    let mut gaps_ms = vec![[None; 2]; rounds as usize];
    for (place, (turn, record)) in measured.iter().enumerate() {
        if let Some(round) = gaps_ms.get_mut(place / 2) {
            // What fails by accident is nobody's experiment.
            let counted = failing.filter(|_| failing::is_unanswered(turn)).map(|failing| failing.counts_as_ms);
            round[turn.side] = record.sample.latency().map(Micros::as_millis).or(counted);
        }
    }
    let gaps_ms = gaps_ms.into_iter().map(|[a, b]| Some(b? - a?)).collect();
    let failure = case.as_ref().zip(failing).map(|(case, failing)| failing.score(case, &question));
    let percentiles = match (case, only_cause(scenario)) {
        (Some(case), Some(cause)) => percentile::scores(&case, cause, &merged(scenario, &account), truth.seed),
        _ => Vec::new(),
    };
    let of = of(scenario, truth, &account, rounds);
    let (host_took, vanished) = (host_took(measured), vanished(measured, &account));
    Ok(Score { gaps_ms, percentiles, failure, host_took, vanished, ..of })
}

/// The rest holds what the account says that it holds, and what the scenario makes one with it.
fn merged(scenario: &Scenario, account: &Account) -> Vec<Cause> {
    let residual = account.rows.iter().find(|row| row.cause == Cause::Residual);
    let mut merged: Vec<Cause> = residual.map(|row| row.holds.clone()).unwrap_or_default();
    merged.extend(Cause::ALL.into_iter().filter(|cause| scenario.together.contains(&cause.as_str())));
    merged.push(Cause::Residual);
    merged.sort();
    merged.dedup();
    merged
}

fn of(scenario: &Scenario, truth: &Injected, account: &Account, rounds: u32) -> Score {
    let known = |cause: Cause| truth.rows.get(cause.as_str()).copied().unwrap_or(0.0);
    let merged = merged(scenario, account);
    let knows = |holds: &[Cause]| holds.iter().all(|cause| is_known(scenario, *cause));
    let mut rows = Vec::new();
    for cause in Cause::ALL.into_iter().filter(|cause| !matches!(cause, Cause::Dependence | Cause::Failure)) {
        let holds = match (cause, merged.contains(&cause)) {
            (Cause::Residual, _) => merged.clone(),
            (_, true) => continue,
            (_, false) => vec![cause],
        };
        let injected_ms: f64 = holds.iter().map(|cause| known(*cause)).sum();
        let rest_ms = if cause == Cause::Residual { truth.unaccounted_ms } else { 0.0 };
        let truth_ms = injected_ms + rest_ms;
        let known = knows(&holds);
        rows.push(RowScore::of(account, cause, holds, known, [injected_ms, truth_ms]));
    }
    let wrong: f64 = rows.iter().filter(|row| row.known).map(|row| (row.found_ms - row.truth_ms).abs()).sum();
    let large = rows.iter().all(|row| row.known) && rows.iter().any(|row| row.truth_ms.abs() >= MISSED.0);
    let hidden = known(Cause::Residual).abs() >= GAP_MIN_MS && scenario.together.is_empty();
    let within = || {
        let rest = rows.iter().find(|row| row.cause == Cause::Residual && hidden)?;
        let alone = only_cause(scenario) == Some(Cause::Residual);
        let most = HIDDEN_ELSEWHERE.1.max(HIDDEN_ELSEWHERE.0 * rest.injected_ms.abs());
        let moved = |row: &RowScore| row.cause != Cause::Residual && (row.found_ms - row.truth_ms).abs() > most;
        let [lower, upper] = rest.interval_ms?;
        Some((lower..=upper).contains(&rest.injected_ms) && !(alone && rows.iter().any(moved)))
    };
    let honest = if scenario.sides.iter().any(|side| side.held_ms.is_some_and(|held| held.0 > 0.0)) {
        Some(account.rows.iter().filter(|row| HELD.contains(&row.cause)).all(|row| row.or_stolen))
    } else {
        within()
    };
    Score {
        scenario: scenario.name.clone(),
        null: scenario.is_null(),
        visible: scenario.sides.iter().all(|side| side.path.loss_in.0 <= 0.0),
        rounds,
        seed: truth.seed,
        gap_ms: account.gap_ms,
        gaps_ms: Vec::new(),
        means_ms: account.values_ms,
        sum_error_ms: (account.rows.iter().map(|row| row.ms).sum::<f64>() - account.gap_ms).abs(),
        moved_ms: wrong / 2.0,
        unaccounted_ms: truth.unaccounted_ms,
        host_took: None,
        vanished: 0,
        failure: None,
        top: large.then(|| among(&rows, 1, materiality(account.gap_ms))),
        top_three: large.then(|| among(&rows, 3, materiality(account.gap_ms))),
        honest,
        rows,
        percentiles: Vec::new(),
    }
}

/// Whether what was injected is all that a row can hold: not where another program shows its total only, whose own work
/// may be in any row, nor in the rows of own work where one shows phases.
fn is_known(scenario: &Scenario, cause: Cause) -> bool {
    let own = matches!(cause, Cause::Definition | Cause::Cpu | Cause::Scheduling | Cause::Cold | Cause::Residual);
    scenario.sides.iter().all(|side| match side.method.tells() {
        Tells::Work => true,
        Tells::Phases => !own,
        Tells::Total => false,
    })
}

/// The `most` largest by the account are the largest in truth; those that differ immaterially may change places.
fn among(rows: &[RowScore], most: usize, material: f64) -> bool {
    let mut by_truth: Vec<f64> = rows.iter().map(|row| row.truth_ms.abs()).collect();
    by_truth.sort_by(|x, y| y.total_cmp(x));
    let least = by_truth.get(most - 1).copied().unwrap_or(0.0) - material;
    let mut by_found: Vec<&RowScore> = rows.iter().collect();
    by_found.sort_by(|x, y| y.found_ms.abs().total_cmp(&x.found_ms.abs()));
    by_found.iter().take(most).all(|row| row.truth_ms.abs() >= least)
}

impl Score {
    /// All rows, that of failures among them.
    fn all_rows(&self) -> impl Iterator<Item = &RowScore> {
        self.rows.iter().chain(self.failure.iter().map(|failure| &failure.row))
    }

    /// The share of the gap that lies in a wrong row; absent where there is no gap.
    #[must_use]
    pub fn misattribution(&self) -> Option<f64> {
        (!self.null && self.gap_ms.abs() >= GAP_MIN_MS).then(|| self.moved_ms / self.gap_ms.abs())
    }

    /// How many of the rows are so, of how many it could be.
    pub(super) fn count(&self, is: impl Fn(&RowScore) -> Option<bool>) -> (usize, usize) {
        let all: Vec<bool> = self.rows.iter().filter_map(is).collect();
        (all.iter().filter(|yes| **yes).count(), all.len())
    }
}

#[cfg(test)]
mod example {
    use super::*;

    /// A row of `dns` with something in it, found as it is.
    pub(super) fn row() -> RowScore {
        RowScore {
            cause: Cause::Dns,
            holds: vec![Cause::Dns],
            known: true,
            injected_ms: 1.0,
            truth_ms: 1.0,
            found_ms: 1.0,
            interval_ms: Some([0.0, 2.0]),
            covered: Some(true),
            claimed: true,
            falsely: None,
            missed: Some(false),
        }
    }

    /// A run with a gap of 100 ms, all of it in its rows.
    pub(super) fn score(scenario: &str, seed: u64, rows: Vec<RowScore>) -> Score {
        Score {
            scenario: scenario.to_owned(),
            null: false,
            visible: true,
            rounds: 240,
            seed,
            gap_ms: 100.0,
            gaps_ms: Vec::new(),
            means_ms: [100.0, 200.0],
            sum_error_ms: 0.0,
            moved_ms: 0.0,
            unaccounted_ms: 0.0,
            host_took: Some(0.02),
            vanished: 0,
            failure: None,
            rows,
            percentiles: Vec::new(),
            top: Some(true),
            top_three: Some(true),
            honest: None,
        }
    }
}
