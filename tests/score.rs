//! The explainer against worlds whose causes are known: how much of a gap it puts into the wrong row, how often its
//! intervals hold the truth, what it claims that is not so and what it misses.
//!
//! A short version runs with the tests. `PARALLAX_SCORE_RUNS=200` makes it the full one, which prints the table.

use std::collections::BTreeMap;

use parallax::explain::cause::Cause;
use parallax::explain::claim::{Bar, Claim};
use parallax::explain::interval::of_mean;
use parallax::explain::ledger::Row;
use parallax::explain::mean::explain;
use parallax::explain::percentile;
use parallax::explain::sides::Sides;
use parallax::statistics::level::Level;

use super::simulator::{Seen, Side, sample, shocks, truth};

struct World {
    name: &'static str,
    a: Side,
    b: Side,
    slots: u32,
    daily: bool,
    /// Rows that cannot be told apart here are scored as one.
    together: &'static [(&'static str, &'static str)],
}

fn twelve() -> (Side, Side) {
    let a = Side { lost: 0.000_5, ..Side::default() };
    let b = Side {
        name: "b",
        trips: vec![18.0, 24.0, 30.0, 40.0],
        life: 24,
        redirected: 0.6,
        dns: 8.0,
        queue: 0.4,
        lost: 0.002_5,
        cpu: 0.8,
        handshake_cpu: 0.7,
        stolen: 4.4,
        cold: [8.0, 14.0, 40.0],
        miss: 0.3,
        hidden: 4.0,
        transfer: 1.5,
        definition: 9.0,
        ..Side::default()
    };
    (a, b)
}

fn worlds() -> Vec<World> {
    let (a, b) = twelve();
    let world =
        |name, a: &Side, b: &Side| World { name, a: a.clone(), b: b.clone(), slots: 360, daily: false, together: &[] };
    let same = Side { name: "b", ..Side::default() };
    vec![
        world("S0", &a, &b),
        World { slots: 60, ..world("S0, 60 slots", &a, &b) },
        world("S1", &Side { reused: 0.5, ..a.clone() }, &Side { tls12: true, redirected: 0.4, ..b.clone() }),
        world("S2", &Side::default(), &same),
        World { daily: true, ..world("S3", &a, &Side { skew: 0.9, ..b.clone() }) },
        World { together: &[("scheduling", "residual")], ..world("S4", &a, &Side { shown: false, ..b.clone() }) },
        World {
            together: &[("server", "residual")],
            ..world("S5", &Side { said: 0.0, ..a.clone() }, &Side { said: 0.0, ..b.clone() })
        },
        world("S6", &Side { said: 0.3, ..a.clone() }, &Side { said: 0.3, ..b.clone() }),
    ]
}

pub(super) fn rows(seen: &[Seen]) -> Vec<Row> {
    seen.iter().filter_map(|one| Row::of(&one.sample, &one.environment, Some(one.reported_ms))).collect()
}

#[derive(Default)]
struct Score {
    gap: f64,
    misattributed: Vec<f64>,
    covered: BTreeMap<Cause, Vec<bool>>,
    error: BTreeMap<Cause, Vec<f64>>,
    half: BTreeMap<Cause, f64>,
    falsely: BTreeMap<Cause, Vec<bool>>,
    missed: Vec<bool>,
    top: Vec<bool>,
    width: Vec<f64>,
}

fn share(of: &[bool]) -> f64 {
    of.iter().filter(|is| **is).count() as f64 / of.len().max(1) as f64
}

fn mean(of: &[f64]) -> f64 {
    of.iter().sum::<f64>() / of.len().max(1) as f64
}

