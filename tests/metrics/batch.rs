//! Any batch: nothing lost, nothing doubled, every limit held.

use std::collections::BTreeMap;
use std::time::Duration;

use parallax::measurement::environment::Init;
use parallax::measurement::outcome::Cause;
use parallax::measurement::phase::Phase;
use parallax::measurement::units::{Micros, UnixMillis};
use parallax::measurement::wire::Record;
use parallax::metrics::catalogue::Metric;
use parallax::metrics::datum::{Datum, VALUES_MAX};
use parallax::metrics::observed::observed;
use parallax::metrics::request::{BYTES_MAX, DATUMS_MAX, requests};
use parallax::metrics::wanted::Wanted;
use parallax::statistics::level::Level;
use parallax::statistics::observations::Observations;
use parallax::statistics::percentile::Percentile;
use proptest::prelude::*;

use super::{from_region, named, values};
use crate::support::samples::{Recipe, START};

const NOW: UnixMillis = UnixMillis(START);
const OLDEST: UnixMillis = UnixMillis(START - 13 * 86_400_000);
const LATEST: UnixMillis = UnixMillis(START + 2 * 3_600_000);

fn record() -> impl Strategy<Value = Record> {
    let days = |days: i64| days * 86_400_000;
    let started = prop_oneof![
        // One minute, so that values meet in a datum; any time that is taken; and times around the ends of it.
        24 => 0_i64..60_000,
        4 => -days(13)..7_200_000,
        1 => -days(13) - 2..-days(13) + 2,
        1 => 7_199_998_i64..7_200_003,
        1 => -days(400)..days(400),
    ];
    let elapsed = prop_oneof![90_000_u64..90_500, 0..10_000_000_u64, Just(u64::MAX)];
    // Mostly one source, so that some datums are too small for what they are to hold.
    let place = prop_oneof![4 => Just(Some("eu-west-1")), 1 => Just(Some("us-east-1")), 1 => Just(None)];
    let init = prop::sample::select(vec![Init::Cold, Init::Warm, Init::Proactive]);
    let target = prop_oneof![4 => Just("front"), 1 => Just("search")];
    (started, elapsed, place, init, target, prop::bool::weighted(0.1)).prop_map(
        |(started, elapsed_us, place, init, target, fails)| {
            let failed = fails.then_some((Phase::Connect, Cause::Timeout));
            let started_ms = START + started;
            let recipe = Recipe { started_ms, init, target, failed, slot_ms: None, ..Recipe::default() };
            let mut record = match place {
                Some(region) => from_region(region, recipe),
                None => recipe.record(),
            };
            record.sample.elapsed_us = Micros(elapsed_us);
            record
        },
    )
}

/// What each series has to hold, said again from the samples alone.
fn expected(records: &[Record]) -> BTreeMap<String, Vec<f64>> {
    let mut series: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut add = |name: String, value: f64| series.entry(name).or_default().push(value);
    let mut old = 0.0;
    for Record { sample, environment, .. } in records {
        if sample.started_at_ms < OLDEST || sample.started_at_ms > LATEST {
            old += 1.0;
            continue;
        }
        let region = environment.region.clone();
        let place = region.clone().unwrap_or(sample.vantage.to_string());
        let source =
            format!("Method={} ProbeRegion={place} Target={} Vantage={}", sample.method, sample.target, sample.vantage);
        add(format!("Availability {source}"), if sample.outcome.is_good() { 100.0 } else { 0.0 });
        if let Some(latency) = sample.latency() {
            add(format!("Latency {source}"), latency.as_millis());
        }
        if let Some(region) = region {
            let cold = sample.invocation.is_some_and(|invocation| invocation.init == Init::Cold);
            add(format!("ColdStarts ProbeRegion={region}"), if cold { 100.0 } else { 0.0 });
        }
    }
    if !records.is_empty() {
        add("SamplesArchivedOnly".to_owned(), old);
    }
    series.values_mut().for_each(|values| values.sort_by(f64::total_cmp));
    series
}

