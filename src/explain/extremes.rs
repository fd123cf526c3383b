//! Data at the edge of what may come: more rows than replicates are made of, and none of it as planned.

use crate::statistics::level::Level;

use super::influence::tests::row;
use super::interval::{NoInterval, ROWS_MAX, of_mean};
use super::ledger::Row;
use super::mean;
use super::percentile;
use super::sides::Sides;

const ROWS: u64 = ROWS_MAX as u64 + 500;

/// Ten years, in slots of a minute.
const FAR: u64 = 10 * 366 * 24 * 60;

fn sides(change: impl Fn(u64, Row) -> Row) -> Sides {
    let of = |side: u64| (0..ROWS).map(|n| change(n, row(side, n, n / 3))).collect();
    Sides::new(of(0), of(1)).unwrap()
}

fn both(sides: &Sides) -> [Result<(), NoInterval>; 2] {
    let point = mean::explain(sides);
    assert!((point.shares.sum() - point.gap).abs() < 1e-9);
    let points = percentile::explain(sides, &[Level::P90], 1);
    assert!((points[0].shares.sum() - points[0].gap).abs() < 1e-9);
    let of_mean = of_mean(sides, &point, 1, 10).map(|found| {
        let ends = found.rows.iter().chain([&found.gap]).flat_map(|ends| [ends.lower, ends.upper]);
        assert!(ends.flatten().all(f64::is_finite));
    });
    let of_percentile = percentile::intervals(sides, &points, 1, 2).remove(0).map(|found| {
        assert!(found.gap.lower.is_some_and(f64::is_finite));
    });
    [of_mean, of_percentile]
}

#[test]
fn a_sample_ten_years_away_takes_no_room_for_the_years_between() {
    let found = both(&sides(|n, row| if n == 7 { Row { at_ms: FAR as i64 * 60_000, ..row } } else { row }));
    assert_eq!(found, [Ok(()), Ok(())]);
}

#[test]
fn equal_samples_differ_by_nothing_and_vary_by_nothing() {
    let like = row(1, 3, 0);
    let sides = sides(|_, row| Row { id: row.id, at_ms: row.at_ms, sandbox: row.sandbox, drawn: row.drawn, ..like });
    let point = mean::explain(&sides);
    let found = of_mean(&sides, &point, 1, 10).unwrap();
    assert!(point.gap.abs() < 1e-9);
    assert!(found.gap.upper.unwrap() < 0.11, "{:?}", found.gap);
    assert_eq!(both(&sides), [Ok(()), Ok(())]);
}

#[test]
fn a_sandbox_for_each_sample_and_one_for_all_are_both_read() {
    assert_eq!(both(&sides(|_, row| Row { sandbox: row.id, ..row })), [Ok(()), Ok(())]);
    let one = both(&sides(|_, row| Row { sandbox: 1, place: 1, ..row }));
    assert_eq!(one, [Err(NoInterval::Sandboxes { more: 1 }); 2]);
}

#[test]
fn a_place_for_each_sample_leaves_nothing_to_compare_within_a_place() {
    let found = both(&sides(|_, row| Row { place: row.id, sandbox: row.id, ..row }));
    assert_eq!(found, [Err(NoInterval::Sandboxes { more: ROWS as usize }); 2]);
}
