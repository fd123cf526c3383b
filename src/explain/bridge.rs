//! A probe beside a monitor that shows its total only: the bridge.
//!
//! `B − A = (B − A′) + (A′ − A)` with A′ our probe in A's place. The first bracket has a full account; the second is what
//! the way of measuring makes of the same page at the same place and time, and goes to the row `definition`. It is
//! estimated from pairs that are close in time; what unpaired samples add is a matter of sampling times.

use crate::statistics::block_length::memory;
use crate::statistics::interval::Interval;
use crate::statistics::student::t_975;

use super::account::{Account, Basis, Case};
use super::cause::Cause;
use super::cause_row::{CauseRow, Label};
use super::claim::Bar;
use super::evidence::{Fact, Unit};
use super::interval::{INSTRUMENT_MS, NoInterval, SAMPLES_MIN};
use super::ledger::Row;
use super::plausibility;
use super::question::{Question, Statistic};
use super::replicate::spacing;
use super::source::{FailureGap, Source};
use super::verdict::Hypothesis;

/// Batches of pairs: few enough to hold the series' memory, enough for a t quantile.
const BATCHES: usize = 12;

/// Why a bridge bears nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BridgeError {
    /// No two samples are close in time.
    #[error("no sample of the bridge is close in time to one of the source beside it; run both on the same grid")]
    NoPairs,
    /// Only means can be bridged: percentiles of pairs are not pairs of percentiles.
    #[error("a bridge explains means only; ask for --statistic mean")]
    NotTheMean,
    /// The bridge and the other source cannot be compared.
    #[error("the bridge, which stands for A, and B: {0}")]
    Sides(#[from] super::sides::SidesError),
}

/// The account of the means of `a` (totals only) and `b`, over `bridge`, a full source beside `a`.
///
/// # Errors
/// See [`BridgeError`].
pub fn account(a: &Source, bridge: Source, b: Source, question: &Question) -> Result<Account, BridgeError> {
    if question.statistic != Statistic::Mean {
        return Err(BridgeError::NotTheMean);
    }
    let pairs = pairs(&a.rows, &bridge.rows);
    if pairs.is_empty() {
        return Err(BridgeError::NoPairs);
    }
    let differences: Vec<f64> = pairs.iter().map(|[total, bridge]| bridge - total).collect();
    let paired = [0, 1].map(|side| pairs.iter().map(|pair| pair[side]).sum::<f64>() / pairs.len() as f64);
    let evidence = vec![
        Fact {
            what: "monitor and our probe in the same slots",
            unit: Unit::Ms,
            a: Some(paired[0]),
            b: Some(paired[1]),
        },
        Fact { what: "pairs", unit: Unit::Count, a: Some(pairs.len() as f64), b: None },
    ];
    let failures = FailureGap::of(a, &b);
    let unit = plausibility::beside(&a.rows, &bridge.rows);
    let bridge_luck = luck(bridge.rows.iter().map(|row| row.total), pairs.len());
    let mut account = Case::new(bridge, b)?.account(question);
    let mean = |values: &mut dyn Iterator<Item = f64>| {
        let (sum, count) = values.fold((0.0, 0.0), |sum, value| (sum.0 + value, sum.1 + 1.0));
        sum / count
    };
    let method = mean(&mut differences.iter().copied());
    let at_a = mean(&mut a.rows.iter().map(|row| row.total));
    let unpaired = account.values_ms[0] - at_a - method;
    account.values_ms[0] = at_a;
    account.gap_ms = account.values_ms[1] - at_a;
    account.samples[0] = a.rows.len();
    account.failures = failures;
    account.warnings.extend(unit);
    let spread = half_width(&differences);
    if let (Err(why), None) = (spread, account.no_interval) {
        account.no_interval = Some(why);
        account.basis = None::<Basis>;
    }
    let wider = |interval: Option<Interval>, moved: f64| {
        let (lower, upper) = interval.and_then(|ends| ends.lower.zip(ends.upper))?;
        let half = ((upper - lower) / 2.0).hypot(spread.ok()?);
        let middle = f64::midpoint(lower, upper) + moved;
        Some(Interval::closed(middle - half, middle + half))
    };
    account.gap_interval_ms = wider(account.gap_interval_ms, method + unpaired);
    let gap = account.gap_ms;
    if let Some(work) = &mut account.own_work {
        // The bridge's, not the monitor's whose gap this is.
        work.of_gap_ms = None;
    }
    // Batches of pairs are a kind of cluster too, and the scarcer kind decides.
    let degrees = account.basis.map_or(1.0, |basis| basis.degrees).min(BATCHES as f64 - 1.0);
    let bar = Bar::of(gap, degrees);
    add(&mut account, Cause::Definition, method, &|interval| wider(interval, method));
    if let Some(row) = account.rows.iter_mut().find(|row| row.cause == Cause::Definition) {
        row.evidence = evidence;
    }
    // The monitor's samples without a partner are others than those with one: chance alone moves their mean.
    let chance = luck(a.rows.iter().map(|row| row.total), pairs.len()).hypot(bridge_luck);
    let by_chance = |interval: Option<Interval>| {
        let (lower, upper) = wider(interval, unpaired)?.lower.zip(wider(interval, unpaired)?.upper)?;
        let half = ((upper - lower) / 2.0).hypot(chance);
        let middle = f64::midpoint(lower, upper);
        Some(Interval::closed(middle - half, middle + half))
    };
    if unpaired != 0.0 {
        add(&mut account, Cause::Timing, unpaired, &by_chance);
    }
    for row in &mut account.rows {
        row.share = (gap.abs() > INSTRUMENT_MS).then(|| row.ms / gap);
        row.claim = bar.claim_beside(row.ms, row.interval_ms, row.by_luck);
    }
    for verdict in &mut account.verdicts {
        let moved = match verdict.hypothesis {
            Hypothesis::Method => method,
            Hypothesis::SampleTiming => unpaired,
            _ => 0.0,
        };
        if moved != 0.0 {
            verdict.ms = verdict.ms.map(|ms| ms + moved);
            verdict.interval_ms = match verdict.hypothesis {
                Hypothesis::SampleTiming => by_chance(verdict.interval_ms),
                _ => wider(verdict.interval_ms, moved),
            };
        }
        if let Some(ms) = verdict.ms.filter(|_| moved != 0.0) {
            verdict.claim = bar.claim(ms, verdict.interval_ms);
        }
    }
    Ok(account)
}

