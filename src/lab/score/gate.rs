//! What must hold over all scenarios of a suite.

use serde::Serialize;

use super::experiment::{Finding, agreeing, off};
use super::percentile;
use super::repeat::Repeats;
use super::suite::ROUNDS_LONG;
use super::{RowScore, Score};
use crate::explain::cause::Cause;
use crate::statistics::level::Level;
use crate::statistics::proportion::Proportion;

/// Which scenarios, and what is held to what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Suite {
    /// One run of each: few enough that only what is pooled says anything.
    Quick,
    /// Several runs of each.
    Full,
}

/// One target.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Target {
    /// What.
    pub what: &'static str,
    /// As found, with its unit.
    pub found: String,
    /// As it must be.
    pub gate: &'static str,
    /// It is.
    pub holds: bool,
    /// This suite fails where it does not hold; else it is shown only.
    pub gated: bool,
}

pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

pub(super) fn pooled(scores: &[Score], is: impl Fn(&RowScore) -> Option<bool> + Copy) -> (usize, usize) {
    scores.iter().map(|score| score.count(is)).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
}

/// The share, and it with Wilson's interval as text.
fn share((yes, all): (usize, usize)) -> (Option<f64>, String) {
    match Proportion::of(yes as u64, all as u64) {
        Some(of) => {
            let (lower, upper) = (percent(of.lower), percent(of.upper));
            (Some(of.share), format!("{} ({yes} of {all}; {lower} to {upper})", percent(of.share)))
        }
        None => (None, "none".to_owned()),
    }
}

/// What is put into a wrong row, over all gaps; and its median and nine tenths over scenarios.
#[must_use]
pub fn misattribution(scores: &[Score]) -> Option<[f64; 3]> {
    let mut each: Vec<f64> = scores.iter().filter_map(Score::misattribution).collect();
    each.sort_by(f64::total_cmp);
    let gaps = scores.iter().filter(|score| score.misattribution().is_some());
    let (moved, gap) = gaps.fold((0.0, 0.0), |sum, one| (sum.0 + one.moved_ms, sum.1 + one.gap_ms.abs()));
    let at = |share: f64| each.get(((each.len() as f64 * share) as usize).min(each.len().saturating_sub(1))).copied();
    Some([moved / gap, at(0.5)?, at(0.9)?])
}

