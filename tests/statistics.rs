//! Estimates against values published or computed elsewhere; each test names its source.

use parallax::statistics::harrell_davis::harrell_davis;
use parallax::statistics::interval::{Ranks, ranks};
use parallax::statistics::level::Level;
use parallax::statistics::moments::Moments;
use parallax::statistics::observations::Observations;
use parallax::statistics::proportion::Proportion;
use parallax::statistics::quantile::{Definition, quantile};
use parallax::statistics::sketch::{RELATIVE_ERROR, Sketch, SketchError};
use proptest::prelude::*;

use super::support::digits::digits;

#[track_caller]
fn certified(series: &[f64], mean: f64, deviation: f64, autocorrelation: f64, digits_least: [f64; 3]) {
    let moments = Moments::of(series).unwrap();
    let found = [moments.mean, moments.deviation.unwrap(), moments.autocorrelation.unwrap()];
    for ((found, certified), least) in found.into_iter().zip([mean, deviation, autocorrelation]).zip(digits_least) {
        assert!(digits(found, certified) >= least, "{found} against {certified}: {} digits", digits(found, certified));
    }
}

/// NIST StRD, univariate: Lew, Lottery, Mavro, Michelso.
#[test]
fn moments_agree_with_nist_on_observed_data() {
    for text in [
        include_str!("reference/nist/lew.txt"),
        include_str!("reference/nist/lottery.txt"),
        include_str!("reference/nist/mavro.txt"),
        include_str!("reference/nist/michelso.txt"),
    ] {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let mut numbers = lines.flat_map(str::split_whitespace).map(|word| word.parse::<f64>().unwrap());
        let [mean, deviation, autocorrelation] = std::array::from_fn(|_| numbers.next().unwrap());
        certified(&numbers.collect::<Vec<_>>(), mean, deviation, autocorrelation, [14.0, 12.5, 12.0]);
    }
}

/// NIST StRD, univariate: NumAcc1 to NumAcc4, which are defined by construction and certified exactly. The data of 3
/// and 4 are not binary fractions: a spread of 0.1 about 10⁷ keeps eight digits in the data themselves.
#[test]
fn moments_agree_with_nist_where_the_mean_is_huge_beside_the_spread() {
    let alternating = |about: f64, low: f64, high: f64| {
        let pairs = std::iter::repeat_n([low, high], 500).flatten();
        std::iter::once(about).chain(pairs).collect::<Vec<f64>>()
    };
    certified(&[10_000_001.0, 10_000_003.0, 10_000_002.0], 10_000_002.0, 1.0, -0.5, [15.0; 3]);
    certified(&alternating(1.2, 1.1, 1.3), 1.2, 0.1, -0.999, [14.5, 14.0, 14.0]);
    certified(&alternating(1_000_000.2, 1_000_000.1, 1_000_000.3), 1_000_000.2, 0.1, -0.999, [15.0, 9.0, 9.0]);
    certified(&alternating(10_000_000.2, 10_000_000.1, 10_000_000.3), 10_000_000.2, 0.1, -0.999, [15.0, 8.0, 8.0]);
}

/// The 40 % quantile of 15, 20, 35, 40, 50 by all nine definitions: the worked example of NumPy's own tests
/// (`test_function_base.py`, `H_F` cases), whose methods are Hyndman and Fan's nine in order; and the quartiles that R
/// printed for 2, 3, 5, … 37 (types 1 to 3: r-help, January 2012, "Quantile calculations in R"; 4 to 9: NumPy 2.4.6).
#[test]
fn the_nine_definitions_agree_with_the_printed_examples() {
    let printed = [20.0, 27.5, 20.0, 20.0, 27.5, 26.0, 29.0, 27.0, 27.125];
    let five = Observations::new(vec![15.0, 20.0, 35.0, 40.0, 50.0]).unwrap();
    let quartiles = [
        [5.0, 13.0, 23.0],
        [6.0, 15.0, 26.0],
        [5.0, 13.0, 23.0],
        [5.0, 13.0, 23.0],
        [6.0, 15.0, 26.0],
        [5.5, 15.0, 27.5],
        [6.5, 15.0, 24.5],
        [5.833_333_333_333_333, 15.0, 26.5],
        [5.875, 15.0, 26.375],
    ];
    let primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37].map(f64::from);
    let primes = Observations::new(primes.to_vec()).unwrap();
    for ((definition, printed), quartiles) in Definition::ALL.into_iter().zip(printed).zip(quartiles) {
        let found = quantile(&five, Level::new(0.4).unwrap(), definition);
        assert!((found - printed).abs() < 1e-12, "{definition:?}: {found} against {printed}");
        for (share, printed) in [0.25, 0.5, 0.75].into_iter().zip(quartiles) {
            let found = quantile(&primes, Level::new(share).unwrap(), definition);
            assert!((found - printed).abs() < 1e-12, "{definition:?} at {share}: {found} against {printed}");
        }
    }
}

