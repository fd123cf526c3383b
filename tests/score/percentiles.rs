//! Percentiles, run many times over.
//!
//! Where many causes are at work, what a row of a percentile means is defined by the division itself, so truth is the
//! same division of very many more samples; and, so that a fault of it cannot be its own truth, a second time the division
//! of [`super::enumerated`], of other samples. Where one cause is alone, truth needs no division: the whole gap is its
//! own, and the gap is that of plain percentiles of very many simulated times.

use parallax::explain::cause::Cause;
use parallax::explain::claim::{Bar, Claim};
use parallax::explain::percentile::{self, MERGED};
use parallax::explain::sides::Sides;
use parallax::statistics::level::Level;

use super::super::simulator::{Seen, Side, sample, shocks};
use super::cell::{once, rows};
use super::enumerated::{self, Parts};
use super::tally::{Mean, Share};
use super::worlds::{World, single, successions, twelve};

pub const LEVELS: [(Level, &str); 3] = [(Level::P50, "p50"), (Level::P90, "p90"), (Level::P99, "p99")];

/// Causes that are one column each, so that alone they own a percentile's whole gap.
pub const ALONE: [&str; 11] = [
    "definition",
    "timing",
    "dns",
    "distance",
    "redirect",
    "cpu",
    "scheduling",
    "cdn",
    "server",
    "transfer",
    "residual",
];

/// One percentile of one world.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Score {
    pub runs: u64,
    pub gap: f64,
    /// By row: error, and estimate less truth.
    pub rows: Vec<(Cause, Mean, Mean, Share)>,
    /// Claimed where there is nothing, over all rows.
    pub falsely: Share,
    pub sum_error: f64,
}

impl Score {
    /// Mean absolute error of a row, milliseconds.
    pub fn error(&self) -> f64 {
        self.rows.iter().map(|(_, error, _, _)| error.value()).sum::<f64>() / self.rows.len().max(1) as f64
    }

    pub fn covered(&self) -> Share {
        self.rows.iter().fold(Share::default(), |sum, (_, _, _, share)| sum.and(*share))
    }

    pub fn worst(&self) -> Option<(Cause, f64)> {
        let shares = self.rows.iter().filter_map(|(cause, _, _, share)| Some((*cause, share.value()?)));
        shares.min_by(|x, y| x.1.total_cmp(&y.1))
    }
}

/// What is true of each row, level by level.
pub type Truth = Vec<Vec<(Cause, f64)>>;

fn levels() -> Vec<Level> {
    LEVELS.iter().map(|(level, _)| *level).collect()
}

pub fn causes() -> impl Iterator<Item = Cause> {
    MERGED.iter().map(|(cause, _)| *cause).chain([Cause::Timing, Cause::Dependence])
}

fn sides(a: &Side, b: &Side, world: &World, seeds: std::ops::Range<u64>) -> Sides {
    let mut both = [Vec::new(), Vec::new()];
    for seed in seeds {
        let (seen, _) = once(a, b, world.slots, world.daily, world.seed().wrapping_add(3 * seed));
        both.iter_mut().zip(seen).for_each(|(all, seen)| all.extend(rows(&seen)));
    }
    let [a, b] = both;
    Sides::new(a, b).unwrap()
}

const POOL: u64 = 1_000_000;

/// Where the samples of the second truth begin, and how many data sets there are for one of the first: the tail of the
/// few of a side is what is rare.
const OTHER_POOL: (u64, u64) = (2_000_000, 4);

fn divided(world: &World, pooled: u64) -> Truth {
    let found = percentile::explain(&sides(&world.a, &world.b, world, POOL..POOL + pooled), &levels(), 1);
    found.iter().map(|one| causes().map(|cause| (cause, one.shares.get(cause))).collect()).collect()
}

/// The same from what befell the requests.
fn enumerated(world: &World, seeds: std::ops::Range<u64>) -> Truth {
    let mut both: [Vec<Parts>; 2] = [Vec::new(), Vec::new()];
    for seed in seeds {
        let seed = world.seed().wrapping_add(3 * seed);
        let (seen, _) = once(&world.a, &world.b, world.slots, world.daily, seed);
        let timed = |seen: &[Seen]| {
            let timed = seen.iter().filter(|one| one.sample.outcome.is_timed());
            timed.map(enumerated::parts).collect::<Vec<_>>()
        };
        both.iter_mut().zip(seen).for_each(|(all, seen)| all.extend(timed(&seen)));
    }
    let [a, b] = both;
    enumerated::divided(a, b)
}

/// Twelve causes at once.
fn s0() -> World {
    let (a, b) = twelve();
    World { a, b, slots: 360, ..single("definition", 0) }
}

/// The truth of S0 by both ways, from the very same samples: what differs is how causes are read and divided.
pub fn both_truths(pooled: u64) -> [Truth; 2] {
    let world = s0();
    [divided(&world, pooled), enumerated(&world, POOL..POOL + pooled)]
}