/// How far the mean of some of these values, drawn by lot, is from the mean of all: 95 %.
fn luck(values: impl Iterator<Item = f64>, drawn: usize) -> f64 {
    let values: Vec<f64> = values.collect();
    let (all, drawn) = (values.len() as f64, drawn as f64);
    if all < 2.0 || drawn < 2.0 || drawn >= all {
        return 0.0;
    }
    let mean = values.iter().sum::<f64>() / all;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (all - 1.0);
    t_975(drawn - 1.0) * (variance * (1.0 / drawn - 1.0 / all)).sqrt()
}

/// Adds to a row, which is made where the account had none.
fn add(account: &mut Account, cause: Cause, ms: f64, moved: &dyn Fn(Option<Interval>) -> Option<Interval>) {
    if let Some(row) = account.rows.iter_mut().find(|row| row.cause == cause) {
        row.ms += ms;
        row.interval_ms = moved(row.interval_ms);
        return;
    }
    let at = account.rows.iter().position(|row| row.cause > cause).unwrap_or(account.rows.len());
    // A row that is not there is nothing, as sure as the instrument is.
    let nothing = account.no_interval.is_none().then_some(Interval::closed(-INSTRUMENT_MS, INSTRUMENT_MS));
    let interval_ms = moved(nothing);
    account.rows.insert(
        at,
        CauseRow {
            cause,
            holds: vec![cause],
            label: Label::Plain,
            ms,
            interval_ms,
            share: None,
            claim: super::claim::Claim::Undecided,
            by_luck: None,
            one_sided: false,
            or_stolen: false,
            evidence: Vec::new(),
            by_phase: Vec::new(),
        },
    );
}

/// Total and bridge, for each pair within half of the shorter sampling interval; one to one, in order of time.
fn pairs(totals: &[Row], bridge: &[Row]) -> Vec<[f64; 2]> {
    let sorted = |rows: &[Row]| {
        let mut rows: Vec<(i64, u64, f64)> = rows.iter().map(|row| (row.at_ms, row.id, row.total)).collect();
        rows.sort_unstable_by_key(|row| (row.0, row.1));
        rows
    };
    let near = (spacing(totals).min(spacing(bridge)) / 2).max(1);
    let (totals, bridge) = (sorted(totals), sorted(bridge));
    let (mut found, mut next) = (Vec::new(), 0);
    for total in &totals {
        while next < bridge.len() && bridge[next].0 < total.0.saturating_sub(near) {
            next += 1;
        }
        // The next one may be nearer still.
        let distance = |at: usize| bridge.get(at).map_or(i64::MAX, |row| (row.0 - total.0).abs());
        while distance(next + 1) < distance(next) {
            next += 1;
        }
        if distance(next) <= near {
            found.push([total.2, bridge[next].2]);
            next += 1;
        }
    }
    found
}

/// Half of the 95 % interval of the mean difference, from means of batches of neighbours.
fn half_width(differences: &[f64]) -> Result<f64, NoInterval> {
    if differences.len() < SAMPLES_MIN {
        return Err(NoInterval::Samples { more: SAMPLES_MIN - differences.len() });
    }
    if let Some(more) = memory(differences).values_missing(differences.len()) {
        return Err(NoInterval::Autocorrelation { more });
    }
    let n = differences.len();
    let batch = |k: usize| &differences[k * n / BATCHES..(k + 1) * n / BATCHES];
    let means: Vec<f64> = (0..BATCHES).map(|k| batch(k).iter().sum::<f64>() / batch(k).len() as f64).collect();
    let count = BATCHES as f64;
    let mean = means.iter().sum::<f64>() / count;
    let variance = means.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    Ok(t_975(count - 1.0) * (variance / count).sqrt())
}