/// SciPy 1.17.1, `scipy.stats.mstats.hdquantiles`. Its weights come from another incomplete beta function than ours,
/// so this checks statrs at the shapes we use.
#[test]
fn harrell_davis_agrees_with_scipy() {
    let scrambled = |n: u64| (1..=n).map(|i| (i * 7_919 % 10_007) as f64 / 10_007.0 * 100.0).collect::<Vec<f64>>();
    let cases: [(Vec<f64>, [f64; 4]); 4] = [
        (
            vec![15.0, 20.0, 35.0, 40.0, 50.0],
            [32.115_2, 48.202_681_982_824_56, 49.308_580_260_376_49, 49.895_403_893_199_21],
        ),
        (
            [1, 2, 3, 5, 8, 13, 21, 34, 55, 89].map(f64::from).to_vec(),
            [13.065_675_799_657_987, 72.440_278_308_478_3, 82.637_238_247_021_22, 88.127_872_255_779_6],
        ),
        (
            scrambled(1_440),
            [50.154_073_412_020_196, 90.071_817_354_251_34, 95.084_405_777_819_06, 99.049_064_104_705_28],
        ),
        (
            scrambled(10_000),
            [50.009_993_004_896_57, 90.001_998_600_979_82, 94.998_501_049_265_51, 98.995_703_007_894_46],
        ),
    ];
    for (values, expected) in cases {
        let values = Observations::new(values).unwrap();
        for (level, expected) in Level::REPORTED.into_iter().zip(expected) {
            let found = harrell_davis(&values, level);
            assert!(
                (found - expected).abs() < 1e-6,
                "{} values, {level:?}: {found} against {expected}",
                values.count()
            );
        }
    }
}

/// SciPy 1.17.1, `scipy.stats.binom.cdf`: the smallest equal-tailed ranks. 1,000 and 1,440 are also the method's own.
#[test]
fn ranks_of_an_interval_agree_with_scipy() {
    for (n, share, lower, upper) in [
        (1_000, 0.99, Some(983), Some(997)),
        (1_440, 0.99, Some(1_418), Some(1_433)),
        (366, 0.99, Some(358), None),
        (367, 0.99, Some(359), None),
        (368, 0.99, Some(360), Some(368)),
        (400, 0.99, Some(392), Some(400)),
        (20, 0.5, Some(6), Some(15)),
        (100, 0.9, Some(84), Some(96)),
        (200, 0.95, Some(184), Some(197)),
        (10, 0.1, None, Some(4)),
        (1_000_000, 0.99, Some(989_805), Some(990_196)),
        (1_000_000, 0.5, Some(499_020), Some(500_981)),
    ] {
        assert_eq!(ranks(n, Level::new(share).unwrap()), Ranks { lower, upper }, "{n} {share}");
    }
}