/// All targets. A suite of which nothing could be scored holds none; what a chosen part of one (not `whole`) has no run for is no
/// matter of it.
#[must_use]
pub fn targets(scores: &[Score], suite: Suite, whole: bool) -> Vec<Target> {
    let full = suite == Suite::Full;
    let may_lack = !(full && whole);
    let least = |found: Option<f64>, least: f64| found.map_or(may_lack, |of| of >= least);
    let target =
        |what, found, gate, holds: bool, gated| Target { what, found, gate, holds: holds && !scores.is_empty(), gated };
    let sums = scores.iter().map(|score| score.sum_error_ms).fold(0.0, f64::max);
    let wrong = misattribution(scores);
    let covered = share(pooled(scores, |row| row.covered));
    let at_work = share(pooled(scores, |row| row.covered.filter(|_| row.falsely.is_none())));
    let falsely = share(pooled(scores, |row| row.falsely));
    let missed = share(pooled(scores, |row| row.missed));
    let ranked = |of: fn(&Score) -> Option<bool>| {
        let all: Vec<bool> = scores.iter().filter_map(of).collect();
        share((all.iter().filter(|yes| **yes).count(), all.len()))
    };
    let (top, three, honest) = (ranked(|one| one.top), ranked(|one| one.top_three), ranked(|one| one.honest));
    let rest = residual_off(scores);
    let worst = worst_row(scores, 1, |row| row.covered);
    let worst_at_work = worst_row(scores, 5, |row| row.covered.filter(|_| row.falsely.is_none()));
    let of_long: Vec<Score> = scores.iter().filter(|score| score.rounds >= ROUNDS_LONG).cloned().collect();
    let long = misattribution(&of_long);
    let interval = interval_score(scores);
    let repeats = Repeats::of(scores);
    let host = taken_by_host(scores);
    let mut targets = vec![
        target("rows add up to the gap", format!("{sums:.1e} ms"), "1e-9 ms", sums <= 1e-9, true),
        target(
            "in a wrong row, all gaps pooled",
            wrong.map_or("no gap".to_owned(), |all| {
                format!(
                    "{} (scenarios: median {}, nine of ten below {})",
                    percent(all[0]),
                    percent(all[1]),
                    percent(all[2])
                )
            }),
            "≤ 8 %",
            wrong.map_or(!whole, |all| all[0] <= 0.08),
            true,
        ),
        target(
            "… of 1 440 rounds",
            long.map_or("none".to_owned(), |all| percent(all[0])),
            "≤ 5 %",
            long.map_or(may_lack, |all| all[0] <= 0.05),
            full,
        ),
        target(
            "truth within the 95 % interval, all rows",
            covered.1,
            "≥ 90 %",
            covered.0.is_some_and(|of| of >= 0.9),
            true,
        ),
        target("… rows in which there is something", at_work.1, "≥ 80 %", least(at_work.0, 0.8), full),
        target("… worst row", worst.1, "≥ 80 %", worst.0 >= 0.8, full),
        target("… worst row, where there is something in it", worst_at_work.1, "–", true, false),
        target("interval score of rows in which there is something, median", interval, "–", true, false),
        target("false causes", falsely.1, "≤ 2 %", falsely.0.is_none_or(|of| of <= 0.02), full),
        target("missed causes", missed.1, "≤ 5 %", missed.0.is_none_or(|of| of <= 0.05), full),
        target("largest cause right", top.1, "≥ 98 %", least(top.0, 0.98), full),
        target("three largest right", three.1, "–", true, false),
        target("hidden time within the residual's interval", honest.1, "≥ 90 %", least(honest.0, 0.9), full),
        target(
            "requests that are in no count",
            scores.iter().map(|score| score.vanished).sum::<u64>().to_string(),
            "0",
            scores.iter().all(|score| score.vanished == 0),
            true,
        ),
        target(
            "residual off, worst scenario of which all can be seen",
            rest.as_ref().map_or("none".to_owned(), |(_, ms, name)| format!("{ms:.2} ms ({name})")),
            "≤ 1 ms or 1 % of B's mean",
            rest.is_none_or(|(share, ..)| share <= 1.0),
            full,
        ),
    ];
    for (level, most) in percentile::LEVELS {
        let (what, gate) = match level {
            Level::P50 => ("rows of p50 off, one cause, mean of rows", "≤ 2 % of gap"),
            Level::P90 => ("rows of p90 off", "≤ 2 % of gap"),
            _ => ("rows of p99 off", "≤ 4 % of gap"),
        };
        let found = percentile::pooled(scores, level);
        let text = found.map_or("none".to_owned(), |(of, count)| format!("{} ({count} runs)", percent(of)));
        targets.push(target(what, text, gate, found.map_or(may_lack, |(of, _)| of <= most), full));
    }
    targets.push(target("of its processors the machine lost to its host", host, "–", true, false));
    if !repeats.wrong.is_empty() {
        targets.extend([
            target(
                "in a wrong row, repeat by repeat",
                repeats.line(),
                "≤ 8 % each",
                repeats.wrong.iter().all(|share| *share <= 0.08),
                full,
            ),
            target(
                "repeats whose 95 % interval of coverage holds that of all",
                format!("{} of {}", repeats.steady, repeats.wrong.len()),
                "all but one",
                repeats.steady + 1 >= repeats.wrong.len(),
                full,
            ),
        ]);
    }
    targets
}

/// How far rows are from experiments; what a chosen part of a suite has no experiment for is no matter of it.
#[must_use]
pub fn tried(findings: &[Finding], suite: Suite, whole: bool) -> Target {
    let (off, (agree, of)) = (off(findings), agreeing(findings));
    let full = suite == Suite::Full;
    Target {
        what: "rows less what experiments find, gaps of those runs pooled",
        found: off.map_or("none".to_owned(), |off| format!("{} ({agree} of {of} agree)", percent(off))),
        gate: "≤ 8 %",
        holds: off.map_or(!(full && whole), |off| off <= 0.08),
        gated: full,
    }
}

/// In the median run, in the worst, and how many were disturbed by it.
fn taken_by_host(scores: &[Score]) -> String {
    let mut told: Vec<f64> = scores.iter().filter_map(|score| score.host_took).collect();
    told.sort_by(f64::total_cmp);
    let (Some(middle), Some(most)) = (told.get(told.len() / 2), told.last()) else { return "not told".to_owned() };
    let disturbed = scores.iter().filter(|score| score.is_disturbed()).count();
    format!("median run {}, most {}; {disturbed} disturbed of {}", percent(*middle), percent(*most), scores.len())
}

