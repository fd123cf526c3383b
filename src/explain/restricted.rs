//! The restricted mean: failures count as a time that the user names, and the gap has a row for them.
//!
//! A side that fails with the share p and otherwise takes T on average has `(1 − p) T + p τ`. Both factors differ, so the
//! difference is divided as any product is (Kitagawa): what explains the gap of the answered requests counts by the mean
//! share of answers, and the difference of the failure rates by what a failure costs beyond an answer. A failed request
//! is worth τ whole: what it had done until then is not told apart.

use std::collections::BTreeMap;

use crate::statistics::interval::Interval;

use super::account::Account;
use super::cause::Cause;
use super::cause_row::{CauseRow, Label};
use super::claim::{Bar, Claim};
use super::evidence::{Fact, Unit};
use super::interval::INSTRUMENT_MS;
use super::verdict::Hypothesis;

/// Turns an account of the mean of answered requests into that of all requests, a failure counting as `failure_ms`.
pub(super) fn restrict(account: &mut Account, failure_ms: f64) {
    let failures = &account.failures;
    let rate = [0, 1].map(|g| {
        let (failed, answered) = (failures.failed[g] as f64, account.samples[g] as f64);
        failed / (failed + answered).max(1.0)
    });
    let answered = 1.0 - f64::midpoint(rate[0], rate[1]);
    let costs = failure_ms - f64::midpoint(account.values_ms[0], account.values_ms[1]);
    let difference = rate[1] - rate[0];
    let own = failures.interval.and_then(|ends| ends.lower.zip(ends.upper)).map(|(lower, upper)| {
        let ends = [lower * costs, upper * costs];
        Interval::closed(ends[0].min(ends[1]) - INSTRUMENT_MS, ends[0].max(ends[1]) + INSTRUMENT_MS)
    });
    account.values_ms = [0, 1].map(|g| (1.0 - rate[g]) * account.values_ms[g] + rate[g] * failure_ms);
    account.gap_ms = account.values_ms[1] - account.values_ms[0];
    let gap = account.gap_ms;
    let scaled = |interval: Option<Interval>| interval.map(|interval| interval.scaled(answered));
    let half = |interval: Option<Interval>| interval.and_then(|i| i.lower.zip(i.upper)).map(|(x, y)| (y - x) / 2.0);
    account.gap_interval_ms = half(scaled(account.gap_interval_ms)).zip(half(own)).map(|(x, y)| {
        let half = x.hypot(y);
        Interval::closed(gap - half, gap + half)
    });
    for row in &mut account.rows {
        row.ms *= answered;
        row.interval_ms = scaled(row.interval_ms);
        row.by_phase.iter_mut().for_each(|part| part.ms *= answered);
    }
    if difference != 0.0 {
        let at = account.rows.iter().position(|row| row.cause > Cause::Failure).unwrap_or(account.rows.len());
        let rates = Fact { what: "failed requests", unit: Unit::Share, a: Some(rate[0]), b: Some(rate[1]) };
        let mut causes = BTreeMap::<&'static str, [u64; 2]>::new();
        for one in &failures.failed_in {
            let sum = causes.entry(one.cause).or_default();
            *sum = [sum[0] + one.a, sum[1] + one.b];
        }
        let cause = |(what, [a, b]): (&'static str, [u64; 2])| Fact {
            what,
            unit: Unit::Count,
            a: Some(a as f64),
            b: Some(b as f64),
        };
        account.rows.insert(
            at,
            CauseRow {
                cause: Cause::Failure,
                holds: vec![Cause::Failure],
                label: Label::Plain,
                ms: difference * costs,
                interval_ms: own.filter(|_| account.no_interval.is_none()),
                share: None,
                claim: Claim::Undecided,
                by_luck: None,
                one_sided: false,
                or_stolen: false,
                evidence: std::iter::once(rates).chain(causes.into_iter().map(cause)).collect(),
                by_phase: Vec::new(),
            },
        );
    }
    let over = gap - account.rows.iter().map(|row| row.ms).sum::<f64>();
    let bar = Bar::of(gap, account.basis.map_or(1.0, |basis| basis.degrees));
    for row in &mut account.rows {
        if row.cause == Cause::Residual {
            row.ms += over;
            account.unexplained_ms = row.ms;
        }
        row.share = (gap.abs() > INSTRUMENT_MS).then(|| row.ms / gap);
        row.claim = bar.claim_beside(row.ms, row.interval_ms, row.by_luck);
    }
    for verdict in &mut account.verdicts {
        verdict.ms = verdict.ms.map(|ms| ms * answered);
        verdict.interval_ms = scaled(verdict.interval_ms);
        // What was left open for another reason than numbers stays open.
        if let Some(ms) =
            verdict.ms.filter(|_| verdict.claim != Claim::Undecided || verdict.hypothesis != Hypothesis::CpuShare)
        {
            verdict.claim = bar.claim(ms, verdict.interval_ms);
        }
    }
}