/// The whole gap is the one cause's.
fn alone(world: &World, owner: Cause, pooled: u64) -> Truth {
    let mut times = [Vec::new(), Vec::new()];
    for seed in POOL..POOL + pooled {
        // Both sides with the same luck: what differs is the cause and nothing else.
        let shocks = shocks(seed, world.slots);
        for (times, side) in times.iter_mut().zip([&world.a, &world.b]) {
            let seen = sample(side, seed, world.slots, &shocks, world.daily);
            times.extend(seen.iter().map(|one| one.reported_ms));
        }
    }
    times.iter_mut().for_each(|times| times.sort_by(f64::total_cmp));
    let at = |times: &[f64], share: f64| times[(times.len() as f64 * share) as usize];
    let gap = |level: &Level| at(&times[1], level.share()) - at(&times[0], level.share());
    let own = |level: &Level| causes().map(|cause| (cause, if cause == owner { gap(level) } else { 0.0 })).collect();
    levels().iter().map(own).collect()
}

/// The row that holds a cause at percentiles.
fn row_of(cause: &str) -> Cause {
    let cause = Cause::ALL.into_iter().find(|known| known.as_str() == cause).unwrap();
    MERGED.iter().find(|(_, holds)| holds.contains(&cause)).map_or(cause, |(row, _)| *row)
}

fn run(world: &World, truth: &Truth, runs: u64, replicates: usize) -> Vec<Score> {
    let mut scores: Vec<Score> = truth
        .iter()
        .map(|rows| Score {
            runs,
            gap: rows.iter().map(|(_, ms)| ms).sum(),
            rows: rows.iter().map(|(cause, _)| (*cause, Mean::default(), Mean::default(), Share::default())).collect(),
            ..Score::default()
        })
        .collect();
    for run in 0..runs {
        let sides = sides(&world.a, &world.b, world, run..run + 1);
        let found = percentile::explain(&sides, &levels(), 1);
        let intervals = (replicates > 0).then(|| percentile::intervals(&sides, &found, 1, replicates));
        for (level, score) in scores.iter_mut().enumerate() {
            let point = &found[level];
            score.sum_error = score.sum_error.max((point.shares.sum() - point.gap).abs()).max(point.rounding.abs());
            let ends = intervals.as_ref().and_then(|all| all[level].as_ref().ok());
            for (row, (cause, true_ms)) in score.rows.iter_mut().zip(&truth[level]) {
                let ms = point.shares.get(*cause);
                row.1.add((ms - true_ms).abs());
                row.2.add(ms - true_ms);
                let Some(all) = ends else { continue };
                let interval = all.rows[*cause as usize];
                row.3.count(interval.lower.unwrap() <= *true_ms && *true_ms <= interval.upper.unwrap());
                if *true_ms == 0.0 {
                    score.falsely.count(Bar::of(point.gap, all.degrees).claim(ms, Some(interval)) == Claim::Supported);
                }
            }
        }
    }
    scores
}

/// How tables call the second truth of S0.
pub const ENUMERATED: &str = "S0, truth by enumeration";

/// What there is to run: a name, and how.
#[derive(Clone, Debug)]
pub enum Cell {
    /// Twelve causes at once.
    Twelve,
    /// The same runs, against the truth of [`super::enumerated`].
    Enumerated,
    /// The same page, the same place, the same way.
    Nothing,
    /// One cause.
    Alone(&'static str),
    /// One of [`successions`]: truth is the division of very many samples.
    Succession(Box<World>),
}

impl Cell {
    pub fn all() -> Vec<Self> {
        let first = [Self::Twelve, Self::Enumerated, Self::Nothing];
        let long =
            successions().into_iter().filter(|world| world.slots == 360).map(|world| Self::Succession(Box::new(world)));
        first.into_iter().chain(ALONE.into_iter().map(Self::Alone)).chain(long).collect()
    }

    pub fn name(&self) -> String {
        match self {
            Self::Twelve => "S0".into(),
            Self::Enumerated => ENUMERATED.into(),
            Self::Nothing => "nothing differs".into(),
            Self::Alone(cause) => format!("{cause} alone"),
            Self::Succession(world) => world.name.clone(),
        }
    }

    pub fn run(&self, runs: u64, pooled: u64, replicates: usize) -> Vec<Score> {
        let large = |cause: &str| World { slots: 480, ..single(cause, 2) };
        match self {
            Self::Twelve => run(&s0(), &divided(&s0(), pooled), runs, replicates),
            Self::Enumerated => {
                let (first, times) = OTHER_POOL;
                run(&s0(), &enumerated(&s0(), first..first + times * pooled), runs, replicates)
            }
            Self::Nothing => {
                let (a, b) = (Side::default(), Side { name: "b", ..Side::default() });
                let world = World { a, b, ..large("definition") };
                let none = levels().iter().map(|_| causes().map(|cause| (cause, 0.0)).collect()).collect();
                run(&world, &none, runs, replicates)
            }
            Self::Succession(world) => run(world, &divided(world, pooled), runs, replicates),
            Self::Alone(cause) => {
                let world = large(cause);
                run(&world, &alone(&world, row_of(cause), pooled), runs, replicates)
            }
        }
    }
}