/// The run whose residual is furthest off: as a share of what is allowed, in milliseconds, and its scenario. Those that hide something
/// from whoever looks are left out.
fn residual_off(scores: &[Score]) -> Option<(f64, f64, &str)> {
    let off = scores.iter().filter(|score| score.visible).filter_map(|score| {
        let row = score.rows.iter().find(|row| row.cause == Cause::Residual && row.holds.len() == 1)?;
        let allowed = 1.0_f64.max(0.01 * score.means_ms[1]);
        let off = (row.found_ms - row.injected_ms).abs();
        Some((off / allowed, off, score.scenario.as_str()))
    });
    off.max_by(|x, y| x.0.total_cmp(&y.0))
}

/// The cause whose rows are least often covered, over all scenarios, of those that have so many at least.
fn worst_row(scores: &[Score], least: usize, covered: impl Fn(&RowScore) -> Option<bool> + Copy) -> (f64, String) {
    let of = |cause: Cause| {
        let (yes, all) = pooled(scores, |row| covered(row).filter(|_| row.cause == cause));
        (all >= least).then(|| {
            (yes as f64 / all as f64, format!("{} ({cause}, {yes} of {all})", percent(yes as f64 / all as f64)))
        })
    };
    let worst = Cause::ALL.into_iter().filter_map(of).min_by(|x, y| x.0.total_cmp(&y.0));
    worst.unwrap_or((0.0, "no interval".to_owned()))
}

/// Over rows that are there: what their intervals cost, and how wide they are.
fn interval_score(scores: &[Score]) -> String {
    let rows = || scores.iter().flat_map(|score| &score.rows).filter(|row| row.falsely.is_none());
    let middle = |mut all: Vec<f64>| {
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).map_or("none".to_owned(), |ms| format!("{ms:.2} ms"))
    };
    let cost = middle(rows().filter_map(RowScore::interval_score_ms).collect());
    let width = middle(rows().filter_map(|row| row.interval_ms.map(|[lower, upper]| upper - lower)).collect());
    format!("{cost} (of which width {width})")
}

