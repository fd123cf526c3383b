//! The short version, with gates that few runs can tell: those of the method, with room for chance in shares.

use parallax::explain::cause::Cause;
use parallax::explain::claim::{Bar, Claim};
use parallax::explain::interval::of_mean;
use parallax::explain::mean::explain;
use parallax::explain::sides::Sides;

use super::score::cell::{once, rows, run};
use super::score::gate;
use super::score::percentiles::Cell;
use super::score::table;
use super::score::tally::Tally;
use super::score::worlds::{self, Kind, World};
use super::simulator::Seen;

fn named(name: &str) -> World {
    worlds::all().into_iter().find(|world| world.name == name).unwrap()
}

fn scored(names: &[&str], runs: u64) -> Vec<(World, Tally)> {
    // Two at a time: what a small machine has.
    let run_one = |name: &&str| {
        let world = named(name);
        let tally = run(&world, runs, 60);
        (world, tally)
    };
    std::thread::scope(|scope| {
        let (first, second) = names.split_at(names.len() / 2);
        let first = scope.spawn(move || first.iter().map(run_one).collect::<Vec<_>>());
        let second: Vec<_> = second.iter().map(run_one).collect();
        first.join().unwrap().into_iter().chain(second).collect()
    })
}

#[test]
fn the_mean_is_explained_within_the_gate() {
    let scored = scored(&["S0", "S1", "S2", "S0, 240 requests", "S3", "S5", "S6", "5 % time out"], 8);
    for target in gate::of_mean(&scored) {
        // Eight runs tell no share to the percent: rows are held to more lenient shares below.
        let needs_many = ["coverage", "false", "hidden", "misattribution"];
        assert!(needs_many.iter().any(|what| target.what.starts_with(what)) || target.holds, "{target:?}");
    }
    for (world, tally) in &scored {
        let covered = tally.covered().value().unwrap();
        assert!(covered >= 0.91, "{}: coverage {covered}", world.name);
        assert!(tally.worst().unwrap().1 >= 0.6, "{}: {:?}", world.name, tally.worst());
        assert!(tally.most_false().unwrap().1 <= 0.13, "{}: {:?}", world.name, tally.most_false());
        assert_eq!(tally.without_interval, 0, "{}", world.name);
        let limit = if world.slots < 360 { 0.05 } else { 0.025 };
        let wrong = if world.kind == Kind::Null { 0.0 } else { tally.misattribution() };
        assert!(wrong <= limit, "{}: {wrong} in wrong rows", world.name);
    }
    let page = table::page(&scored, &[], &gate::of_mean(&scored));
    assert!(scored.iter().all(|(world, _)| page.contains(&format!("| {} |", world.name))), "{page}");
    let none = scored.iter().find(|(world, _)| world.name == "S2").unwrap();
    assert!(none.1.moved_ms() <= 1.5, "{}", none.1.moved_ms());
    let failed = scored.iter().find(|(world, _)| world.name == "5 % time out").unwrap();
    assert!((0.03..0.07).contains(&failed.1.failed.value()), "{}", failed.1.failed.value());
}

#[test]
fn a_cause_alone_is_the_cause_that_is_found() {
    for cause in worlds::CAUSES {
        // Only a whole day shows what its hours do.
        let world = worlds::single(cause, 2);
        let world = World { slots: if world.daily { 480 } else { 120 }, ..world };
        let tally = run(&world, 2, 10);
        assert!(tally.sum_error <= 1e-9, "{cause}: {}", tally.sum_error);
        assert_eq!(tally.top.value(), Some(1.0), "{cause}: {:?}", tally.rows);
    }
}

#[test]
fn what_is_hidden_is_in_the_residual_and_moves_nothing_else() {
    let tally = run(&worlds::single("residual", 1), 4, 60);
    assert_eq!((tally.honest.yes, tally.honest.all), (4, 4));
}

/// Delay that the kernel does not show is in the rows that say so, and in no other.
#[test]
fn stolen_time_stays_in_the_rows_that_may_hold_it() {
    for name in ["S4", "no run delay"] {
        let tally = run(&named(name), 4, 10);
        assert!(tally.misattribution() <= 0.02, "{name}: {}", tally.misattribution());
    }
}

/// Who says more than the wait allows on most answers is not believed on the others.
#[test]
fn a_server_that_boasts_moves_no_other_row() {
    let tally = run(&named("Server-Timing says too much"), 4, 10);
    assert!(tally.misattribution() <= 0.02, "{}", tally.misattribution());
}

/// The shortest of few round trips is too long, and every repetition of the same samples finds it as short.
#[test]
fn the_interval_of_distance_knows_that_the_floor_is_too_high() {
    let tally = run(&worlds::single("queueing", 2), 6, 20);
    let distance = tally.rows[&Cause::Distance];
    assert!(distance.bias.value() > 0.2, "{}", distance.bias.value());
    assert!(distance.covered.value().unwrap() >= 0.8, "{:?}", distance.covered);
}

/// Six losses against none are one in a hundred by luck, whatever the rate; five are not so rare.
#[test]
fn a_loss_is_claimed_by_the_exact_test_of_its_counts() {
    let world = worlds::single("loss", 1);
    for (losses, claim) in [(5, Claim::Undecided), (6, Claim::Supported)] {
        let found = (0..100).find_map(|run| {
            let ([a, b], _) = once(&world.a, &world.b, world.slots, world.daily, run);
            let lost = |side: &[Seen]| side.iter().filter(|one| one.befell.lost).count();
            (lost(&a) == 0 && lost(&b) == losses).then(|| Sides::new(rows(&a), rows(&b)).unwrap())
        });
        let sides = found.unwrap();
        let point = explain(&sides);
        let intervals = of_mean(&sides, &point, 1, 20).unwrap();
        let bar = Bar::of(point.gap, intervals.degrees);
        assert_eq!(intervals.claim(&bar, Cause::Loss, point.shares.get(Cause::Loss)), claim, "{losses}");
    }
}

#[test]
fn no_world_breaks_the_sum() {
    for world in worlds::all().into_iter().filter(|world| world.kind != Kind::Whole) {
        let tally = run(&World { slots: 40, ..world.clone() }, 1, 2);
        assert!(tally.sum_error <= 1e-9, "{}: {}", world.name, tally.sum_error);
    }
}

#[test]
fn percentiles_are_explained_within_the_gate() {
    for target in gate::of_percentiles(&Cell::Twelve.run(6, 8, 0)) {
        assert!(target.holds, "{target:?}");
    }
}

#[test]
fn a_cause_alone_owns_the_whole_gap_of_a_percentile() {
    let some = ["distance alone", "redirect alone", "scheduling alone"];
    let cells: Vec<Cell> = Cell::all().into_iter().filter(|cell| some.contains(&cell.name().as_str())).collect();
    assert_eq!(cells.len(), some.len());
    for cell in cells {
        for score in cell.run(cell.runs(10), 8, 0).iter().take(2) {
            assert!(score.sum_error <= 1e-9);
            let error = score.error() / score.gap.abs();
            assert!(error <= 0.03, "{}: {error} of {}", cell.name(), score.gap);
        }
    }
}
