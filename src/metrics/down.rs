//! Which targets are down, from how many places, and from which regions nothing comes: as of a moment.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use crate::measurement::identity::TargetId;
use crate::measurement::units::UnixMillis;
use crate::measurement::wire::Record;

use super::label::{Label, place};
use super::latest::Latest;

/// When a target counts as down, and a region as silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Places from which a target has to be down, a region being one whatever arms it has, and each host one; at most as
    /// many as watch it, or it is never down.
    pub quorum: usize,
    /// The latest slots of an arm of a place that have to be bad, all of them; 0 counts as 1.
    pub in_a_row: usize,
    /// How far back samples count, of targets for which [`Watch::of`] says nothing else; [`Rule::shortest_look_back`] says
    /// how far they have to.
    pub look_back: Duration,
    /// How long nothing may come from a place before it is silent, whatever the target: one slot and the time to arrive are
    /// enough. No longer than `look_back`.
    pub silence: Duration,
}

/// How far ahead of ours the clock of a place may be; from further ahead it cannot say what is so now.
const AHEAD_MAX: Duration = Duration::from_secs(60);
/// How long a sample may take to arrive: a minute to start in, one to measure and send, one in the queue.
const ARRIVAL: Duration = Duration::from_secs(180);

impl Rule {
    /// The shortest look-back in which a target with so long between its slots has `in_a_row` samples of every place, and a late one.
    #[must_use]
    pub fn shortest_look_back(in_a_row: usize, every: Duration) -> Duration {
        let slots = u32::try_from(in_a_row.max(1)).unwrap_or(u32::MAX);
        every.saturating_mul(slots).saturating_add(ARRIVAL)
    }
}

/// Samples of late, by target and place.
#[derive(Clone, Debug)]
pub struct Watch {
    rule: Rule,
    now: UnixMillis,
    slow: BTreeMap<TargetId, Duration>,
    heard: BTreeSet<Label>,
    targets: BTreeMap<TargetId, BTreeMap<Label, Latest>>,
}

/// What a watch found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Each target of which a place has enough samples to say, and the places from which it is down.
    pub targets: BTreeMap<TargetId, Vec<Label>>,
    /// Targets that are down in at least as many places as the quorum says.
    pub down: Vec<TargetId>,
    /// Expected places from which no sample came of late, of any target.
    pub silent: Vec<Label>,
}

impl Watch {
    /// Before any sample.
    #[must_use]
    pub fn new(rule: Rule, now: UnixMillis) -> Self {
        Self { rule, now, slow: BTreeMap::new(), heard: BTreeSet::new(), targets: BTreeMap::new() }
    }

    /// A target with longer between its slots than others: its samples count from further back. Returns from where to
    /// where they have to be scanned beside those of all targets; `None` where these reach as far.
    pub fn of(&mut self, target: &TargetId, look_back: Duration) -> Option<Range<UnixMillis>> {
        if look_back <= self.rule.look_back {
            return None;
        }
        self.slow.insert(target.clone(), look_back);
        Some(self.now.minus(look_back)..self.since())
    }

    /// The earliest start of a sample of any target that counts: what to scan from.
    #[must_use]
    pub fn since(&self) -> UnixMillis {
        self.now.minus(self.rule.look_back)
    }

    /// Takes a sample in, in any order; one that began outside of the look-back says nothing.
    pub fn add(&mut self, record: &Record) {
        let started = record.sample.started_at_ms;
        let since = self.slow.get(&record.sample.target).map_or_else(|| self.since(), |back| self.now.minus(*back));
        if !(since..=self.now.plus(AHEAD_MAX)).contains(&started) {
            return;
        }
        if started >= self.now.minus(self.rule.silence) {
            self.heard.insert(place(record));
        }
        let places = self.targets.entry(record.sample.target.clone()).or_default();
        places.entry(place(record)).or_default().add(&record.sample, self.rule.in_a_row.max(1));
    }

    /// What it came to. `expected` are the places that have to be heard of: the regions with probes.
    #[must_use]
    pub fn finish<'a>(self, expected: impl IntoIterator<Item = &'a str>) -> Found {
        let heard = &self.heard;
        let mut silent: Vec<Label> =
            expected.into_iter().map(Label::new).filter(|label| !heard.contains(label)).collect();
        silent.sort_unstable();
        silent.dedup();
        let in_a_row = self.rule.in_a_row.max(1);
        let mut found = Found { silent, ..Found::default() };
        for (target, places) in self.targets {
            let known: Vec<(Label, bool)> =
                places.into_iter().filter_map(|(place, latest)| Some((place, latest.is_down(in_a_row)?))).collect();
            if known.is_empty() {
                continue;
            }
            let down: Vec<Label> = known.into_iter().filter(|(_, is_down)| *is_down).map(|(place, _)| place).collect();
            if down.len() >= self.rule.quorum.max(1) {
                found.down.push(target.clone());
            }
            found.targets.insert(target, down);
        }
        found
    }
}