fn score(world: &World, runs: u64, replicates: usize) -> Score {
    let mut score = Score::default();
    for run in 0..runs {
        let seed = 1_000 * run + u64::from(world.slots);
        let shocks = shocks(seed, world.slots);
        let a = sample(&world.a, seed + 1, world.slots, &shocks, world.daily);
        let b = sample(&world.b, seed + 2, world.slots, &shocks, world.daily);
        let swing = |side: &[Seen]| side.iter().map(|one| one.swing).sum::<f64>() / side.len() as f64;
        let mut truth = truth(&world.a, &world.b, swing(&b) - swing(&a));
        for (from, to) in world.together {
            let ms = truth.remove(from).unwrap_or(0.0);
            *truth.entry(to).or_default() += ms;
        }
        let sides = Sides::new(rows(&a), rows(&b)).unwrap();
        let point = explain(&sides);
        assert!((point.shares.sum() - point.gap).abs() < 1e-9, "{}: {}", world.name, point.shares.sum() - point.gap);
        let intervals = of_mean(&sides, &point, seed, replicates).unwrap();
        let gap: f64 = truth.values().sum();
        score.gap = gap;
        let bar = Bar::of(point.gap, intervals.degrees);
        let (mut wrong, mut top) = (0.0, (0.0_f64, 0.0_f64, true));
        for cause in Cause::ALL {
            let (true_ms, found) = (truth.get(cause.as_str()).copied().unwrap_or(0.0), point.shares.get(cause));
            wrong += (found - true_ms).abs() / 2.0;
            let interval = intervals.rows[cause as usize];
            let (lower, upper) = (interval.lower.unwrap(), interval.upper.unwrap());
            if cause == Cause::Dependence || world.together.iter().any(|(from, _)| *from == cause.as_str()) {
                continue;
            }
            score.covered.entry(cause).or_default().push(lower <= true_ms && true_ms <= upper);
            score.error.entry(cause).or_default().push((found - true_ms).abs());
            *score.half.entry(cause).or_default() += (upper - lower) / 2.0 / runs as f64;
            let outside = (lower - true_ms).max(0.0) + (true_ms - upper).max(0.0);
            score.width.push((upper - lower) + 40.0 * outside);
            let claimed = bar.claim(found, Some(interval)) == Claim::Supported;
            if true_ms == 0.0 {
                score.falsely.entry(cause).or_default().push(claimed);
            } else if true_ms.abs() >= 5.0_f64.max(0.05 * gap.abs()) {
                score.missed.push(!claimed);
            }
            if true_ms.abs() > top.0 {
                top.0 = true_ms.abs();
                top.2 = found.abs() >= top.1;
            } else if found.abs() > top.1 {
                top.2 = false;
            }
            top.1 = top.1.max(found.abs());
        }
        score.top.push(top.2);
        score.misattributed.push(wrong / if gap.abs() > 1.0 { gap.abs() } else { 1.0 });
    }
    score
}

fn print(world: &World, score: &Score) {
    let all: Vec<bool> = score.covered.values().flatten().copied().collect();
    let worst = score.covered.iter().map(|(cause, of)| (share(of), *cause)).min_by(|x, y| x.0.total_cmp(&y.0)).unwrap();
    let falsely = score.falsely.iter().map(|(cause, of)| (share(of), *cause)).max_by(|x, y| x.0.total_cmp(&y.0));
    println!(
        "{:<14} gap {:6.1}  M {:6.4}  coverage {:.3}, worst {:.3} ({})  false {:.4} ({})  missed {:.4}  top {:.3}  interval score {:.2}",
        world.name,
        score.gap,
        mean(&score.misattributed),
        share(&all),
        worst.0,
        worst.1,
        falsely.map_or(0.0, |f| f.0),
        falsely.map_or("none", |f| f.1.as_str()),
        share(&score.missed),
        share(&score.top),
        mean(&score.width),
    );
    if std::env::var_os("PARALLAX_SCORE_ROWS").is_some() {
        for (cause, error) in &score.error {
            let covered = share(&score.covered[cause]);
            println!("    {cause:<12} MAE {:7.3}  half {:7.3}  coverage {covered:.3}", mean(error), score.half[cause]);
        }
    }
}

#[test]
fn the_mean_is_explained_within_the_gate() {
    let full = std::env::var("PARALLAX_SCORE_RUNS").ok().and_then(|runs| runs.parse::<u64>().ok());
    let (runs, replicates) = (full.unwrap_or(8), if full.is_some() { 300 } else { 60 });
    std::thread::scope(|scope| {
        for half in 0..2 {
            scope.spawn(move || {
                for world in worlds().iter().skip(half).step_by(2) {
                    let score = score(world, runs, replicates);
                    print(world, &score);
                    gate(world, &score, full.is_some());
                }
            });
        }
    });
}

