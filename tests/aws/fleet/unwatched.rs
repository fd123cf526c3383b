//! What the emulator has no data for, and what stands in for them: metrics of queues, which AWS documents and publishes by
//! itself; the one that is made of a log, of which the deployed filter is looked at; and the one that takes a day of many
//! sandboxes, which the rollup's own code makes here of made-up ones.

use std::time::SystemTime;

use aws_sdk_cloudwatch::types::{Dimension, MetricAlarm};
use parallax::adapters::aws::cloudwatch::CloudWatch;
use parallax::measurement::environment::Init;
use parallax::measurement::units::UnixMillis;
use parallax::measurement::wire::Record;
use parallax::metrics::catalogue::{Metric, NAMESPACE};
use parallax::metrics::port::Publish;
use parallax::metrics::request::requests;
use parallax::metrics::rollup;
use parallax::summary::variance::collector::split;
use serde_json::Value;

use super::place::{HOME, Place};
use crate::aws::infra::documented;
use crate::aws::wait;
use crate::support::samples::Recipe;

/// Metrics of AWS's own that the emulator does not publish.
const NOT_EMULATED: [&str; 1] = ["AWS/SQS"];
/// One that is made of a log, which the emulator does not do: tests/aws/infra/logs.rs does it.
const OF_A_LOG: &str = "PartialFailures";

/// Whether the emulator has no data for a metric.
pub fn has_no_data(namespace: &str, metric: &str) -> bool {
    NOT_EMULATED.contains(&namespace) || metric == OF_A_LOG
}

/// An alarm on such a metric looks at a series that AWS makes: of a queue that is there, or by a filter that is.
pub fn an_alarm_has_its_series(place: &Place, alarm: &MetricAlarm) {
    let (namespace, metric) = (alarm.namespace().unwrap(), alarm.metric_name().unwrap());
    if metric == OF_A_LOG {
        assert!(alarm.dimensions().is_empty(), "{metric}");
        is_filtered(place, namespace);
        return;
    }
    let dimensions: Vec<(&str, &str)> =
        alarm.dimensions().iter().map(|it: &Dimension| (it.name().unwrap(), it.value().unwrap())).collect();
    is_of_a_queue(place, namespace, metric, &dimensions, alarm.statistic().unwrap().as_str());
}

/// The same of a line of a graph: `[namespace, name, dimension, value, …]`.
pub fn a_line_has_its_series(place: &Place, words: &[&str], statistic: &str) {
    if words[1] == OF_A_LOG {
        assert_eq!(words.len(), 2, "{words:?}");
        is_filtered(place, words[0]);
        return;
    }
    let dimensions: Vec<(&str, &str)> = words[2..].chunks(2).map(|pair| (pair[0], pair[1])).collect();
    is_of_a_queue(place, words[0], words[1], &dimensions, statistic);
}

/// AWS documents the metric with that dimension, and its value is the name of a queue of the hub.
fn is_of_a_queue(place: &Place, namespace: &str, metric: &str, dimensions: &[(&str, &str)], statistic: &str) {
    let [(dimension, queue)] = dimensions else { panic!("{namespace} {metric}: {dimensions:?}") };
    documented::is_documented(namespace, metric, dimension, statistic);
    let found = of_the_hub(place, "AWS::SQS::Queue");
    assert!(
        found.iter().any(|url| url.rsplit('/').next() == Some(queue)),
        "{metric} of {queue}, which is none of {found:?}"
    );
}

/// A filter on the aggregator's log makes the metric, without a dimension.
fn is_filtered(place: &Place, namespace: &str) {
    let run = place.aws(HOME, &["logs", "describe-metric-filters"]);
    let found: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.err));
    let filters = found["metricFilters"].as_array().unwrap();
    let makes = |filter: &&Value| {
        let made = &filter["metricTransformations"][0];
        made["metricNamespace"] == namespace && made["metricName"] == OF_A_LOG && made.get("dimensions").is_none()
    };
    let made: Vec<_> = filters.iter().filter(makes).map(|filter| filter["logGroupName"].as_str().unwrap()).collect();
    assert_eq!(made, ["/parallax/aggregator"]);
    assert!(of_the_hub(place, "AWS::Logs::LogGroup").contains(&made[0].to_owned()));
}

/// The names that parts of a kind have in the deployed hub.
fn of_the_hub(place: &Place, kind: &str) -> Vec<String> {
    let run = place.aws(HOME, &["cloudformation", "describe-stack-resources", "--stack-name", "parallax-hub"]);
    let found: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.err));
    let parts = found["StackResources"].as_array().unwrap().iter().filter(|part| part["ResourceType"] == kind);
    parts.map(|part| part["PhysicalResourceId"].as_str().unwrap().to_owned()).collect()
}

/// Publishes what placement makes of the spread of a target, as the rollup does at the end of some windows.
pub fn publishes_placement(place: &Place, target: &'static str) {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    let datums = rollup::window(&[], &split(&many_sandboxes(target)), UnixMillis(i64::try_from(now).unwrap()));
    let placement: Vec<_> =
        datums.into_iter().filter(|datum| datum.series().metric() == Metric::PlacementShare).collect();
    assert_eq!(placement.len(), 1);
    let mut metrics = CloudWatch::new(&place.account.config(HOME), NAMESPACE);
    for request in requests(placement) {
        wait(metrics.publish(&request)).unwrap();
    }
}

/// Thirty sandboxes of a region with six invocations each.
fn many_sandboxes(target: &'static str) -> Vec<Record> {
    let record = |n: u32| {
        let (sandbox, turn) = (u64::from(n / 6), u64::from(n % 6));
        let elapsed_us = 100_000 + sandbox * 7 % 30 * 1_000 + (turn * 5 + sandbox) % 6 * 10;
        let vantage = "lambda/eu-west-1/1769";
        let recipe =
            Recipe { target, vantage, elapsed_us, invocation: 10 + turn, init: Init::Warm, ..Recipe::default() };
        let mut record = recipe.nth(n).record();
        record.environment.platform = "lambda".to_owned();
        record.environment.region = Some("eu-west-1".to_owned());
        record.environment.sandbox = Some(format!("sandbox-{sandbox}"));
        record
    };
    (0..180).map(record).collect()
}
