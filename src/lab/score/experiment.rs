//! Truth by experiment: the same scenario once more with one factor as it stands for both sides. What the gap loses by
//! that is what the factor made of it, by no arithmetic of rows: not the explainer's, and not the lab's own.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{RowScore, Score};
use crate::explain::cause::Cause;
use crate::lab::scenario::{Scenario, variant};
use crate::statistics::student::t_975;

/// Rounds next to each other are alike, so that their means vary as they do, and more honestly than they seem to.
const BATCHES_MAX: usize = 20;
/// Fewer say nothing of how they vary.
const BATCHES_MIN: usize = 4;

/// In which row each key's cause is.
const ROWS: [(&str, Cause); 30] = [
    ("accept_gzip", Cause::Transfer),
    ("at_peak", Cause::Timing),
    ("cold", Cause::Cold),
    ("held_ms", Cause::Residual),
    ("memory_mb", Cause::Scheduling),
    ("path.delay_ms", Cause::Distance),
    ("path.jitter_ms", Cause::Queueing),
    ("path.loss_in", Cause::Loss),
    ("path.loss_out", Cause::Loss),
    ("path.rate_mbit", Cause::Transfer),
    ("period_ms", Cause::Scheduling),
    ("resolver.dead_ipv6", Cause::Fallback),
    ("resolver.delay_ms", Cause::Dns),
    ("resolver.elsewhere", Cause::Distance),
    ("resolver.loss", Cause::Dns),
    ("resolver.search", Cause::Dns),
    ("resolver.spread_ms", Cause::Dns),
    ("site.body_kb", Cause::Transfer),
    ("site.compress", Cause::Transfer),
    ("site.dropped", Cause::Failure),
    ("site.hidden_ms", Cause::Residual),
    ("site.intermediates", Cause::Cpu),
    ("site.keep_open", Cause::Reuse),
    ("site.miss", Cause::Cdn),
    ("site.miss_on_redirect", Cause::Dependence),
    ("site.redirect", Cause::Redirect),
    ("site.server_timing", Cause::Server),
    ("site.silent", Cause::Failure),
    ("site.think_ms", Cause::Server),
    ("site.tls", Cause::TlsVersion),
];
/// These add the same whatever else differs, so that one of several causes can be taken back alone.
const ADDITIVE: [Cause; 3] = [Cause::Server, Cause::Residual, Cause::Cdn];

/// A factor of a scenario, and the row that it fills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Factor {
    /// The row.
    pub cause: Cause,
    /// The scenario without it, by its name.
    pub without: String,
}

/// The row of each key that differs; absent where one of them may change any row.
fn causes(scenario: &Scenario) -> Option<Vec<(&str, Cause)>> {
    let cause = |key: &str| ROWS.iter().find(|(known, _)| *known == key).map(|(_, cause)| *cause);
    scenario.toggled.iter().map(|key| Some((key.as_str(), cause(key)?))).collect()
}

/// The one cause that differs; absent where there are several, or none.
#[must_use]
pub fn only_cause(scenario: &Scenario) -> Option<Cause> {
    let mut all: Vec<Cause> = causes(scenario)?.into_iter().map(|(_, cause)| cause).collect();
    all.sort();
    all.dedup();
    if let [only] = all[..] { Some(only) } else { None }
}

/// What can be found out of a scenario in this way: the one cause that it has, or those of several that add up.
#[must_use]
pub fn factors(scenario: &Scenario) -> Vec<Factor> {
    // A key that no row stands for may change any of them; of two files together, each would have to be named; and what
    // has a factor reset is an experiment already.
    let is_tried = scenario.name.contains('+') || variant::is_without(&scenario.name);
    let Some(keys) = causes(scenario).filter(|_| !is_tried) else { return Vec::new() };
    let mut causes: Vec<Cause> = keys.iter().map(|(_, cause)| *cause).collect();
    causes.sort();
    causes.dedup();
    let alone = causes.len() == 1;
    let of = |cause: Cause| {
        let own: Vec<&str> = keys.iter().filter(|(_, other)| *other == cause).map(|(key, _)| *key).collect();
        Factor { cause, without: variant::without(&scenario.name, &own) }
    };
    // What comes together is no matter of a mean.
    causes.retain(|cause| *cause != Cause::Dependence);
    causes.into_iter().filter(|cause| alone || ADDITIVE.contains(cause)).map(of).collect()
}

