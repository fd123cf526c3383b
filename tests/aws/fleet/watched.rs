//! What CloudWatch and the queues hold of a fleet, asked as AWS is asked.

use std::time::{Duration, SystemTime};

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Metric, Statistic};
use aws_sdk_sqs::types::QueueAttributeName as Attribute;
use parallax::measurement::wire::{Message, Record};
use parallax::metrics::catalogue::NAMESPACE;
use parallax::statistics::level::Level;
use parallax::statistics::observations::Observations;
use parallax::statistics::quantile::{Definition, quantile};
use serde_json::Value;

use super::place::{HOME, Place};
use super::unwatched;
use crate::support::ministack::Account;

/// All of a test lies within one of these.
const PERIOD: Duration = Duration::from_secs(86_400);

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn cloudwatch(account: &Account) -> Client {
    Client::new(&account.config(HOME))
}

/// The series of a metric that have exactly these dimensions.
fn series(client: &Client, namespace: &str, name: &str, dimensions: &[&str]) -> Vec<Metric> {
    let answer = wait(client.list_metrics().namespace(namespace).metric_name(name).send()).unwrap();
    let has = |metric: &Metric| {
        let mut names: Vec<&str> = metric.dimensions().iter().filter_map(Dimension::name).collect();
        names.sort_unstable();
        names == dimensions
    };
    answer.metrics().iter().filter(|metric| has(metric)).cloned().collect()
}

/// A statistic of a series over all of the test: of every period the number, in no order.
fn numbers(client: &Client, metric: &Metric, statistic: &str) -> Vec<f64> {
    let now = SystemTime::now();
    let call = client
        .get_metric_statistics()
        .set_namespace(metric.namespace().map(str::to_owned))
        .set_metric_name(metric.metric_name().map(str::to_owned))
        .set_dimensions(Some(metric.dimensions().to_vec()))
        .start_time(DateTime::from(now - 2 * PERIOD))
        .end_time(DateTime::from(now + PERIOD))
        .period(i32::try_from(PERIOD.as_secs()).unwrap());
    if statistic.starts_with('p') {
        let answer = wait(call.extended_statistics(statistic).send()).unwrap();
        return answer.datapoints().iter().map(|point| point.extended_statistics().unwrap()[statistic]).collect();
    }
    let kind: Statistic = statistic.into();
    let answer = wait(call.statistics(kind.clone()).send()).unwrap();
    let read = |point: &aws_sdk_cloudwatch::types::Datapoint| match kind {
        Statistic::Average => point.average(),
        Statistic::Maximum => point.maximum(),
        Statistic::SampleCount => point.sample_count(),
        _ => point.sum(),
    };
    answer.datapoints().iter().filter_map(read).collect()
}

/// How many points of samples there are.
pub fn points(account: &Account) -> u64 {
    let client = cloudwatch(account);
    let all = series(&client, NAMESPACE, "Latency", &["Method", "ProbeRegion", "Target", "Vantage"]);
    all.iter().flat_map(|metric| numbers(&client, metric, "SampleCount")).sum::<f64>() as u64
}

/// p50, p90 and p99 of each region and target, by type 7, over the same days as CloudWatch's periods.
pub fn percentiles_are_those_of_the_samples(account: &Account, records: &[Record]) {
    let client = cloudwatch(account);
    let all = series(&client, NAMESPACE, "Latency", &["Method", "ProbeRegion", "Target", "Vantage"]);
    let sources = records.iter().map(|it| (it.sample.vantage.as_str(), it.sample.target.as_str()));
    let sources: std::collections::BTreeSet<_> = sources.collect();
    assert_eq!(all.len(), sources.len());
    for metric in &all {
        let of = |name: &str| {
            metric.dimensions().iter().find(|it| it.name() == Some(name)).and_then(Dimension::value).unwrap()
        };
        assert_eq!(format!("lambda/{}/1769", of("ProbeRegion")), of("Vantage"));
        let mut days: std::collections::BTreeMap<i64, Vec<f64>> = std::collections::BTreeMap::new();
        for Record { sample, .. } in records {
            if sample.vantage.as_str() == of("Vantage") && sample.target.as_str() == of("Target") {
                let day = sample.started_at_ms.0 / 86_400_000;
                days.entry(day).or_default().push(sample.latency().unwrap().0 as f64 / 1_000.0);
            }
        }
        for (statistic, level) in [("p50", Level::P50), ("p90", Level::P90), ("p99", Level::P99)] {
            let of_day =
                |values: &Vec<f64>| quantile(&Observations::new(values.clone()).unwrap(), level, Definition::Linear);
            let mut wanted: Vec<f64> = days.values().map(of_day).collect();
            let mut found = numbers(&client, metric, statistic);
            wanted.sort_by(f64::total_cmp);
            found.sort_by(f64::total_cmp);
            assert_eq!(found.len(), wanted.len(), "{metric:?} {statistic}");
            for (found, wanted) in found.iter().zip(&wanted) {
                assert!((found - wanted).abs() < 1e-6, "{metric:?} {statistic}: {found}, by the samples {wanted}");
            }
        }
    }
}

/// A row that is no page is known of every region.
pub fn rows_are_refused_in(account: &Account, regions: &[&str]) {
    let client = cloudwatch(account);
    let all = series(&client, NAMESPACE, "RowsRefused", &["ProbeRegion"]);
    let mut found: Vec<&str> = all.iter().filter_map(|metric| metric.dimensions()[0].value()).collect();
    let mut wanted = regions.to_vec();
    found.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(found, wanted);
    for metric in &all {
        assert!(numbers(&client, metric, "Maximum").iter().all(|rows| *rows == 1.0), "{metric:?}");
    }
}

