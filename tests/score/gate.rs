//! The gates: what must hold, what is hoped for, and what was found.

use std::collections::BTreeMap;

use parallax::explain::cause::Cause;

use super::memory;
use super::percentiles::{self, LEVELS};
use super::tally::{Share, Tally, quantile};
use super::worlds::{Kind, World};

/// One target, met or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    pub what: &'static str,
    pub found: String,
    pub gate: &'static str,
    pub holds: bool,
    pub moonshot: &'static str,
    /// Absent where the moonshot asks for nothing more.
    pub reached: Option<bool>,
}

pub type Scored = [(World, Tally)];

fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// Of `kind` only.
fn of<'a>(scored: &'a Scored, kinds: &'static [Kind]) -> impl Iterator<Item = &'a (World, Tally)> {
    scored.iter().filter(move |(world, _)| kinds.contains(&world.kind))
}

const VISIBLE: &[Kind] = &[Kind::Whole, Kind::Null, Kind::Single, Kind::Pair];

/// By row, over all worlds in which everything is visible.
pub fn falsely(scored: &Scored) -> BTreeMap<Cause, Share> {
    let mut rows: BTreeMap<Cause, Share> = BTreeMap::new();
    for (_, tally) in of(scored, VISIBLE) {
        for (cause, row) in &tally.rows {
            let sum = rows.entry(*cause).or_default();
            *sum = sum.and(row.falsely);
        }
    }
    rows
}

fn largest(values: impl Iterator<Item = (String, f64)>) -> (String, f64) {
    values.fold((String::from("none"), 0.0), |most, one| if one.1 > most.1 { one } else { most })
}

/// Misattribution of the worlds with many causes and about so many requests.
fn misattribution(scored: &Scored, requests: u32) -> (String, f64) {
    let those = of(scored, &[Kind::Whole]).filter(|(world, _)| world.requests() == requests);
    largest(those.map(|(world, tally)| (world.name.clone(), tally.misattribution())))
}

