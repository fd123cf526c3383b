//! What is published to CloudWatch is there as it was, and what is not is said.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::operation::get_metric_statistics::builders::GetMetricStatisticsFluentBuilder;
use aws_sdk_cloudwatch::types::{Datapoint, Dimension, Statistic};
use aws_smithy_types::DateTime;
use parallax::adapters::aws::cloudwatch::CloudWatch;
use parallax::measurement::units::{Micros, UnixMillis};
use parallax::measurement::wire::Record;
use parallax::metrics::catalogue;
use parallax::metrics::datum::{Datum, Series, VALUES_MAX};
use parallax::metrics::error::PublishError;
use parallax::metrics::label::Label;
use parallax::metrics::observed::observed;
use parallax::metrics::port::Publish;
use parallax::metrics::request::{DATUMS_MAX, Request, requests};
use parallax::metrics::value::Value;
use parallax::metrics::wanted::Wanted;
use parallax::statistics::level::Level;
use parallax::statistics::observations::Observations;
use parallax::statistics::quantile::{Definition, quantile};

use super::wait;
use crate::support::faults::{Fault, Faults};
use crate::support::ministack::{Account, ministack};
use crate::support::samples::Recipe;

const HOME: &str = "ap-northeast-1";

/// What CloudWatch has of one series in the two days around a moment: how many values, their sum, and percentiles of each
/// day.
struct Statistics {
    count: f64,
    sum: f64,
    percentiles: Vec<BTreeMap<String, f64>>,
}

/// One series, all statistics.
fn statistics(account: &Account, metric: &str, dimensions: &[(&str, &str)], around: UnixMillis) -> Statistics {
    let client = Client::new(&account.config(HOME));
    let ask = |request| datapoints(request, catalogue::NAMESPACE, metric, dimensions, around);
    let plain = ask(client.get_metric_statistics().statistics(Statistic::SampleCount).statistics(Statistic::Sum));
    let percentiles = ["p50", "p90", "p99"].map(str::to_owned).to_vec();
    let of_days = ask(client.get_metric_statistics().set_extended_statistics(Some(percentiles)));
    Statistics {
        count: plain.iter().filter_map(|point| point.sample_count).sum(),
        sum: plain.iter().filter_map(|point| point.sum).sum(),
        percentiles: of_days
            .into_iter()
            .filter_map(|point| point.extended_statistics)
            .map(BTreeMap::from_iter)
            .collect(),
    }
}

/// How many values of one series of a namespace there are in the days around a moment.
pub fn count(account: &Account, namespace: &str, metric: &str, dimensions: &[(&str, &str)], around: UnixMillis) -> f64 {
    let client = Client::new(&account.config(HOME));
    let request = client.get_metric_statistics().statistics(Statistic::SampleCount);
    datapoints(request, namespace, metric, dimensions, around).iter().filter_map(|point| point.sample_count).sum()
}

/// One point a day.
fn datapoints(
    request: GetMetricStatisticsFluentBuilder,
    namespace: &str,
    metric: &str,
    dimensions: &[(&str, &str)],
    around: UnixMillis,
) -> Vec<Datapoint> {
    let dimensions = dimensions.iter().map(|(name, value)| Dimension::builder().name(*name).value(*value).build());
    let (day, at) = (86_400, around.0.div_euclid(86_400_000) * 86_400);
    let request = request.namespace(namespace).metric_name(metric).period(day as i32);
    let request = request.set_dimensions(Some(dimensions.collect()));
    let request = request.start_time(DateTime::from_secs(at - day)).end_time(DateTime::from_secs(at + 2 * day));
    wait(request.send()).unwrap().datapoints.unwrap_or_default()
}

fn publish(config: &aws_config::SdkConfig, requests: &[Request]) -> Result<(), PublishError> {
    let mut metrics = CloudWatch::new(config, catalogue::NAMESPACE);
    wait(async {
        for request in requests {
            metrics.publish(request).await?;
        }
        Ok(())
    })
}

fn recently() -> UnixMillis {
    let now = parallax::adapters::clock::wall();
    // The beginning of an hour: no sample of a test falls into the next day.
    UnixMillis(now.0.div_euclid(86_400_000) * 86_400_000 - 86_400_000)
}

fn record(region: &str, n: u32, elapsed_us: u64) -> Record {
    let started_ms = recently().0 + i64::from(n) * 100;
    let mut record =
        Recipe { started_ms, slot_ms: None, elapsed_us, vantage: "lambda/x/1769", ..Recipe::default() }.record();
    record.environment.platform = "lambda".to_owned();
    record.environment.region = Some(region.to_owned());
    record
}

