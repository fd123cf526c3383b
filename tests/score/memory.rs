//! Network or stolen: a function whose kernel does not show what its host takes away, and the same function with a whole
//! processor beside it. What is taken, the simulator's quota takes; the explainer knows nothing of it.

use std::collections::BTreeMap;

use parallax::explain::account::{Account, Case};
use parallax::explain::cause::Cause;
use parallax::explain::claim::Claim;
use parallax::explain::contrast::Contrast;
use parallax::explain::question::{Question, Statistic};
use parallax::explain::source::Source;
use parallax::explain::verdict::Hypothesis;
use parallax::statistics::interval::Interval;

use super::super::simulator::{Seen, Side, sample, shocks, truth};
use super::tally::{Mean, Share};

/// Rows in which stolen time may lie unseen: what is neither the one nor the other for sure.
const EITHER: [&str; 5] = ["dns", "queueing", "fallback", "transfer", "residual"];

/// The shortest block of time that intervals are made from, in slots.
const BLOCK_SLOTS: u32 = 15;

/// A small function, and what the larger one beside it is like.
#[derive(Clone, Debug)]
pub struct World {
    pub name: &'static str,
    pub host: Side,
    pub small: Side,
    pub large: Side,
    pub slots: u32,
}

impl World {
    /// 128 MB beside 1769 MB, the same way, in the same slots.
    fn new(name: &'static str, change: impl Fn(&mut Side)) -> Self {
        let mut small = Side {
            name: "small",
            trips: vec![24.0],
            life: 8,
            cpu: 6.0,
            memory_mb: 128,
            throttled: true,
            shown: false,
            ..Side::default()
        };
        change(&mut small);
        let large = Side { name: "large", memory_mb: 1_769, ..small.clone() };
        Self { name, host: Side::default(), small, large, slots: 360 }
    }

    /// With time stolen, without, and with what only looks like it.
    pub fn all() -> Vec<Self> {
        vec![
            Self::new("128 MB, throttled", |_| {}),
            Self::new("128 MB, throttled, much work", |side| side.cpu = 20.0),
            Self::new("128 MB, throttled, sandboxes that live long", |side| side.life = 24),
            Self::new("128 MB, throttled, and a slow network", |side| side.hidden = 12.0),
            Self::new("128 MB, nothing stolen, a slow network", |side| (side.throttled, side.hidden) = (false, 12.0)),
            Self::new("128 MB, nothing stolen", |side| side.throttled = false),
        ]
    }

    fn seed(&self) -> u64 {
        self.name.bytes().fold(7, |sum, byte| sum.wrapping_mul(1_000_003).wrapping_add(byte.into()))
    }
}

/// What came of many runs of one world.
#[derive(Clone, Debug, Default)]
pub struct Score {
    pub runs: u64,
    /// Sandboxes, one after the other at one place, live longer than a block of time is.
    pub outlives_blocks: bool,
    pub gap: Mean,
    /// Taken from the smaller beyond what was taken from the larger, in the long run, ms.
    pub stolen: f64,
    /// Of that: error, estimate less truth, half of the interval.
    pub error: Mean,
    pub bias: Mean,
    pub half: Mean,
    /// Its interval holds it.
    pub covered: Share,
    /// What lies in a wrong row, ms: by the first size alone, and with both.
    pub moved: [Mean; 2],
    /// The interval of H4 holds what work and waiting for a processor make of the gap: by the first size, and with both.
    pub h4: [Share; 2],
    /// Decided as it is, decided wrongly; else open.
    pub right: Share,
    pub wrong: Share,
    pub sum_error: f64,
}

fn source(seen: &[Seen]) -> Source {
    let mut source = Source::default();
    seen.iter().for_each(|one| source.add(&one.sample, &one.environment, Some(one.reported_ms)));
    source
}

/// Runs a world; `long` slots tell what its quotas take in the long run.
pub fn run(world: &World, runs: u64, replicates: usize, long: u32) -> Score {
    let settled = [&world.small, &world.large].map(|side| side.in_the_long_run(long, world.seed() ^ 0x10_0000));
    let rows = truth(&world.host, &settled[0], 0.0);
    let stolen = settled[0].stolen - settled[1].stolen;
    let outlives_blocks = world.small.life > BLOCK_SLOTS;
    let mut score = Score { runs, stolen, outlives_blocks, ..Score::default() };
    for run in 0..runs {
        let seed = world.seed().wrapping_add(1_000 * run);
        let shocks = shocks(seed, world.slots);
        let of = |side: &Side, own: u64| source(&sample(side, seed.wrapping_add(own), world.slots, &shocks, false));
        let (host, small, large) = (of(&world.host, 1), of(&world.small, 2), of(&world.large, 3));
        let contrast = Contrast::of(1, &small.rows, &large.rows, "vantage=large".into(), seed).unwrap();
        let case = Case::new(host, small).unwrap();
        let alone = case.account(&Question { replicates, ..Question::new(Statistic::Mean, seed) });
        let mut both = alone.clone();
        contrast.clone().decide(&mut both);
        count(&mut score, &rows, &contrast, [&alone, &both]);
    }
    score
}

fn count(score: &mut Score, truth: &BTreeMap<&'static str, f64>, contrast: &Contrast, accounts: [&Account; 2]) {
    let found = contrast.stolen_ms;
    score.gap.add(truth.values().sum());
    score.error.add((found - score.stolen).abs());
    score.bias.add(found - score.stolen);
    if let Some((lower, upper)) = contrast.interval_ms.and_then(ends) {
        score.covered.count(lower <= score.stolen && score.stolen <= upper);
        score.half.add((upper - lower) / 2.0);
    }
    let there = score.stolen > 1.0;
    let claim = accounts[1].contrasts.first().map_or(Claim::Undecided, |decided| decided.claim);
    score.right.count(claim == if there { Claim::Supported } else { Claim::Refuted });
    score.wrong.count(claim == if there { Claim::Refuted } else { Claim::Supported });
    let work = ["cpu", "scheduling"].iter().filter_map(|cause| truth.get(cause)).sum::<f64>();
    for (at, account) in accounts.into_iter().enumerate() {
        let sum: f64 = account.rows.iter().map(|row| row.ms).sum();
        score.sum_error = score.sum_error.max((sum - account.gap_ms).abs());
        score.moved[at].add(wrong_row(truth, account, if at == 0 { 0.0 } else { found }));
        let verdict = account.verdicts.iter().find(|verdict| verdict.hypothesis == Hypothesis::CpuShare);
        if let Some((lower, upper)) = verdict.and_then(|verdict| verdict.interval_ms).and_then(ends) {
            score.h4[at].count(lower <= work && work <= upper);
        }
    }
}

fn ends(interval: Interval) -> Option<(f64, f64)> {
    interval.lower.zip(interval.upper)
}

/// Half of all errors, `stolen` ms of what may be either being taken for scheduling.
fn wrong_row(truth: &BTreeMap<&'static str, f64>, account: &Account, stolen: f64) -> f64 {
    let known = |cause: Cause| truth.get(cause.as_str()).copied().unwrap_or(0.0);
    let found = |cause: Cause| account.rows.iter().find(|row| row.cause == cause).map_or(0.0, |row| row.ms);
    let (mut sum, mut either) = (0.0, -stolen);
    for cause in Cause::ALL {
        let error = found(cause) - known(cause);
        match cause {
            Cause::Scheduling => sum += (error + stolen).abs(),
            cause if EITHER.contains(&cause.as_str()) => either += error,
            _ => sum += error.abs(),
        }
    }
    (sum + either.abs()) / 2.0
}
