//! What was not measured is published as far as it is known.

use parallax::measurement::identity::Method;
use parallax::measurement::miss::{Miss, Reason};
use parallax::measurement::refused::Refused;
use parallax::measurement::units::UnixMillis;
use parallax::metrics::gaps::gaps;

use super::{named, values};
use crate::support::samples::START;

const NOW: UnixMillis = UnixMillis(START);
const MINUTE: i64 = 60_000;

fn miss(slot_ms: i64) -> Miss {
    Miss {
        target: "front".parse().unwrap(),
        vantage: "lambda/eu-west-1/1769".parse().unwrap(),
        method: Method::Fresh,
        slot_ms: UnixMillis(slot_ms),
        reason: Reason::Header,
    }
}

fn refused(region: &str, rows: u32, slot_ms: i64) -> Refused {
    Refused { region: region.to_owned(), rows, slot_ms: UnixMillis(slot_ms) }
}

/// Series, minutes before now, and values.
fn published(missed: &[Miss], refused: &[Refused]) -> Vec<(String, i64, Vec<f64>)> {
    let datums = gaps(missed, refused, NOW);
    datums
        .iter()
        .map(|datum| (named(datum.series()), (NOW.0 - datum.at().0) / MINUTE, values(datum).collect()))
        .collect()
}

#[test]
fn each_gap_is_at_its_slot_and_a_slot_that_was_not_missed_is_zero() {
    assert_eq!(published(&[], &[]), [("SlotsMissed".to_owned(), 0, vec![0.0])]);
    let missed = [START - 3 * MINUTE, START - 3 * MINUTE, START].map(miss);
    let found = published(&missed, &[refused("eu-west-1", 1, START - MINUTE), refused("us-east-1", 3, START - MINUTE)]);
    let expected = [
        ("TargetsRefused", 1, vec![1.0, 3.0]),
        ("RowsRefused ProbeRegion=eu-west-1", 1, vec![1.0]),
        ("RowsRefused ProbeRegion=us-east-1", 1, vec![3.0]),
        ("SlotsMissed", 3, vec![1.0, 1.0]),
        ("SlotsMissed", 0, vec![0.0, 1.0]),
    ];
    assert_eq!(found, expected.map(|(name, at, values)| (name.to_owned(), at, values)));
}

#[test]
fn what_cloudwatch_would_not_take_is_left_out_and_any_region_is_a_label() {
    let long_ago = START - 14 * 86_400_000;
    let zero = [("SlotsMissed".to_owned(), 0, vec![0.0])];
    assert_eq!(published(&[miss(long_ago)], &[refused("eu-west-1", 1, long_ago)]), zero);
    let odd = published(&[], &[refused("\u{1b} é", u32::MAX, START)]);
    assert!(odd.contains(&("RowsRefused ProbeRegion=___".to_owned(), 0, vec![f64::from(u32::MAX)])), "{odd:?}");
}