pub fn of_mean(scored: &Scored) -> Vec<Target> {
    let sums = scored.iter().map(|(_, tally)| tally.sum_error).fold(0.0, f64::max);
    let large = misattribution(scored, 1_440);
    let small = misattribution(scored, 240);
    let visible = || of(scored, VISIBLE);
    let covered = visible().fold(Share::default(), |sum, (_, tally)| sum.and(tally.covered()));
    let overall = covered.value().unwrap_or(0.0);
    let worst = visible()
        .filter_map(|(world, tally)| tally.worst().map(|(cause, share)| (format!("{cause} in {}", world.name), share)))
        .fold((String::from("none"), 1.0), |least, one| if one.1 < least.1 { one } else { least });
    let falsely = falsely(scored);
    let false_row = largest(falsely.iter().map(|(cause, share)| (cause.to_string(), share.value().unwrap_or(0.0))));
    let missed = visible().fold(Share::default(), |sum, (_, tally)| sum.and(tally.missed())).value().unwrap_or(0.0);
    // Where the largest cause is at least as large as one that may not be missed.
    let large_ms = |tally: &Tally| tally.rows.values().map(|row| row.truth.value().abs()).fold(0.0, f64::max);
    let tops = visible().filter(|(_, tally)| large_ms(tally) >= 5.0);
    let long = tops.fold(Share::default(), |sum, (_, tally)| sum.and(tally.top_in_the_long_run)).value().unwrap_or(0.0);
    let top = visible().fold(Share::default(), |sum, (_, tally)| sum.and(tally.top)).value().unwrap_or(0.0);
    let residual =
        largest(of(scored, &[Kind::Whole]).filter(|(world, _)| world.requests() > 60).map(|(world, tally)| {
            let error = tally.rows.get(&Cause::Residual).map_or(0.0, |row| row.error.value());
            (world.name.clone(), error / tally.gap.value().abs())
        }));
    let honest = scored.iter().fold(Share::default(), |sum, (_, tally)| sum.and(tally.honest));
    let honest = honest.value().unwrap_or(0.0);
    let target = |what, found, gate, holds, moonshot, reached| Target { what, found, gate, holds, moonshot, reached };
    vec![
        target("rows add up to the gap", format!("{sums:.1e} ms"), "1e-9 ms", sums <= 1e-9, "–", None),
        target(
            "misattribution, 1 440 requests, worst world",
            format!("{} ({})", percent(large.1), large.0),
            "≤ 2 %",
            large.1 <= 0.02,
            "≤ 1 %",
            Some(large.1 <= 0.01),
        ),
        target(
            "misattribution, 240 requests",
            percent(small.1),
            "≤ 4 %",
            small.1 <= 0.04,
            "≤ 2.5 %",
            Some(small.1 <= 0.025),
        ),
        target(
            "coverage of 95 % intervals, all rows",
            percent(overall),
            "≥ 93 %",
            overall >= 0.93,
            "95 ± 1.5 %",
            Some((overall - 0.95).abs() <= 0.015),
        ),
        target(
            "coverage, worst row of any world",
            format!("{} ({})", percent(worst.1), worst.0),
            "≥ 88 %",
            worst.1 >= 0.88,
            "≥ 92 %",
            Some(worst.1 >= 0.92),
        ),
        target(
            "false causes, worst row",
            format!("{} ({})", percent(false_row.1), false_row.0),
            "≤ 1 %",
            false_row.1 <= 0.01,
            "≤ 0.2 %",
            Some(false_row.1 <= 0.002),
        ),
        target("missed causes", percent(missed), "≤ 2 %", missed <= 0.02, "0", Some(missed == 0.0)),
        target("top cause right", percent(top), "100 %", top >= 1.0, "100 %", Some(top >= 1.0)),
        target(
            "the same, by the means of the world and the first row alone",
            percent(long),
            "–",
            true,
            "100 %",
            Some(long >= 1.0),
        ),
        target(
            "error of the residual, worst world",
            format!("{} of the gap ({})", percent(residual.1), residual.0),
            "≤ 0.5 %",
            residual.1 <= 0.005,
            "–",
            None,
        ),
        target(
            "hidden delay: held by the residual, and no other row moved",
            percent(honest),
            "≥ 93 %",
            honest >= 0.93,
            "–",
            None,
        ),
    ]
}

/// Coverage where sandboxes follow each other at one place and outlive a block of time.
pub fn of_successions(scored: &Scored) -> Vec<Target> {
    let covered = scored.iter().fold(Share::default(), |sum, (_, tally)| sum.and(tally.covered())).value();
    let worst =
        scored.iter().filter_map(|(world, tally)| tally.worst().map(|(cause, share)| (cause, &world.name, share)));
    let worst = worst.map(|(cause, name, share)| (format!("{cause} in {name}"), share));
    let worst = worst.fold((String::from("none"), 1.0), |least, one| if one.1 < least.1 { one } else { least });
    vec![
        Target {
            what: "one place, long-lived sandboxes: coverage",
            found: covered.map_or("no interval".into(), percent),
            gate: "≥ 93 %",
            holds: covered.is_none_or(|covered| covered >= 0.93),
            moonshot: "–",
            reached: None,
        },
        Target {
            what: "the same, worst row",
            found: format!("{} ({})", percent(worst.1), worst.0),
            gate: "≥ 88 %",
            holds: worst.1 >= 0.88,
            moonshot: "≥ 92 %",
            reached: Some(worst.1 >= 0.92),
        },
    ]
}

/// By the truth of the same division, or by that of the enumeration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Against {
    Division,
    Enumeration,
}

