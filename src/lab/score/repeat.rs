//! Whether scores are the same each time, but for chance.

use std::collections::BTreeSet;

use super::Score;
use super::gate::{misattribution, percent, pooled};
use crate::statistics::moments::Moments;
use crate::statistics::proportion::Proportion;
use crate::statistics::student::t_975;

/// The scenarios that were run several times, repeat by repeat.
pub(super) struct Repeats {
    /// What each put into a wrong row, as a share of its gaps.
    pub(super) wrong: Vec<f64>,
    /// How many had a share of covered rows that goes with that of all of them, by Wilson's interval.
    pub(super) steady: usize,
}

impl Repeats {
    pub(super) fn of(scores: &[Score]) -> Self {
        let like = |other: &Score, one: &Score| (&other.scenario, other.rounds) == (&one.scenario, one.rounds);
        let again = |one: &&Score| scores.iter().any(|other| like(other, one) && other.seed != one.seed);
        let of_several: Vec<Score> = scores.iter().filter(again).cloned().collect();
        let seeds: BTreeSet<u64> = of_several.iter().map(|score| score.seed).collect();
        let (covered, rows) = pooled(&of_several, |row| row.covered);
        let mean = covered as f64 / rows.max(1) as f64;
        let (mut wrong, mut steady) = (Vec::new(), 0);
        for seed in seeds {
            let one: Vec<Score> = of_several.iter().filter(|score| score.seed == seed).cloned().collect();
            let Some(share) = misattribution(&one) else { continue };
            wrong.push(share[0]);
            let (covered, rows) = pooled(&one, |row| row.covered);
            let of = Proportion::of(covered as u64, rows as u64);
            steady += usize::from(of.is_some_and(|of| (of.lower..=of.upper).contains(&mean)));
        }
        Self { wrong, steady }
    }

    /// Each, and their mean with Student's 95 % interval.
    pub(super) fn line(&self) -> String {
        let each: Vec<String> = self.wrong.iter().map(|share| percent(*share)).collect();
        let Some((mean, deviation)) = Moments::of(&self.wrong).and_then(|of| Some((of.mean, of.deviation?))) else {
            return "run once".to_owned();
        };
        let count = self.wrong.len() as f64;
        let half = t_975(count - 1.0) * deviation / count.sqrt();
        format!("{} (mean {} ± {})", each.join(", "), percent(mean), percent(half))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::score::{RowScore, example};

    fn score(scenario: &str, seed: u64, moved_ms: f64, covered: [u32; 2]) -> Score {
        let row = |is: bool| RowScore { covered: Some(is), ..example::row() };
        let rows = (0..covered[1]).map(|number| row(number < covered[0])).collect();
        Score { moved_ms, ..example::score(scenario, seed, rows) }
    }

    #[test]
    fn what_was_run_once_is_no_repeat() {
        let repeats = Repeats::of(&[score("dns", 1, 1.0, [10, 10]), score("cdn", 1, 50.0, [0, 10])]);
        assert_eq!((repeats.wrong.len(), repeats.steady), (0, 0));
        assert_eq!(repeats.line(), "run once");
    }

    #[test]
    fn a_repeat_that_is_covered_far_less_often_than_the_others_is_not_steady() {
        let of = |seed, moved_ms, covered| score("dns", seed, moved_ms, [covered, 40]);
        let repeats = Repeats::of(&[of(1, 1.0, 38), of(2, 2.0, 39), of(3, 3.0, 20), score("cdn", 1, 50.0, [0, 40])]);
        assert_eq!(repeats.wrong, [0.01, 0.02, 0.03]);
        assert_eq!(repeats.steady, 0, "the three together are at 81 %, which is none's");
        assert_eq!(repeats.line(), "1.0 %, 2.0 %, 3.0 % (mean 2.0 % ± 2.5 %)");
        let repeats = Repeats::of(&[of(1, 1.0, 38), of(2, 2.0, 39), of(3, 3.0, 37)]);
        assert_eq!(repeats.steady, 3);
    }
}