/// Two causes, each alone and neither: the four runs that a pair is an experiment with.
struct Square {
    /// Either cause, and the scenario in which the other is alone.
    sides: [(Cause, Scenario); 2],
    neither: Scenario,
}

/// Of a pair of scenarios with one cause each, which leave all else alike.
fn square(name: &str) -> Option<Square> {
    let (one, other) = name.split_once('+')?;
    let of = |name: &str| {
        let scenario = Scenario::named(name).ok()?;
        let [Factor { cause, without }] = &factors(&scenario)[..] else { return None };
        Some((*cause, Scenario::named(without).ok()?, scenario))
    };
    let ((x, without_x, one), (y, without_y, other)) = (of(one)?, of(other)?);
    let alike = without_x.sides == without_y.sides && x != y;
    alike.then_some(Square { sides: [(x, other), (y, one)], neither: without_x })
}

/// What one factor was found to make, milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The scenario.
    pub scenario: String,
    /// The run that has the factor reset; runs of equal sides are one. Of a pair it is the other cause alone, and the effect the mean
    /// of that with it and that without.
    pub without: String,
    /// Where randomness started in both, so that each round meets the same conditions in both.
    pub seed: u64,
    /// Rounds that both runs have.
    pub rounds: usize,
    /// The row, and those that cannot be told from it.
    pub rows: Vec<Cause>,
    /// Rounds of the scenario.
    pub of_rounds: u32,
    /// Its gap, of the means of both sides.
    pub gap_ms: f64,
    /// What the gap loses without the factor.
    pub effect_ms: f64,
    /// Its standard error.
    pub error_ms: f64,
    /// Half of its 95 % interval.
    pub half_ms: f64,
    /// What was injected, by the accounts of those who did.
    pub truth_ms: f64,
    /// What the account of the whole scenario says.
    pub found_ms: f64,
    /// Half of its 95 % interval; absent where it has none.
    pub found_half_ms: Option<f64>,
    /// The two differ by no more than both are unsure; absent without an interval.
    pub agrees: Option<bool>,
}

/// Of all scenarios of which all runs are there.
#[must_use]
pub fn findings(scores: &[Score]) -> Vec<Finding> {
    let mut found = Vec::new();
    for score in scores {
        let Ok(scenario) = Scenario::named(&score.scenario) else { continue };
        let like = |reset: &Scenario| {
            let alike = |other: &&Score| {
                (other.seed, other.rounds) == (score.seed, score.rounds)
                    && Scenario::named(&other.scenario).is_ok_and(|other| other.sides == reset.sides)
            };
            scores.iter().find(alike)
        };
        for factor in factors(&scenario) {
            let Ok(reset) = Scenario::named(&factor.without) else { continue };
            found.extend(like(&reset).and_then(|other| finding(score, other, None, factor.cause)));
        }
        let Some(Square { sides, neither }) = square(&score.scenario) else { continue };
        let [(x, y_alone), (y, x_alone)] = sides.map(|(cause, other)| (cause, like(&other)));
        let (Some(x_alone), Some(y_alone), Some(neither)) = (x_alone, y_alone, like(&neither)) else { continue };
        found.extend(finding(score, y_alone, Some([x_alone, neither]), x));
        found.extend(finding(score, x_alone, Some([y_alone, neither]), y));
    }
    found
}

/// What the gap loses without a cause; where another differs too, on average with that (`score`, `without`) and without it
/// (`alone`).
fn finding(score: &Score, without: &Score, alone: Option<[&Score; 2]>, cause: Cause) -> Option<Finding> {
    let row: &RowScore = score.all_rows().find(|row| row.holds.contains(&cause))?;
    let change = |with: &Score, without: &Score| -> Vec<Option<f64>> {
        let both = with.gaps_ms.iter().zip(&without.gaps_ms);
        both.map(|(with, without)| Some((*with)? - (*without)?)).collect()
    };
    let mut lost = change(score, without);
    if let Some([with, without]) = alone {
        for (lost, alone) in lost.iter_mut().zip(change(with, without)) {
            *lost = lost.zip(alone).map(|(lost, alone)| f64::midpoint(lost, alone));
        }
    }
    let lost: Vec<f64> = lost.into_iter().flatten().collect();
    let (effect_ms, error_ms, half_ms) = of_batches(&lost)?;
    let found_half_ms = row.interval_ms.map(|[lower, upper]| (upper - lower) / 2.0);
    Some(Finding {
        scenario: score.scenario.clone(),
        without: without.scenario.clone(),
        seed: score.seed,
        rounds: lost.len(),
        rows: row.holds.clone(),
        of_rounds: score.rounds,
        gap_ms: score.gap_ms,
        effect_ms,
        error_ms,
        half_ms,
        truth_ms: row.injected_ms,
        found_ms: row.found_ms,
        found_half_ms,
        agrees: found_half_ms.map(|half| (row.found_ms - effect_ms).abs() <= half.hypot(half_ms)),
    })
}

