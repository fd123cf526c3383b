//! Replays of many samples of one source, tool by tool.

use std::collections::BTreeMap;

use parallax::measurement::sample::Sample;
use parallax::measurement::units::Micros;
use parallax::statistics::level::Level;
use parallax::statistics::observations::Observations;
use parallax::statistics::percentile::Percentile;
use parallax::stopwatch::definition::Definition;
use parallax::stopwatch::obstacle::{Caveat, Obstacle};
use parallax::stopwatch::replay::{Assumptions, Replay, replay};
use serde::Serialize;

/// One tool over the samples of one source.
///
/// Only samples with a response time enter the percentiles, on both sides; the others are counted apart.
#[derive(Debug)]
pub(super) struct Tally {
    definition: &'static Definition,
    /// The tool's and ours, in microseconds; what is longer than 71 minutes counts as 71 minutes.
    pairs: Vec<(u32, u32)>,
    kept: Vec<u32>,
    counts: Counts,
    at_least: bool,
    obstacles: BTreeMap<Obstacle, u64>,
    caveats: BTreeMap<&'static str, (String, u64)>,
}

/// How many samples had which end.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Counts {
    /// A number, and our response time beside it.
    pub(super) shown: u64,
    /// No number could be said.
    pub(super) cannot_say: u64,
    /// Samples without a response time, for which the tool would have shown a number.
    pub(super) failures_shown: u64,
    /// Samples that failed to the tool, of which it keeps no number.
    pub(super) without_value: u64,
    /// Samples without a response time for which it cannot be said.
    pub(super) failures_cannot_say: u64,
}

/// What one tool would have shown; milliseconds.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    pub(super) stopwatch: &'static str,
    #[serde(flatten)]
    pub(super) counts: Counts,
    /// The tool's numbers are lower bounds.
    pub(super) at_least: bool,
    pub(super) percentiles: Vec<Beside>,
    /// The median on connections kept from earlier checks, where the tool keeps them and our samples made them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) if_kept_p50_ms: Option<f64>,
    pub(super) obstacles: Vec<Counted>,
    pub(super) caveats: Vec<Counted>,
}

/// One percentile of the tool's numbers beside ours, of the same samples.
#[derive(Debug, Serialize)]
pub(super) struct Beside {
    pub(super) level: f64,
    pub(super) shown_ms: f64,
    pub(super) ours_ms: f64,
    pub(super) difference_ms: f64,
    pub(super) enough: bool,
}

/// A remark, and how many samples it is about.
#[derive(Debug, Serialize)]
pub(super) struct Counted {
    pub(super) code: &'static str,
    pub(super) says: String,
    pub(super) samples: u64,
}

impl Tally {
    pub(super) fn new(definition: &'static Definition) -> Self {
        Self {
            definition,
            pairs: Vec::new(),
            kept: Vec::new(),
            counts: Counts::default(),
            at_least: false,
            obstacles: BTreeMap::new(),
            caveats: BTreeMap::new(),
        }
    }

    pub(super) fn add(&mut self, sample: &Sample, assumed: Assumptions) {
        let counts = &mut self.counts;
        match (replay(self.definition, sample, assumed), sample.latency()) {
            (Replay::Shown(shown), Some(ours)) => {
                counts.shown += 1;
                self.pairs.push((cell(shown.value_us), cell(ours)));
                self.kept.extend(shown.if_kept_us.map(cell));
                self.at_least |= shown.at_least;
                for caveat in shown.caveats {
                    self.caveats.entry(caveat.code()).or_insert_with(|| (words(&caveat), 0)).1 += 1;
                }
            }
            (Replay::Shown(_), None) => counts.failures_shown += 1,
            (Replay::Nothing, _) => counts.without_value += 1,
            (Replay::CannotSay(obstacle), latency) => {
                match latency {
                    Some(_) => counts.cannot_say += 1,
                    None => counts.failures_cannot_say += 1,
                }
                *self.obstacles.entry(obstacle).or_insert(0) += 1;
            }
        }
    }

    pub(super) fn finish(self) -> Finding {
        let side = |of: fn(&(u32, u32)) -> u32| observations(self.pairs.iter().map(of));
        let (theirs, ours) = (side(|pair| pair.0), side(|pair| pair.1));
        let percentiles = theirs.zip(ours).map_or_else(Vec::new, |(theirs, ours)| {
            [Level::P50, Level::P90].map(|level| beside(&theirs, &ours, level)).into()
        });
        let obstacles = self.obstacles.into_iter();
        Finding {
            stopwatch: self.definition.name,
            counts: self.counts,
            at_least: self.at_least,
            percentiles,
            if_kept_p50_ms: observations(self.kept.into_iter()).map(|kept| Percentile::of(&kept, Level::P50).estimate),
            obstacles: obstacles
                .map(|(obstacle, samples)| Counted { code: obstacle.code(), says: obstacle.to_string(), samples })
                .collect(),
            caveats: self.caveats.into_iter().map(|(code, (says, samples))| Counted { code, says, samples }).collect(),
        }
    }
}

/// Of many samples a caveat's own length is not worth a line.
fn words(caveat: &Caveat) -> String {
    match caveat {
        Caveat::Loose(_) => "some time between phases may lie in or out of the span".to_owned(),
        caveat => caveat.to_string(),
    }
}

fn cell(length: Micros) -> u32 {
    u32::try_from(length.0).unwrap_or(u32::MAX)
}

fn observations(values: impl Iterator<Item = u32>) -> Option<Observations> {
    Observations::new(values.map(|value| f64::from(value) / 1_000.0).collect()).ok()
}

fn beside(theirs: &Observations, ours: &Observations, level: Level) -> Beside {
    let (theirs, ours) = (Percentile::of(theirs, level), Percentile::of(ours, level));
    Beside {
        level: level.share(),
        shown_ms: theirs.estimate,
        ours_ms: ours.estimate,
        difference_ms: theirs.estimate - ours.estimate,
        enough: theirs.enough,
    }
}
