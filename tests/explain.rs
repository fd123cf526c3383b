//! What every account must hold, whatever the data: it adds up, it turns with its sides, equal sides differ by nothing.

use parallax::explain::cause::Cause;
use parallax::explain::composition::compose;
use parallax::explain::interval::{Intervals, NoInterval, of_mean};
use parallax::explain::ledger::Row;
use parallax::explain::mean;
use parallax::explain::percentile;
use parallax::explain::sides::{Sides, SidesError};
use parallax::statistics::level::Level;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::score::cell::rows;
use super::simulator::{Side, sample, shocks};

const LEVELS: [Level; 3] = [Level::P50, Level::P90, Level::P99];

prop_compose! {
    fn side(name: &'static str, life: u32)(
        trip in 1.0..90.0_f64, places in 1..4_usize, reused in 0..3_u32, tls12: bool, redirected in 0..3_u32,
        times in prop::array::uniform6(0.0..9.0_f64), said in 0..3_u32, skew in 0..2_u32, miss in 0..3_u32,
    ) -> Side {
        Side {
            name,
            trips: (0..places).map(|place| trip * (1.0 + place as f64 / 3.0)).collect(),
            life,
            reused: f64::from(reused) / 2.0,
            tls12,
            redirected: f64::from(redirected) / 2.0,
            dns: times[0],
            queue: times[1],
            stolen: times[2],
            cold: [times[3], times[4], times[5]],
            lost: times[5] / 90.0,
            said: f64::from(said) / 2.0,
            skew: f64::from(skew) * 0.8,
            miss: f64::from(miss) / 2.0,
            ..Side::default()
        }
    }
}