/// statsmodels 0.15.0, `proportion_confint(method='wilson')`.
#[test]
fn wilson_agrees_with_statsmodels() {
    for (events, attempts, lower, upper) in [
        (0, 10, 0.0, 0.277_532_799_862_889_26),
        (1, 10, 0.017_876_213_095_072_924, 0.404_150_026_795_238_54),
        (5, 10, 0.236_593_090_512_563_94, 0.763_406_909_487_436_1),
        (10, 10, 0.722_467_200_137_110_6, 1.0),
        (3, 1_440, 0.000_708_768_727_599_168_2, 0.006_107_394_335_575_696),
        (17, 100_000, 0.000_106_147_271_737_438_62, 0.000_272_252_780_387_322_86),
    ] {
        let found = Proportion::of(events, attempts).unwrap();
        assert!((found.lower - lower).abs() < 1e-12 && (found.upper - upper).abs() < 1e-12, "{found:?}");
    }
}

/// From a microsecond to ten minutes, in milliseconds, evenly over the decades.
fn response_time() -> impl Strategy<Value = f64> {
    prop_oneof![19 => (-3.0_f64..5.7).prop_map(|power| 10.0_f64.powf(power)), 1 => Just(0.0)]
}

fn sketched(values: &[f64]) -> Sketch {
    let mut sketch = Sketch::default();
    values.iter().for_each(|value| sketch.add(*value).unwrap());
    sketch
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_sketch_stays_within_its_relative_error(
        values in prop::collection::vec(response_time(), 1..400), share in 0.0_f64..=1.0,
    ) {
        let (sketch, exact) = (sketched(&values), Observations::new(values).unwrap());
        for level in Level::REPORTED.into_iter().chain(Level::new(share)) {
            let truth = exact.ranked(level.rank(exact.count()));
            let found = sketch.quantile(level).unwrap();
            prop_assert!((found - truth).abs() <= truth * RELATIVE_ERROR * (1.0 + 1e-9), "{level:?}: {found} for {truth}");
        }
    }

    #[test]
    fn merging_sketches_is_sketching_the_union(
        first in prop::collection::vec(response_time(), 0..200), second in prop::collection::vec(response_time(), 0..200),
    ) {
        let whole = sketched(&[first.clone(), second.clone()].concat());
        let (mut one, other) = (sketched(&first), sketched(&second));
        one.merge(&other);
        prop_assert_eq!(one.count(), whole.count());
        prop_assert_eq!(one.range(), whole.range());
        for level in Level::REPORTED {
            prop_assert_eq!(one.quantile(level), whole.quantile(level));
        }
    }

    #[test]
    fn a_sketch_survives_its_bytes(values in prop::collection::vec(response_time(), 0..200)) {
        let sketch = sketched(&values);
        let text = serde_json::to_string(&sketch).unwrap();
        let mut read: Sketch = serde_json::from_str(&text).unwrap();
        prop_assert_eq!((read.count(), read.range()), (sketch.count(), sketch.range()));
        for level in Level::REPORTED {
            prop_assert_eq!(read.quantile(level), sketch.quantile(level));
        }
        read.merge(&sketch);
        prop_assert_eq!(read.count(), 2 * values.len());
    }

    #[test]
    fn bytes_that_are_no_sketch_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(sketch) = Sketch::try_from(bytes) {
            let _ = sketch.quantile(Level::P50);
        }
    }

    #[test]
    fn a_sketch_with_a_changed_byte_is_no_sketch(
        values in prop::collection::vec(response_time(), 0..50), at in any::<prop::sample::Index>(), by in 1..=255_u8,
    ) {
        let mut bytes = Vec::from(sketched(&values));
        let at = at.index(bytes.len());
        bytes[at] ^= by;
        prop_assert!(Sketch::try_from(bytes).is_err());
    }

    #[test]
    fn estimates_do_not_depend_on_order_and_follow_the_unit(
        values in prop::collection::vec(response_time(), 1..200), factor in 0.001_f64..1_000.0,
    ) {
        let one = Observations::new(values.clone()).unwrap();
        let turned = Observations::new(values.iter().rev().map(|value| value * factor).collect()).unwrap();
        for level in Level::REPORTED {
            let (plain, scaled) = (harrell_davis(&one, level), harrell_davis(&turned, level));
            prop_assert!((plain * factor - scaled).abs() <= scaled.abs() * 1e-9 + 1e-12);
            prop_assert!(one.min() <= plain && plain <= one.max());
        }
    }
}