fn found<'a>(datums: impl IntoIterator<Item = &'a Datum>) -> BTreeMap<String, Vec<f64>> {
    let mut series: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for datum in datums {
        series.entry(named(datum.series())).or_default().extend(values(datum));
    }
    series.values_mut().for_each(|values| values.sort_by(f64::total_cmp));
    series
}

fn percentiles(values: &[f64]) -> Vec<(f64, f64)> {
    let values = Observations::new(values.to_vec()).unwrap();
    Level::REPORTED.map(|level| Percentile::of(&values, level)).map(|p| (p.estimate, p.order_statistic)).to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_published_is_what_was_measured_and_so_are_its_percentiles(
        records in prop::collection::vec(record(), 0..700),
    ) {
        let observed = observed(&records, Wanted::ALL, NOW);
        let requests = requests(observed.datums);
        let published = found(requests.iter().flat_map(|request| request.datums()));
        let expected = expected(&records);
        prop_assert_eq!(&published, &expected);
        prop_assert_eq!(published.get("SamplesArchivedOnly").map_or(0.0, |counts| counts[0]), observed.archived_only as f64);
        for (name, values) in &published {
            prop_assert_eq!(percentiles(values), percentiles(&expected[name]), "{}", name);
        }
    }

    #[test]
    fn every_limit_is_held(records in prop::collection::vec(record(), 0..700)) {
        let refused_before = NOW.minus(Duration::from_secs(14 * 86_400));
        for request in requests(observed(&records, Wanted::ALL, NOW).datums) {
            prop_assert!((1..=DATUMS_MAX).contains(&request.datums().len()));
            prop_assert!(request.bytes() <= BYTES_MAX);
            for datum in request.datums() {
                let values = datum.values();
                prop_assert!((1..=VALUES_MAX).contains(&values.len()) && VALUES_MAX == 150);
                prop_assert!(values.windows(2).all(|pair| pair[0].value < pair[1].value), "each once");
                let sound = |number: f64| number.is_finite() && number >= 0.0;
                prop_assert!(values.iter().all(|counted| sound(counted.value.number()) && counted.count > 0));
                prop_assert!((refused_before..=LATEST).contains(&datum.at()) && datum.at().0 % 60_000 == 0);
            }
        }
    }

    #[test]
    fn the_order_of_arrival_does_not_matter(
        (records, shuffled) in prop::collection::vec(record(), 0..60)
            .prop_flat_map(|records| (Just(records.clone()), Just(records).prop_shuffle())),
    ) {
        prop_assert_eq!(observed(&records, Wanted::ALL, NOW), observed(&shuffled, Wanted::ALL, NOW));
    }
}

#[test]
fn a_backlog_of_one_minute_is_as_few_datums_as_hold_it() {
    let sample = |n: u64| from_region("eu-west-1", Recipe { elapsed_us: 90_000 + n, ..Recipe::default() });
    let records: Vec<Record> = (0..1_000).flat_map(|n| [sample(n), sample(n)]).collect();
    let datums = observed(&records, Wanted::ALL, NOW).datums;
    let of = |metric| datums.iter().filter(|datum| datum.series().metric() == metric).count();
    assert_eq!((of(Metric::Latency), of(Metric::Availability), of(Metric::ColdStarts)), (7, 1, 1));
    assert_eq!(requests(datums).len(), 1);
}

#[test]
fn a_host_with_a_region_in_its_variables_is_not_in_that_region() {
    let mut record = Recipe::default().record();
    record.environment.region = Some("eu-west-1".to_owned());
    let names: Vec<String> = observed([&record], Wanted::ALL, NOW).datums.iter().map(|d| named(d.series())).collect();
    assert!(names.iter().any(|name| name.contains("ProbeRegion=host/tokyo-office")), "{names:?}");
    assert!(!names.iter().any(|name| name.contains("eu-west-1") || name.contains("Cold")), "{names:?}");
}