fn sides_of(a: &Side, b: &Side, slots: u32, seed: u64) -> (Vec<Row>, Vec<Row>) {
    let shocks = shocks(seed, slots);
    let of = |side: &Side, own: u64| rows(&sample(side, seed + own, slots, &shocks, true));
    (of(a, 1), of(b, 2))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, rng_seed: RngSeed::Fixed(20_261_123), ..ProptestConfig::default() })]

    #[test]
    fn accounts_add_up_turn_with_their_sides_and_heed_no_order(a in side("a", 0), b in side("b", 7), seed in 0..900_u64) {
        let (a, b) = sides_of(&a, &b, 48, seed);
        let sides = Sides::new(a.clone(), b.clone()).unwrap();
        let turned = Sides::new(b.clone(), a.clone()).unwrap();
        let shuffled = Sides::new(a.into_iter().rev().collect(), b.into_iter().rev().collect()).unwrap();
        let (mean_gap, back) = (mean::explain(&sides), mean::explain(&turned));
        prop_assert!((mean_gap.shares.sum() - mean_gap.gap).abs() < 1e-9 && mean_gap.rounding.abs() < 1e-9);
        prop_assert_eq!(mean::explain(&shuffled), mean_gap);
        for cause in Cause::ALL {
            let sum = mean_gap.shares.get(cause) + back.shares.get(cause);
            prop_assert!(sum.abs() < 1e-9, "{} {}", cause, sum);
        }
        let (there, back) = (percentile::explain(&sides, &LEVELS, 5), percentile::explain(&turned, &LEVELS, 5));
        prop_assert_eq!(percentile::explain(&shuffled, &LEVELS, 5), there.clone());
        for (there, back) in there.iter().zip(&back) {
            prop_assert!((there.shares.sum() - there.gap).abs() < 1e-9 && there.rounding.abs() < 1e-9);
            for cause in Cause::ALL {
                let sum = there.shares.get(cause) + back.shares.get(cause);
                prop_assert!(sum.abs() < 1e-9, "{} {}", cause, sum);
            }
        }
        for level in LEVELS {
            let whole = compose(&sides, level, 5).unwrap();
            let sum: f64 = whole.parts.iter().map(|part| part.b_ms).sum();
            prop_assert!((sum - whole.values_ms[1]).abs() < 1e-9);
        }
    }

    #[test]
    fn equal_sides_differ_by_nothing(a in side("a", 5), seed in 0..900_u64) {
        let (a, _) = sides_of(&a, &a, 40, seed);
        let renamed = a.iter().map(|row| Row { id: row.id ^ 0x55, ..*row }).collect();
        let sides = Sides::new(a, renamed).unwrap();
        for shares in [mean::explain(&sides).shares].into_iter().chain(
            percentile::explain(&sides, &LEVELS, 1).into_iter().map(|found| found.shares),
        ) {
            for cause in Cause::ALL {
                prop_assert!(shares.get(cause).abs() < 1e-9, "{} {}", cause, shares.get(cause));
            }
        }
    }

    #[test]
    fn splitting_a_weight_changes_nothing(a in side("a", 0), b in side("b", 6), seed in 0..900_u64, half in 0.1..0.9_f64) {
        let (a, b) = sides_of(&a, &b, 40, seed);
        let whole = Sides::new(a.clone(), b.clone()).unwrap();
        // Into two samples that are alike, which is the same for a mean; and into two parts of one sample, which is the same
        // for every figure.
        let in_two = |row: &Row, other: u64| {
            [Row { weight: half, ..*row }, Row { weight: 1.0 - half, id: row.id ^ other, ..*row }]
        };
        let alike = Sides::new(a.clone(), b.iter().flat_map(|row| in_two(row, 1)).collect()).unwrap();
        let parted = Sides::new(a, b.iter().flat_map(|row| in_two(row, 0)).collect()).unwrap();
        let (mean_whole, mean_parted) = (mean::explain(&whole), mean::explain(&parted));
        let mut both = vec![(mean_whole.shares, mean::explain(&alike).shares), (mean_whole.shares, mean_parted.shares)];
        let [found, split] = [&whole, &parted].map(|sides| percentile::explain(sides, &LEVELS, 5));
        both.extend(found.iter().zip(&split).map(|(found, split)| (found.shares, split.shares)));
        for (whole, split) in both {
            for cause in Cause::ALL {
                let moved = whole.get(cause) - split.get(cause);
                prop_assert!(moved.abs() < 1e-8, "{} {}", cause, moved);
            }
        }
        let [ends, of_parted] = [(&whole, mean_whole), (&parted, mean_parted)].map(|(sides, point)| of_mean(sides, &point, 3, 6));
        if let (Ok(ends), Ok(of_parted)) = (ends, of_parted) {
            for (one, other) in ends.rows.iter().zip(&of_parted.rows) {
                prop_assert!((one.lower.unwrap() - other.lower.unwrap()).abs() < 1e-6, "{:?} {:?}", one, other);
            }
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_mirrored_sides_mirrored_intervals() {
    let b = Side { name: "b", life: 8, trips: vec![20.0, 30.0], ..Side::default() };
    let (a, b) = sides_of(&Side::default(), &b, 120, 3);
    let sides = Sides::new(a.clone(), b.clone()).unwrap();
    let point = mean::explain(&sides);
    let once = of_mean(&sides, &point, 9, 40).unwrap();
    assert_eq!(once, of_mean(&sides, &point, 9, 40).unwrap());
    assert_ne!(once, of_mean(&sides, &point, 10, 40).unwrap());
    let turned = Sides::new(b, a).unwrap();
    let back = of_mean(&turned, &mean::explain(&turned), 9, 40).unwrap();
    for (there, back) in once.rows.iter().zip(&back.rows) {
        assert!((there.lower.unwrap() + back.upper.unwrap()).abs() < 1e-9, "{there:?} {back:?}");
    }
}

#[test]
fn too_little_data_says_how_much_more_is_needed() {
    let lambda = Side { name: "b", life: 1_000, ..Side::default() };
    let of = |slots: u32, b: &Side| {
        let (a, b) = sides_of(&Side::default(), b, slots, 3);
        let sides = Sides::new(a, b).unwrap();
        of_mean(&sides, &mean::explain(&sides), 1, 20)
    };
    assert_eq!(of(12, &lambda), Err(NoInterval::Samples { more: 8 }));
    assert!(matches!(of(60, &Side { life: 100_000, ..lambda }), Err(NoInterval::Sandboxes { more: 1 })));
    assert!(of(60, &Side { name: "b", ..Side::default() }).is_ok());
}

/// A gap that is one thing for hours and another for the next hours was met twice, however many samples say so.
#[test]
fn a_gap_that_changes_slowly_has_no_interval() {
    let (a, b) = sides_of(&Side::default(), &Side { name: "b", ..Side::default() }, 120, 3);
    let middle = f64::midpoint(b[0].at_ms as f64, b[b.len() - 1].at_ms as f64);
    let later = |row: &Row| Row { total: row.total + if row.at_ms as f64 > middle { 60.0 } else { 0.0 }, ..*row };
    let stepped = Sides::new(a.clone(), b.iter().map(later).collect()).unwrap();
    let found = of_mean(&stepped, &mean::explain(&stepped), 1, 20);
    assert!(matches!(found, Err(NoInterval::Autocorrelation { more: 100.. })), "{found:?}");
    let of_median = percentile::explain(&stepped, &[Level::P50], 1);
    assert_eq!(percentile::intervals(&stepped, &of_median, 1, 10)[0].as_ref().err(), found.as_ref().err());
    let both = |rows: &[Row]| rows.iter().map(later).collect();
    let shared = Sides::new(both(&a), both(&b)).unwrap();
    assert!(of_mean(&shared, &mean::explain(&shared), 1, 20).is_ok(), "what both sides share is no memory of the gap");
}

/// Weights that keep windows cannot tell sandboxes apart of which each window has one; blocks as long as these live can.
#[test]
fn blocks_are_as_long_as_sandboxes_that_follow_each_other_live() {
    let of = |slots: u32, life: u32, trips: Vec<f64>| {
        let b = Side { name: "b", life, trips, cpu: 9.0, stolen: 15.0, ..Side::default() };
        let (a, b) = sides_of(&Side::default(), &b, slots, 3);
        let sides = Sides::new(a, b).unwrap();
        let at_p50 = percentile::explain(&sides, &[Level::P50], 1);
        let of_median = percentile::intervals(&sides, &at_p50, 1, 10).remove(0);
        let block = |found: Result<Intervals, NoInterval>| found.map(|found| found.block_ms / 180_000);
        let of_mean = block(of_mean(&sides, &mean::explain(&sides), 1, 20));
        assert_eq!(of_mean, block(of_median));
        of_mean
    };
    for (slots, life) in [(360, 24), (360, 40), (720, 60)] {
        // Those at both ends are cut short.
        let block = of(slots, life, vec![24.0]).unwrap();
        assert!((i64::from(life) * 9 / 10..=i64::from(life)).contains(&block), "{life}: {block}");
    }
    assert_eq!(of(360, 8, vec![24.0]), Ok(15), "shorter than a block");
    assert_eq!(of(360, 24, vec![24.0, 30.0]), Ok(15), "two at once");
    assert_eq!(of(360, 0, vec![24.0]), Ok(15), "one that stays, on a host");
    let Err(NoInterval::Slots { more }) = of(240, 60, vec![24.0]) else { panic!("four lives are too few") };
    assert!((30..=120).contains(&more), "{more}");
    assert!(of(240 + more as u32 + 60, 60, vec![24.0]).is_ok());
}

#[test]
fn sides_without_samples_or_without_common_time_are_refused() {
    let (a, b) = sides_of(&Side::default(), &Side { name: "b", ..Side::default() }, 20, 1);
    assert_eq!(Sides::new(Vec::new(), b.clone()).unwrap_err(), SidesError::Empty("A"));
    let later = b.iter().map(|row| Row { at_ms: row.at_ms + 40 * 86_400_000, ..*row }).collect();
    assert_eq!(Sides::new(a, later).unwrap_err(), SidesError::NoCommonTime);
}
