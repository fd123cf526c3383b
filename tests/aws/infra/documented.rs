//! Metrics that AWS publishes by itself: alarms and graphs look at none but those that its documentation lists.

use serde_json::{Value, json};

use super::template::{Template, both};

/// A metric, its one dimension, and the statistics that it is documented to have.
struct Documented {
    namespace: &'static str,
    dimension: &'static str,
    statistics: &'static [&'static str],
    metrics: &'static [&'static str],
}

const DOCUMENTED: [Documented; 2] = [
    // "Available CloudWatch metrics for Amazon SQS", of standard queues:
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    Documented {
        namespace: "AWS/SQS",
        dimension: "QueueName",
        statistics: &["Average", "Minimum", "Maximum", "Sum", "SampleCount"],
        metrics: &[
            "ApproximateAgeOfOldestMessage",
            "ApproximateNumberOfMessagesDelayed",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesVisible",
            "NumberOfEmptyReceives",
            "NumberOfMessagesDeleted",
            "NumberOfMessagesReceived",
            "NumberOfMessagesSent",
            "SentMessageSize",
        ],
    },
    // "Working with Lambda function metrics", invocation metrics by function name, to be read by their sum:
    // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-functions-metrics.html
    Documented {
        namespace: "AWS/Lambda",
        dimension: "FunctionName",
        statistics: &["Sum"],
        metrics: &["Invocations", "Errors", "Throttles", "DeadLetterErrors"],
    },
];

/// AWS documents such a series.
pub fn is_documented(namespace: &str, metric: &str, dimension: &str, statistic: &str) {
    let found = DOCUMENTED.iter().find(|known| known.namespace == namespace && known.metrics.contains(&metric));
    let found = found.unwrap_or_else(|| panic!("{namespace} has no {metric}"));
    assert_eq!(dimension, found.dimension, "{metric}");
    assert!(found.statistics.contains(&statistic), "{metric} is not read by its {statistic}");
}

/// The part of the template that a dimension's value names, and whether it is of the kind that the dimension is about.
fn is_of_a_part(hub: &Template, dimension: &str, value: &Value) {
    let (part, kind) = match dimension {
        "QueueName" => (value["Fn::GetAtt"][0].as_str(), "AWS::SQS::Queue"),
        _ => (value["Ref"].as_str(), "AWS::Lambda::Function"),
    };
    let part = part.unwrap_or_else(|| panic!("{dimension}={value} is no part of the template"));
    assert_eq!(hub.whole["Resources"][part]["Type"], kind, "{dimension}={value}");
    if dimension == "QueueName" {
        assert_eq!(value["Fn::GetAtt"][1], "QueueName", "{value}");
    }
}

#[test]
fn every_alarm_on_a_metric_of_aws_s_own_is_on_one_that_aws_documents() {
    let Some([hub, _]) = both("every_alarm_on_a_metric_of_aws_s_own_is_on_one_that_aws_documents") else { return };
    let mut seen = 0;
    for (name, alarm) in hub.all("AWS::CloudWatch::Alarm") {
        let properties = &alarm["Properties"];
        let Some(namespace) = properties["Namespace"].as_str() else { continue };
        let [dimension] = &properties["Dimensions"].as_array().unwrap()[..] else { panic!("{name}") };
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let (about, statistic) = (text(&dimension["Name"]), text(&properties["Statistic"]));
        is_documented(namespace, &text(&properties["MetricName"]), &about, &statistic);
        is_of_a_part(&hub, &about, &dimension["Value"]);
        seen += 1;
    }
    assert_eq!(seen, 4, "two of queues and two of functions");
}

#[test]
fn every_graph_of_a_metric_of_aws_s_own_is_of_one_that_aws_documents() {
    let Some([hub, _]) = both("every_graph_of_a_metric_of_aws_s_own_is_of_one_that_aws_documents") else { return };
    let body = hub.properties("Dashboard")["DashboardBody"]["Fn::Sub"][0].as_str().unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    let graphs = body["widgets"].as_array().unwrap();
    let mut seen = 0;
    for line in graphs.iter().flat_map(|graph| graph["properties"]["metrics"].as_array().unwrap()) {
        let words: Vec<&str> = line.as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let [namespace, metric, dimension, value] = words[..] else { continue };
        let statistic = line.as_array().unwrap().last().unwrap()["stat"].as_str().unwrap();
        is_documented(namespace, metric, dimension, statistic);
        // As the template fills it in.
        let inside = value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).unwrap();
        let value = match inside.split_once('.') {
            Some((part, attribute)) => json!({ "Fn::GetAtt": [part, attribute] }),
            None => json!({ "Ref": inside }),
        };
        is_of_a_part(&hub, dimension, &value);
        seen += 1;
    }
    assert_eq!(seen, 4);
}