#[test]
fn percentiles_of_a_region_are_those_of_its_samples_by_type_7() {
    let Some(ministack) = ministack("percentiles_of_a_region_are_those_of_its_samples_by_type_7") else { return };
    let account = ministack.account();
    let mut times: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut records = Vec::new();
    for (region, count, base) in [("eu-west-1", 401_u32, 90_000_u64), ("us-east-1", 333, 210_000)] {
        for n in 0..count {
            // Some values several times, in no order.
            let elapsed = base + u64::from(n * 7_919 % 211) * 333;
            records.push(record(region, n, elapsed));
            times.entry(region).or_default().push(elapsed as f64 / 1_000.0);
        }
    }
    let requests = requests(observed(&records, Wanted::ALL, recently()).datums);
    publish(&account.config(HOME), &requests).unwrap();
    for (region, times) in times {
        let of = [("Method", "fresh"), ("ProbeRegion", region), ("Target", "daily-news"), ("Vantage", "lambda/x/1769")];
        let found = statistics(&account, "Latency", &of, recently());
        let sorted = Observations::new(times.clone()).unwrap();
        let expected = [Level::P50, Level::P90, Level::P99].map(|level| quantile(&sorted, level, Definition::Linear));
        let [day] = &found.percentiles[..] else { panic!("all of it lies in one day") };
        for (name, expected) in ["p50", "p90", "p99"].iter().zip(expected) {
            let found = day[*name];
            assert!((found - expected).abs() < 1e-9 * expected, "{region}: {found} against {expected}");
        }
        assert_eq!(found.count, times.len() as f64);
        let availability = statistics(&account, "Availability", &of, recently());
        assert_eq!(availability.sum, 100.0 * found.count);
    }
}

#[test]
fn fleets_of_one_home_region_share_no_series() {
    let Some(ministack) = ministack("fleets_of_one_home_region_share_no_series") else { return };
    let account = ministack.account();
    let requests = requests(observed(&[record("eu-west-1", 0, 1)], Wanted::ALL, recently()).datums);
    let namespaces = [catalogue::NAMESPACE, "Parallax/team-a", "Parallax/team-b"];
    let counts = || namespaces.map(|namespace| count(&account, namespace, "SamplesArchivedOnly", &[], recently()));
    let mut metrics = CloudWatch::new(&account.config(HOME), "Parallax/team-a");
    wait(metrics.publish(&requests[0])).unwrap();
    assert_eq!(counts(), [0.0, 1.0, 0.0]);
    publish(&account.config(HOME), &requests).unwrap();
    assert_eq!(counts(), [1.0, 1.0, 0.0]);
}

#[test]
fn the_fullest_request_is_taken_whole() {
    let Some(ministack) = ministack("the_fullest_request_is_taken_whole") else { return };
    let account = ministack.account();
    let series = Series::new(catalogue::Metric::Latency, |_| Label::new("a"));
    let values = |count: u64| (0..count).map(|n| Value::millis(Micros(100_001 + n))).collect::<Vec<_>>();
    // As many datums as fit, and beside them as many values in one as fit.
    let minute = |n: usize| UnixMillis(recently().0 + n as i64 * 60_000);
    let mut datums: Vec<Datum> = (1..DATUMS_MAX).flat_map(|n| Datum::split(&series, minute(n), values(1))).collect();
    datums.extend(Datum::split(&series, minute(0), values(VALUES_MAX as u64)));
    let requests = requests(datums);
    assert_eq!(requests.iter().map(|request| request.datums().len()).collect::<Vec<_>>(), [DATUMS_MAX]);
    publish(&account.config(HOME), &requests).unwrap();
    let of = ["Method", "ProbeRegion", "Target", "Vantage"].map(|name| (name, "a"));
    let sent = (DATUMS_MAX - 1 + VALUES_MAX) as f64;
    assert_eq!(statistics(&account, "Latency", &of, recently()).count, sent);
}

#[test]
fn what_is_not_published_is_said_in_the_words_of_whoever_mends_it() {
    let Some(ministack) = ministack("what_is_not_published_is_said_in_the_words_of_whoever_mends_it") else { return };
    let account = ministack.account();
    let requests = requests(observed(&[record("eu-west-1", 0, 1)], Wanted::ALL, recently()).datums);
    let refused = |fault: Fault| {
        let faults = Faults::before(account.endpoint(), Arc::new(move |_| fault.clone()), Arc::new(|_, _, _| ()));
        let once = aws_config::retry::RetryConfig::disabled();
        let config = account.config(HOME).into_builder().endpoint_url(faults.endpoint()).retry_config(once).build();
        publish(&config, &requests).unwrap_err()
    };
    let denied = refused(Fault::Refused("AccessDeniedException"));
    assert!(matches!(denied, PublishError::Denied { .. }), "{denied:?}");
    let message = denied.to_string();
    for said in ["cloudwatch:PutMetricData", HOME, "`Parallax`", "role of the aggregator", "by the fault proxy"] {
        assert!(message.contains(said), "{message}");
    }
    let throttled = refused(Fault::Refused("ThrottlingException"));
    assert!(matches!(throttled, PublishError::Throttled { .. }), "{throttled:?}");
    let wrong = refused(Fault::Refused("InvalidParameterValue"));
    assert!(matches!(wrong, PublishError::Refused { .. }), "{wrong:?}");
    let gone = refused(Fault::Cut { goes_through: true, then: Arc::new(|| ()) });
    assert!(matches!(gone, PublishError::Unanswered { .. }), "{gone:?}");
    // It was not answered, and it was done.
    let of =
        [("Method", "fresh"), ("ProbeRegion", "eu-west-1"), ("Target", "daily-news"), ("Vantage", "lambda/x/1769")];
    assert_eq!(statistics(&account, "Latency", &of, recently()).count, 1.0);
}