/// All that the suite is held to holds.
#[must_use]
pub fn hold(targets: &[Target]) -> bool {
    targets.iter().all(|target| target.holds || !target.gated)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::score::example::{row, score};
    use crate::lab::score::percentile::PercentileScore;

    /// One that holds every gate of the full suite.
    fn suite() -> Vec<Score> {
        let percentile = |level| PercentileScore { level, gap_ms: 50.0, error_ms: 0.5 };
        let of = |name, seed, rounds| Score {
            rounds,
            percentiles: [0.5, 0.9, 0.99].map(percentile).into(),
            honest: Some(true),
            ..score(name, seed, vec![row(); 20])
        };
        vec![of("dns", 1, 240), of("dns", 2, 240), of("all-at-once", 1, 1_440)]
    }

    fn broken(change: impl Fn(&mut Score)) -> Vec<&'static str> {
        let mut scores = suite();
        scores.iter_mut().for_each(change);
        let targets = targets(&scores, Suite::Full, true);
        assert_eq!(hold(&targets), targets.iter().all(|one| one.holds || !one.gated));
        targets.into_iter().filter(|one| one.gated && !one.holds).map(|one| one.what).collect()
    }

    #[test]
    fn each_gate_breaks_where_its_figure_is_beyond_it() {
        assert_eq!(broken(|_| ()), [""; 0]);
        assert_eq!(broken(|one| one.sum_error_ms = 1e-6), ["rows add up to the gap"]);
        assert_eq!(broken(|one| one.vanished = 1), ["requests that are in no count"]);
        assert_eq!(broken(|one| one.top = Some(false)), ["largest cause right"]);
        assert_eq!(broken(|one| one.honest = Some(false)), ["hidden time within the residual's interval"]);
        let wrong = broken(|one| one.moved_ms = 9.0);
        assert_eq!(
            wrong,
            ["in a wrong row, all gaps pooled", "… of 1 440 rounds", "in a wrong row, repeat by repeat"],
            "9 % of each gap"
        );
        assert_eq!(
            broken(|one| one.moved_ms = 6.0),
            ["… of 1 440 rounds"],
            "6 %, of which 8 are allowed to short runs"
        );
        let none_covered = |one: &mut Score| one.rows.iter_mut().for_each(|row| row.covered = Some(false));
        let [all, there, worst] = broken(none_covered)[..] else { panic!("three of coverage") };
        assert_eq!(all, "truth within the 95 % interval, all rows");
        assert_eq!((there, worst), ("… rows in which there is something", "… worst row"));
        let empty = |one: &mut Score| one.rows.extend((0..400).map(|_| RowScore { falsely: Some(false), ..row() }));
        let hidden = broken(|one| {
            none_covered(one);
            empty(one);
        });
        assert_eq!(hidden, ["… rows in which there is something"], "rows that are not there hide it from the others");
        assert_eq!(broken(|one| one.rows[0].missed = Some(true)), [""; 0], "one of twenty may be");
        assert_eq!(broken(|one| one.rows[..2].iter_mut().for_each(|row| row.missed = Some(true))), ["missed causes"]);
        assert_eq!(broken(|one| one.rows[0].falsely = Some(true)), ["false causes"]);
        let rest = || RowScore { cause: Cause::Residual, holds: vec![Cause::Residual], injected_ms: 2.5, ..row() };
        assert_eq!(broken(|one| one.rows.push(RowScore { found_ms: 4.4, ..rest() })), [""; 0], "1 % of 200 ms");
        assert_eq!(
            broken(|one| one.rows.push(RowScore { found_ms: 4.6, ..rest() })),
            ["residual off, worst scenario of which all can be seen"]
        );
        let unseen = broken(|one| {
            one.rows.push(RowScore { found_ms: 4.6, ..rest() });
            one.visible = false;
        });
        assert_eq!(unseen, [""; 0], "nobody can see what is in it");
        assert_eq!(broken(|one| one.percentiles[1].error_ms = 1.1), ["rows of p90 off"]);
        assert_eq!(broken(|one| one.percentiles[2].error_ms = 1.1), [""; 0], "4 % at p99");
        assert_eq!(
            broken(|one| one.percentiles.truncate(2)),
            ["rows of p99 off"],
            "what was not looked at does not hold"
        );
        let null = || Score {
            rounds: 240,
            null: true,
            gap_ms: 0.01,
            percentiles: Vec::new(),
            top: None,
            honest: None,
            ..suite().remove(0)
        };
        let part = targets(&[null()], Suite::Full, false);
        assert!(hold(&part), "one scenario in which nothing differs: {part:?}");
        assert!(!hold(&targets(&[null()], Suite::Full, true)), "nor is it the whole suite");
        assert!(!hold(&targets(&[null()], Suite::Quick, true)), "nor a quick one, which has gaps");
    }

    #[test]
    fn rows_are_held_to_experiments_by_the_full_suite_which_cannot_do_without() {
        let finding = |seed, found_ms| Finding {
            scenario: "dns".to_owned(),
            without: "null".to_owned(),
            seed,
            rounds: 240,
            of_rounds: 240,
            rows: vec![Cause::Dns],
            gap_ms: 50.0,
            effect_ms: 50.0,
            error_ms: 1.0,
            half_ms: 2.0,
            truth_ms: 50.0,
            found_ms,
            found_half_ms: Some(2.0),
            agrees: Some(true),
        };
        let of = |findings: &[Finding], suite| {
            let target = tried(findings, suite, true);
            (target.holds, target.gated)
        };
        assert_eq!(of(&[finding(1, 49.0), finding(2, 45.0)], Suite::Full), (true, true), "6 % of both gaps");
        assert_eq!(
            of(&[finding(1, 45.0), finding(2, 55.0)], Suite::Full),
            (false, true),
            "10 %, and nothing on average"
        );
        assert_eq!(of(&[finding(1, 45.0)], Suite::Quick), (false, false));
        assert_eq!(of(&[], Suite::Full), (false, true));
        assert!(tried(&[], Suite::Full, false).holds);
    }

    #[test]
    fn a_quick_suite_is_held_to_what_few_runs_can_say_and_one_without_a_run_to_all() {
        let mut scores = suite();
        scores
            .iter_mut()
            .for_each(|one| (one.top, one.honest, one.percentiles) = (Some(false), Some(false), Vec::new()));
        assert!(hold(&targets(&scores, Suite::Quick, true)));
        assert!(!hold(&targets(&[], Suite::Quick, true)));
    }
}