/// Truth is the same division of many more samples: what the rows of a percentile mean is defined by it.
#[test]
fn percentiles_are_explained_within_the_gate() {
    let full = std::env::var("PARALLAX_SCORE_RUNS").ok().and_then(|runs| runs.parse::<u64>().ok());
    let (runs, pooled, replicates) = (full.unwrap_or(6), if full.is_some() { 40 } else { 8 }, full.map(|_| 60));
    let levels = [Level::P50, Level::P90, Level::P99];
    let (a, b) = twelve();
    let sides_of = |first: u64, count: u64| {
        let mut sides: [Vec<Row>; 2] = [Vec::new(), Vec::new()];
        for seed in first..first + count {
            let shocks = shocks(seed, 360);
            sides[0].extend(rows(&sample(&a, 2 * seed, 360, &shocks, false)));
            sides[1].extend(rows(&sample(&b, 2 * seed + 1, 360, &shocks, false)));
        }
        let [a, b] = sides;
        Sides::new(a, b).unwrap()
    };
    let truth = percentile::explain(&sides_of(1_000_000, pooled), &levels, 1);
    let rows: Vec<Cause> = percentile::MERGED.iter().map(|(cause, _)| *cause).chain([Cause::Dependence]).collect();
    let (mut errors, mut covered) = (vec![vec![0.0; rows.len()]; 3], vec![vec![0.0; rows.len()]; 3]);
    for run in 0..runs {
        let sides = sides_of(run, 1);
        let found = percentile::explain(&sides, &levels, 1);
        let intervals = replicates.map(|replicates| percentile::intervals(&sides, &found, 1, replicates));
        for level in 0..3 {
            for (at, cause) in rows.iter().enumerate() {
                let true_ms = truth[level].shares.get(*cause);
                errors[level][at] += (found[level].shares.get(*cause) - true_ms).abs() / runs as f64;
                let interval =
                    intervals.as_ref().and_then(|all| all[level].as_ref().ok()).map(|all| all.rows[*cause as usize]);
                let holds =
                    interval.is_some_and(|ends| ends.lower.unwrap() <= true_ms && true_ms <= ends.upper.unwrap());
                covered[level][at] += f64::from(u8::from(holds)) / runs as f64;
            }
        }
    }
    for (level, (gate, name)) in [(0.005, "p50"), (0.006, "p90"), (0.012, "p99")].into_iter().enumerate() {
        let (gap, error) = (truth[level].gap, mean(&errors[level]));
        let worst = covered[level].iter().copied().fold(1.0, f64::min);
        println!(
            "S0, {name}  gap {gap:6.1}  row MAE {error:.3} ms ({:.4} of the gap)  coverage {:.3}, worst {worst:.3}",
            error / gap,
            mean(&covered[level])
        );
        if std::env::var_os("PARALLAX_SCORE_ROWS").is_some() {
            for (at, cause) in rows.iter().enumerate() {
                let (true_ms, covered) = (truth[level].shares.get(*cause), covered[level][at]);
                println!("    {cause:<12} truth {true_ms:7.2}  MAE {:7.3}  coverage {covered:.3}", errors[level][at]);
            }
        }
        assert!(error <= gate * gap, "{name}: {error} of {gap}");
    }
}

/// The gate of the method; the few runs of the short version need room for chance.
fn gate(world: &World, score: &Score, full: bool) {
    if full && std::env::var_os("PARALLAX_SCORE_TRY").is_some() {
        return;
    }
    let limit = match world.name {
        "S2" => 1.5,
        // A tenth of what the guest cannot see is in dns, a seventh in transfer: memory arms have to tell.
        "S0, 60 slots" | "S4" => 0.04,
        _ => 0.02,
    };
    let missed = mean(&score.misattributed);
    assert!(missed <= limit, "{}: misattribution {missed}", world.name);
    if world.name == "S4" {
        return;
    }
    let all: Vec<bool> = score.covered.values().flatten().copied().collect();
    let worst = score.covered.values().map(|of| share(of)).fold(1.0, f64::min);
    assert!(share(&all) >= if full { 0.93 } else { 0.91 }, "{}: coverage {}", world.name, share(&all));
    assert!(worst >= if full { 0.88 } else { 0.6 }, "{}: worst row {worst}", world.name);
    let falsely = score.falsely.values().map(|of| share(of)).fold(0.0, f64::max);
    assert!(falsely <= if full { 0.01 } else { 0.13 }, "{}: false claims {falsely}", world.name);
    assert!(share(&score.missed) <= 0.02, "{}: missed claims {}", world.name, share(&score.missed));
    assert!(world.name == "S2" || share(&score.top) >= 1.0, "{}: top cause {}", world.name, share(&score.top));
}