/// Each line of each graph, a SEARCH being resolved by hand.
pub fn the_dashboard_finds_its_series(place: &Place) {
    let client = cloudwatch(&place.account);
    let body = wait(client.get_dashboard().dashboard_name("parallax").send()).unwrap();
    let body: Value = serde_json::from_str(body.dashboard_body().unwrap()).unwrap();
    let graphs = body["widgets"].as_array().unwrap();
    let lines = graphs.iter().flat_map(|graph| {
        assert_eq!(graph["properties"]["region"], HOME);
        graph["properties"]["metrics"].as_array().unwrap()
    });
    let mut drawn = 0;
    for line in lines {
        let (metrics, statistic) = match line[0]["expression"].as_str() {
            Some(expression) => searched(&client, expression),
            None => match named(place, &client, line) {
                Some(found) => found,
                None => continue,
            },
        };
        assert!(!metrics.is_empty(), "{line} finds nothing");
        for metric in metrics {
            assert!(!numbers(&client, &metric, &statistic).is_empty(), "{line}: {metric:?} has no data");
            drawn += 1;
        }
    }
    // Six sources in four graphs, three regions in two, and what is of the fleet.
    assert!(drawn >= 6 * 4 + 3 * 2 + 3, "{drawn} lines");
}

/// `SEARCH('{Namespace,Dimension,…} MetricName="Name"', 'p50', 300)`
fn searched(client: &Client, expression: &str) -> (Vec<Metric>, String) {
    let inside = expression.strip_prefix("SEARCH('{").and_then(|rest| rest.split_once("} MetricName=\"")).unwrap();
    let (name, rest) = inside.1.split_once("\"', '").unwrap();
    let (statistic, _) = rest.split_once("', ").unwrap();
    let mut schema = inside.0.split(',');
    assert_eq!(schema.next(), Some(format!("\"{NAMESPACE}\"").as_str()));
    let dimensions: Vec<&str> = schema.collect();
    (series(client, NAMESPACE, name, &dimensions), statistic.to_owned())
}

/// `[namespace, name, dimension, value, …, options]`; nothing of what the emulator has no data for.
fn named(place: &Place, client: &Client, line: &Value) -> Option<(Vec<Metric>, String)> {
    let words: Vec<&str> = line.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let options = line.as_array().unwrap().last().unwrap();
    let statistic = options["stat"].as_str().unwrap().to_owned();
    if unwatched::has_no_data(words[0], words[1]) {
        unwatched::a_line_has_its_series(place, &words, &statistic);
        return None;
    }
    let dimensions: Vec<&str> = words[2..].chunks(2).map(|pair| pair[0]).collect();
    let right = |metric: &Metric| {
        words[2..]
            .chunks(2)
            .all(|pair| metric.dimensions().iter().any(|it| it.name() == Some(pair[0]) && it.value() == Some(pair[1])))
    };
    let found = series(client, words[0], words[1], &dimensions).into_iter().filter(right).collect();
    Some((found, statistic))
}

/// Each alarm's metric has data, but for what the emulator does not publish: that is a series that AWS makes.
pub fn the_alarms_find_theirs(place: &Place) {
    let client = cloudwatch(&place.account);
    let alarms = wait(client.describe_alarms().alarm_name_prefix("parallax-").send()).unwrap();
    assert_eq!(alarms.metric_alarms().len(), parallax::metrics::alarm::ALARMS.len());
    for alarm in alarms.metric_alarms() {
        let (namespace, name) = (alarm.namespace().unwrap(), alarm.metric_name().unwrap());
        assert_eq!(alarm.alarm_actions().len(), 1, "{name}");
        if unwatched::has_no_data(namespace, name) {
            unwatched::an_alarm_has_its_series(place, alarm);
            continue;
        }
        let dimensions: Vec<&str> = alarm.dimensions().iter().filter_map(Dimension::name).collect();
        let found = series(&client, namespace, name, &dimensions);
        let same = |metric: &&Metric| metric.dimensions() == alarm.dimensions();
        let metric = found.iter().find(same).unwrap_or_else(|| panic!("{name} of {namespace} has no series"));
        assert!(!numbers(&client, metric, alarm.statistic().unwrap().as_str()).is_empty(), "{name} has no data");
    }
}

/// Sends every sample once more, a message each, to a queue of a region.
pub fn send_again(account: &Account, region: &str, url: &str, records: &[Record]) {
    let client = aws_sdk_sqs::Client::new(&account.config(region));
    for record in records {
        let message = Message::new(record.environment.clone(), vec![record.sample.clone()]);
        let body = serde_json::to_string(&message).unwrap();
        wait(client.send_message().queue_url(url).message_body(body).send()).unwrap();
    }
}

/// Nothing waits in a queue, and nothing is in work.
///
/// # Errors
/// How much does.
pub fn is_empty(account: &Account, url: &str) -> Result<(), String> {
    let client = aws_sdk_sqs::Client::new(&account.config(HOME));
    let all = client.get_queue_attributes().queue_url(url).attribute_names(Attribute::All);
    let attributes = wait(all.send()).unwrap().attributes.unwrap_or_default();
    let count = |name| attributes.get(&name).map_or(0, |text: &String| text.parse::<u64>().unwrap());
    let (waiting, in_work) =
        (count(Attribute::ApproximateNumberOfMessages), count(Attribute::ApproximateNumberOfMessagesNotVisible));
    if waiting + in_work == 0 { Ok(()) } else { Err(format!("{waiting} messages wait, {in_work} are in work")) }
}