pub fn of_percentiles(scores: &[percentiles::Score], against: Against) -> Vec<Target> {
    const WHAT: [[&str; 3]; 2] = [
        ["error of a row at p50, S0", "error of a row at p90, S0", "error of a row at p99, S0"],
        [
            "error of a row at p50, S0, truth by enumeration",
            "error of a row at p90, S0, truth by enumeration",
            "error of a row at p99, S0, truth by enumeration",
        ],
    ];
    const GATES: [(&str, f64, &str, f64); 3] = [
        ("≤ 0.5 %", 0.005, "≤ 0.3 %", 0.003),
        ("≤ 0.6 %", 0.006, "≤ 0.3 %", 0.003),
        ("≤ 1.2 %", 0.012, "≤ 0.8 %", 0.008),
    ];
    let of = |(level, score): (usize, &percentiles::Score)| {
        let found = score.error() / score.gap.abs();
        let (gate, limit, moonshot, best) = GATES[level];
        Target {
            what: WHAT[against as usize][level],
            found: format!("{} of the gap", percent(found)),
            gate,
            holds: found <= limit,
            moonshot,
            reached: Some(found <= best),
        }
    };
    scores.iter().take(LEVELS.len()).enumerate().map(of).collect()
}

/// Network or stolen, decided by a second memory size.
pub fn of_memory(scores: &[(&'static str, memory::Score)]) -> Vec<Target> {
    let share = |one: &memory::Score| one.moved[1].value() / one.gap.value().abs();
    let wrong = largest(scores.iter().map(|(name, score)| ((*name).to_owned(), share(score))));
    let held = |outlives: bool| {
        let those = scores.iter().filter(move |(_, score)| score.outlives_blocks == outlives);
        let covered = those.filter_map(|(name, score)| Some((*name, score.covered.value()?)));
        covered.fold(("none", 1.0), |least, one| if one.1 < least.1 { one } else { least })
    };
    let (worst, long) = (held(false), held(true));
    let all = scores.iter().fold(Share::default(), |sum, (_, score)| sum.and(score.wrong)).value().unwrap_or(0.0);
    vec![
        Target {
            what: "two memory sizes: misattribution, worst world",
            found: format!("{} ({})", percent(wrong.1), wrong.0),
            gate: "≤ 4 %",
            holds: wrong.1 <= 0.04,
            moonshot: "≤ 2.5 %",
            reached: Some(wrong.1 <= 0.025),
        },
        Target {
            what: "two memory sizes: the interval holds what was stolen, worst world",
            found: format!("{} ({})", percent(worst.1), worst.0),
            gate: "≥ 88 %",
            holds: worst.1 >= 0.88,
            moonshot: "≥ 92 %",
            reached: Some(worst.1 >= 0.92),
        },
        Target {
            what: "the same, where sandboxes follow each other and outlive a block of time",
            found: format!("{} ({})", percent(long.1), long.0),
            gate: "≥ 88 %",
            holds: long.1 >= 0.88,
            moonshot: "≥ 92 %",
            reached: Some(long.1 >= 0.92),
        },
        Target {
            what: "two memory sizes: decided wrongly",
            found: percent(all),
            gate: "≤ 1 %",
            holds: all <= 0.01,
            moonshot: "≤ 0.2 %",
            reached: Some(all <= 0.002),
        },
    ]
}

/// Runs that each cell must have.
pub const RUNS_MIN: u64 = 200;

/// No cell has fewer runs.
pub fn of_runs(runs: impl Iterator<Item = u64>) -> Target {
    let fewest = runs.min().unwrap_or(0);
    let holds = fewest >= RUNS_MIN;
    Target {
        what: "runs of a cell, the fewest",
        found: fewest.to_string(),
        gate: "≥ 200",
        holds,
        moonshot: "–",
        reached: None,
    }
}

/// Median and nine tenths of the misattribution over worlds that have a gap.
pub fn spread(scored: &Scored) -> (f64, f64) {
    let all: Vec<f64> =
        of(scored, &[Kind::Whole, Kind::Single, Kind::Pair]).map(|(_, tally)| tally.misattribution()).collect();
    (quantile(&all, 0.5), quantile(&all, 0.9))
}