#[test]
fn an_empty_sketch_survives_its_bytes() {
    let read = Sketch::try_from(Vec::from(Sketch::default())).unwrap();
    assert_eq!((read.count(), read.range()), (0, None));
}

#[test]
fn a_sketch_of_another_grid_is_refused() {
    let foreign = sketches_ddsketch::DDSketch::new(sketches_ddsketch::Config::new(0.01, 2_048, 1e-9));
    let written = foreign.to_java_bytes();
    let seal = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, &written);
    assert!(matches!(Sketch::try_from([seal.as_bytes(), written.as_slice()].concat()), Err(SketchError::Foreign)));
    // What the crate would add up until it overflows.
    assert!(matches!(Sketch::try_from(vec![13, 2, 0, 0, 124, 127]), Err(SketchError::Malformed(_))));
    assert!(matches!(Sketch::try_from(vec![0xff; 9]), Err(SketchError::Malformed(_))));
}

#[test]
fn a_sketch_refuses_what_no_response_time_can_be() {
    let mut sketch = Sketch::default();
    for value in [-0.001, f64::NAN, f64::INFINITY] {
        assert!(sketch.add(value).is_err());
    }
    assert_eq!((sketch.count(), sketch.quantile(Level::P50), sketch.mean()), (0, None, None));
    sketch.add(1_234.0).unwrap();
    assert_eq!(sketch.quantile(Level::P50), Some(1_234.0), "clamped to the only value there is");
}

/// scipy 1.17.1, `scipy.special.betainc(a, b, x)`: at shapes of quantiles of Student, of limits of rare events, and of weights
/// of a percentile, the largest among them.
#[test]
fn the_incomplete_beta_function_of_statrs_agrees_with_scipy_where_it_is_used() {
    for (a, b, x, expected) in [
        (0.5, 0.5, 0.3, 0.369_010_119_565_545_36),
        (5.0, 0.5, 0.7, 0.065_262_246_168_908_1),
        (50.0, 0.5, 0.98, 0.156_243_507_866_817_9),
        (5e4, 0.5, 0.999_92, 0.004_677_011_652_628_744),
        (1.0, 240.0, 0.015, 0.973_411_409_250_851),
        (6.0, 355.0, 0.03, 0.959_911_862_808_565_4),
        (50.5, 50.5, 0.46, 0.210_903_218_820_721),
        (5_000.5, 5_000.5, 0.503, 0.725_753_680_147_762),
        (9_900.99, 100.01, 0.990_5, 0.683_710_008_315_279_2),
        (99.99, 9_901.01, 0.008_5, 0.060_067_938_889_437_18),
        (9_000.9, 1_000.1, 0.897, 0.158_615_348_431_700_08),
    ] {
        let found = statrs::function::beta::checked_beta_reg(a, b, x).unwrap();
        assert!((found - expected).abs() < 1e-9, "{a} {b} {x}: {found}, not {expected}");
    }
}

/// scipy 1.17.1, `scipy.special.gammaincc(0.5, x)`: how likely a likelihood ratio of 2x is by luck.
#[test]
fn the_incomplete_gamma_function_of_statrs_agrees_with_scipy_where_it_is_used() {
    for (x, expected) in [
        (0.015_790_8, 0.858_949_061_065_828_9),
        (0.5, 0.317_310_507_862_911_15),
        (1.920_729_410_347_061_8, 0.049_999_999_999_999_89),
        (3.317_448_300_510_683, 0.009_999_999_999_999_152),
        (5.413_783_6, 0.000_999_999_444_062_336),
        (10.0, 7.744_216_431_044_088e-6),
        (18.0, 1.973_175_290_075_393_3e-9),
    ] {
        let found = statrs::function::gamma::checked_gamma_ur(0.5, x).unwrap();
        assert!((found - expected).abs() < 1e-10, "{x}: {found}, not {expected}");
    }
}