/// Mean, standard error, and half of a 95 % interval, from means of batches of neighbours.
fn of_batches(values: &[f64]) -> Option<(f64, f64, f64)> {
    let batches = values.len().min(BATCHES_MAX);
    if batches < BATCHES_MIN {
        return None;
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let of = |batch: usize| mean(&values[batch * values.len() / batches..(batch + 1) * values.len() / batches]);
    let means: Vec<f64> = (0..batches).map(of).collect();
    let (count, centre) = (batches as f64, mean(&means));
    let variance = means.iter().map(|mean| (mean - centre).powi(2)).sum::<f64>() / (count - 1.0);
    let error = (variance / count).sqrt();
    Some((mean(values), error, t_975(count - 1.0) * error))
}

/// How many agree, of how many that have an interval.
#[must_use]
pub fn agreeing(findings: &[Finding]) -> (usize, usize) {
    let all: Vec<bool> = findings.iter().filter_map(|finding| finding.agrees).collect();
    (all.iter().filter(|agrees| **agrees).count(), all.len())
}

/// By how much rows and experiments differ, as a share of the gaps of their runs; absent where there was no experiment. What is made to
/// fail is drawn, and no measure of anything.
#[must_use]
pub fn off(findings: &[Finding]) -> Option<f64> {
    let measured = || findings.iter().filter(|one| one.rows != [Cause::Failure]);
    let runs: BTreeMap<(&str, u64, u32), f64> =
        measured().map(|one| ((one.scenario.as_str(), one.seed, one.of_rounds), one.gap_ms.abs())).collect();
    let gaps: f64 = runs.into_values().sum();
    (gaps > 0.0).then(|| measured().map(|one| (one.found_ms - one.effect_ms).abs()).sum::<f64>() / gaps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::scenario::NAMES;
    use crate::lab::score::example;

    fn of(name: &str) -> Vec<(Cause, String)> {
        let factors = factors(&Scenario::named(name).unwrap());
        factors.into_iter().map(|factor| (factor.cause, factor.without)).collect()
    }

    #[test]
    fn every_key_of_a_scenario_that_is_scored_stands_for_a_row() {
        for name in NAMES {
            let scenario = Scenario::named(name).unwrap();
            let of_none = |key: &&String| ROWS.iter().all(|(known, _)| known != key);
            let strange: Vec<&String> = scenario.toggled.iter().filter(of_none).collect();
            // Two programs of ours are no factor that could be reset.
            let are_programs = scenario.is_of_monitors() || strange == ["method"];
            assert!(are_programs || strange.is_empty(), "{name}: {strange:?}");
        }
    }

    #[test]
    fn a_cause_alone_is_taken_back_whole_and_of_several_those_that_add_up() {
        assert_eq!(of("distance"), [(Cause::Distance, "distance:without-path.delay_ms".to_owned())]);
        assert_eq!(of("dns"), [(Cause::Dns, "dns:without-resolver.delay_ms,resolver.spread_ms".to_owned())]);
        assert_eq!(of("tls-version:small"), [(Cause::TlsVersion, "tls-version:small:without-site.tls".to_owned())]);
        let several: Vec<Cause> = of("all-at-once").into_iter().map(|(cause, _)| cause).collect();
        assert_eq!(several, [Cause::Cdn, Cause::Server, Cause::Residual]);
        for none in
            ["null", "null-busy", "dependence", "small-function", "distance+dns", "all-at-once:without-site.miss"]
        {
            assert_eq!(of(none), [], "{none}");
        }
        let named = NAMES.iter().filter(|name| !of(name).is_empty());
        assert!(named.count() >= 20);
    }

    #[test]
    fn without_its_factor_a_scenario_of_one_cause_is_one_in_which_nothing_differs() {
        for name in NAMES.iter().filter(|name| **name != "all-at-once") {
            for (_, without) in of(name) {
                assert!(Scenario::named(&without).unwrap().is_null(), "{without}");
            }
        }
    }

    #[test]
    fn neighbours_that_are_alike_are_not_taken_for_many() {
        let alike: Vec<f64> = (0..240).map(|round| f64::from(round / 60 % 2) * 2.0 - 1.0).collect();
        let (mean, error, half) = of_batches(&alike).unwrap();
        assert!(mean.abs() < 1e-12 && error > 3.0 / 240_f64.sqrt() && half > 2.0 * error, "{error}");
        assert_eq!(of_batches(&[1.0; 3]), None);
        assert_eq!(of_batches(&[2.5; 7]), Some((2.5, 0.0, 0.0)));
    }

    fn score(scenario: &str, gaps: &[f64], found: f64, half: f64) -> Score {
        let interval_ms = Some([found - half, found + half]);
        let (cause, holds) = (Cause::Distance, vec![Cause::Distance]);
        let row = RowScore { cause, holds, injected_ms: 60.0, found_ms: found, interval_ms, ..example::row() };
        let gaps_ms = gaps.iter().copied().map(Some).collect();
        Score { rounds: 8, gap_ms: 60.0, gaps_ms, ..example::score(scenario, 1, vec![row]) }
    }

    #[test]
    fn the_cause_of_a_scenario_is_one_where_all_keys_are_of_one_row() {
        let of = |name: &str| only_cause(&Scenario::named(name).unwrap());
        assert_eq!(of("distance"), Some(Cause::Distance));
        assert_eq!(of("hidden:large"), Some(Cause::Residual));
        assert_eq!([of("null"), of("all-at-once"), of("distance+dns")], [None; 3]);
    }

    #[test]
    fn what_the_gap_loses_is_found_in_the_run_of_equal_sides_and_compared_with_the_row() {
        let with = [61.0, 59.0, 62.0, 58.0, 61.0, 59.0, 62.0, 58.0];
        let without = [0.5, -0.5, 1.0, -1.0, 0.5, -0.5, 1.0, -1.0];
        // `distance` without its factor is `null`, seed by seed.
        let found = |row: f64, seed| {
            let other = Score { seed, ..score("null", &without, 0.0, 1.0) };
            findings(&[score("distance", &with, row, 1.0), other])
        };
        let one = &found(60.5, 1)[0];
        assert_eq!((one.without.as_str(), one.rounds, one.effect_ms, one.agrees), ("null", 8, 60.0, Some(true)));
        assert!(one.error_ms > 0.0 && one.half_ms > 2.0 * one.error_ms);
        assert_eq!(found(70.0, 1)[0].agrees, Some(false));
        assert_eq!(found(60.5, 2), [], "another seed met other conditions");
        let both = [found(60.5, 1), found(70.0, 1)].concat();
        assert_eq!(agreeing(&both), (1, 2));
        assert_eq!((one.gap_ms, off(&both), off(&[])), (60.0, Some((0.5 + 10.0) / 60.0), None), "one run, twice");
        let other = Finding { seed: 2, ..one.clone() };
        let failed = Finding { rows: vec![Cause::Failure], seed: 3, gap_ms: 900.0, ..one.clone() };
        assert_eq!(off(&[one.clone(), other, failed.clone()]), Some(1.0 / 120.0));
        assert_eq!(off(&[failed]), None);
    }

    #[test]
    fn a_pair_is_a_square_of_four_runs_and_what_both_make_together_is_shared_evenly() {
        let causes = |name: &str| square(name).map(|square| square.sides.map(|(cause, other)| (cause, other.name)));
        assert_eq!(
            causes("distance+redirect"),
            Some([(Cause::Distance, "redirect".to_owned()), (Cause::Redirect, "distance".to_owned())])
        );
        let none = ["distance", "scheduling+distance", "null", "distance+points-of-presence"];
        assert!(none.iter().all(|name| causes(name).is_none()), "other work, one row, or no pair");
        let level = |scenario: &str, ms: f64| score(scenario, &[ms; 8], 70.0, 1.0);
        let runs =
            [level("distance+redirect", 100.0), level("distance", 60.0), level("redirect", 20.0), level("null", 2.0)];
        let found = findings(&runs);
        let one = found.iter().find(|one| one.scenario == "distance+redirect").unwrap();
        assert_eq!((one.effect_ms, one.without.as_str(), one.agrees), (69.0, "redirect", Some(true)));
        assert!(findings(&runs[..3]).iter().all(|one| one.scenario != "distance+redirect"), "neither is not there");
    }
}
