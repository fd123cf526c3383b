//! What `parallax cost` counts of the rollups is what they read.

use std::time::Duration;

use parallax::cost::bill::{Bill, Terms, bill};
use parallax::cost::deployment::{Arm, Deployment};
use parallax::cost::prices::{Architecture, BUILT_IN, Prices};
use parallax::measurement::units::UnixMillis;
use parallax::metrics::down::Rule;
use parallax_aggregator::rollup::grid;
use parallax_aggregator::rollup::minute::IN_A_ROW;

/// 2026-01-01T00:00:00Z.
const START: UnixMillis = UnixMillis(1_767_225_600_000);
const DAYS: u64 = 30;
const SOURCES: u64 = 4;

/// Four pages from one place, all asked at each tick.
fn billed(minutes: u32) -> Bill {
    let arm = Arm {
        region: "eu-west-1".to_owned(),
        memory_mb: 1_769,
        method: "fresh".to_owned(),
        every: vec![minutes; SOURCES as usize],
    };
    let deployment = Deployment {
        home: "eu-west-1".to_owned(),
        arms: vec![arm],
        targets: SOURCES as u32,
        slow_targets: 0,
        metrics: vec!["latency".to_owned()],
        keep_days: 90.0,
        tick_minutes: minutes,
    };
    let terms = Terms { architecture: Architecture::X86, free_allowances: false };
    bill(&Prices::parse(BUILT_IN).unwrap(), &deployment, terms).unwrap()
}

fn quantity(bill: &Bill, item: &str) -> u64 {
    bill.lines.iter().find(|line| line.item == item).unwrap_or_else(|| panic!("no item {item}")).quantity.round() as u64
}

/// Units of a query of so many samples of 1 KB, read as they are at that moment.
fn units(stretch: Duration, every: Duration) -> u64 {
    (stretch.as_secs() as f64 / every.as_secs() as f64 / 4.0).ceil() as u64
}

#[test]
fn the_bill_counts_the_samples_that_rollups_read() {
    let windows_of_day = 86_400 / grid::LENGTH.as_secs();
    let ends =
        (1..=windows_of_day).map(|n| grid::window(START.plus(grid::LENGTH * n as u32).minus(Duration::from_millis(1))));
    let stretches: Vec<_> = ends.filter_map(grid::placement).collect();
    for minutes in [1, 3, 5, 60, 1_440] {
        let every = Duration::from_secs(60 * u64::from(minutes));
        let compared = grid::comparison(grid::window(START), every);
        let a_window = units(compared.latest.to.since(compared.before.from), every);
        let of_placement: u64 = stretches.iter().map(|stretch| units(stretch.to.since(stretch.from), every)).sum();
        let a_minute = units(Rule::shortest_look_back(IN_A_ROW, every), every);
        let a_day = 1_440 * a_minute + windows_of_day * a_window + of_placement;
        let found = quantity(&billed(minutes), "reads of the rollup: samples");
        assert_eq!(found, DAYS * SOURCES * a_day, "every {minutes} min");
    }
}

#[test]
fn the_bill_counts_a_rollup_for_each_minute_and_each_window() {
    let windows_of_day = 86_400 / grid::LENGTH.as_secs();
    let bill = billed(3);
    assert_eq!(quantity(&bill, "rollup requests"), DAYS * (1_440 + windows_of_day));
    // Counts of 480 samples a source and day, two units a summary, and marks: a batch a slot, and the windows'; four splits.
    let written = SOURCES * 480 + 2 * SOURCES * windows_of_day + 480 + windows_of_day + 4 * SOURCES;
    assert_eq!(quantity(&bill, "writes of counts, summaries and marks"), DAYS * written);
}
