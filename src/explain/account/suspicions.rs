//! What an account says of each suspicion.

use std::collections::BTreeSet;

use super::{Case, Figures, ONE_PROCESSOR_MB};
use crate::explain::cause::Cause;
use crate::explain::claim::Claim;
use crate::explain::ledger::{Row, Seen};
use crate::explain::verdict::{Hypothesis, Verdict};
use crate::statistics::interval::Interval;

impl Case {
    /// A function with less than one processor on which neither steal nor run-queue delay shows what its quota must
    /// have cost: at least a quarter of `cpu · (1769 / memory − 1)`.
    pub(super) fn may_be_stolen(&self) -> bool {
        self.starved().contains(&true)
    }

    /// The same of each side.
    pub(super) fn starved(&self) -> [bool; 2] {
        let small = |row: &&Row| row.memory_mb > 0 && row.memory_mb < ONE_PROCESSOR_MB;
        self.sides.rows.each_ref().map(|rows| {
            let of: Vec<&Row> = rows.iter().filter(small).collect();
            let due = |row: &&Row| row.cpu * (f64::from(ONE_PROCESSOR_MB) / f64::from(row.memory_mb) - 1.0) / 4.0;
            let shown: f64 = of.iter().map(|row| row.scheduling + row.steal_ms).sum();
            let known = of.iter().all(|row| row.seen.has(Seen::CPU));
            !of.is_empty() && (!known || shown <= of.iter().map(due).sum::<f64>())
        })
    }

    pub(super) fn verdicts(&self, figures: &Figures, merged: bool) -> Vec<Verdict> {
        let both = self.sides.both();
        let bar = figures.bar();
        let one_place = self.at_one_place();
        let first_uses = self.differ_in_first_uses();
        let hides_work = both.has(Seen::TIMELINE) && !both.has(Seen::CPU.or(Seen::SCHEDULING));
        let judged = Hypothesis::ALL.into_iter().enumerate().map(|(at, hypothesis)| {
            let seen = match hypothesis {
                Hypothesis::SampleTiming => self.sides.times_match(),
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
            // What a cold start adds was seen at one side only, and so could not be told from the side.
            if hypothesis == Hypothesis::ColdStart
                && claim == Claim::Refuted
                && (figures.one_sided[Cause::Cold as usize] || self.cold_at_one_side())
            {
                claim = Claim::Undecided;
            }
            // A program's own work is a part of how it measures, and here it is in the rest.
            if hypothesis == Hypothesis::Method && claim == Claim::Refuted && hides_work {
                claim = Claim::Undecided;
            }
            // At one place and one time only the way of measuring is left to differ, whatever rows show it.
            let far = both.has(Seen::ROUND_TRIPS)
                && Hypothesis::Distance.sum(&figures.shares).abs() >= crate::explain::claim::materiality(figures.gap);
            let by_design = one_place && !far && hypothesis == Hypothesis::Method
                || one_place && hypothesis == Hypothesis::Distance && !seen
                || first_uses && hypothesis == Hypothesis::ColdStart;
            let (mut ms, mut interval_ms) = (ms, interval_ms);
            if by_design && hypothesis != Hypothesis::Distance {
                let timing = figures.shares.get(Cause::Timing);
                let moved = |end: f64| end - timing;
                ms = Some(figures.gap - timing);
                interval_ms = figures
                    .intervals
                    .as_ref()
                    .ok()
                    .map(|found| Interval { lower: found.gap.lower.map(moved), upper: found.gap.upper.map(moved) });
                claim = bar.claim(figures.gap - timing, interval_ms);
            } else if by_design {
                claim = Claim::Refuted;
            }
            Verdict { hypothesis, code: hypothesis.code(), claim, ms, interval_ms, by_design }
        });
        judged.collect()
    }

    /// Every sample of both sides was taken at one place that stays, at the same times, with its exchange in view, over
    /// one address family and to one edge as far as they show, and not cold at one side and warm at the other.
    fn at_one_place(&self) -> bool {
        let cold = |rows: &Vec<Row>| {
            rows.iter().filter(|row| row.state == crate::explain::ledger::State::Cold).count() as f64
                / rows.len().max(1) as f64
        };
        let [a, b] = self.sides.rows.each_ref().map(cold);
        if !self.one_way || (a - b).abs() > 0.5 || self.sides.overlap.outside > 0.05 {
            return false;
        }
        let mut rows = self.sides.rows.iter().flatten();
        let Some(first) = rows.next() else { return false };
        let here = |row: &Row| row.place == first.place && !row.drawn && row.seen.has(Seen::TIMELINE);
        here(first) && rows.all(here)
    }

    /// All of one side's samples were cold and none of the other's.
    fn cold_at_one_side(&self) -> bool {
        let cold = |row: &Row| row.state == crate::explain::ledger::State::Cold;
        let [a, b] = &self.sides.rows;
        (a.iter().all(cold) && !b.iter().any(cold)) || (b.iter().all(cold) && !a.iter().any(cold))
    }

    /// One tool at the same places, and one side is its first uses while the other is all but those.
    fn differ_in_first_uses(&self) -> bool {
        let places = self.sides.rows.each_ref().map(|rows| rows.iter().map(|row| row.place).collect::<BTreeSet<u64>>());
        self.one_tool && self.cold_at_one_side() && places[0] == places[1]
    }

    fn met_cold(&self) -> bool {
        use crate::explain::ledger::State;
        self.sides.rows.iter().flatten().any(|row| row.state == State::Cold)
            || self.sides.rows.iter().flatten().all(|row| !row.drawn)
    }
}
