//! What templates and code have to agree on.

use std::collections::BTreeSet;

use parallax::adapters::aws::targets::EVERY_MINUTES;
use parallax::adapters::function::post::{DRAINED_MAX, LOOK_EVERY};
use parallax::metrics::alarm::{ALARMS, Missing, Part, Watched};
use parallax::metrics::dashboard::{Hub, body};
use serde_json::{Value, json};

use super::source;
use super::template::{self, Template, both};

/// What the dashboard says where the template has a reference.
const HUB: Hub<'_> = Hub {
    region: "${AWS::Region}",
    namespace: "${Namespace}",
    queue: "${Queue.QueueName}",
    dead_letters: "${DeadLetters.QueueName}",
    aggregator: "${Aggregator}",
    rollup: "${Rollup}",
};

#[test]
fn the_dashboard_is_that_of_the_catalogue() {
    let Some([hub, _]) = both("the_dashboard_is_that_of_the_catalogue") else { return };
    let written = &hub.properties("Dashboard")["DashboardBody"]["Fn::Sub"];
    assert_eq!(written[1], json!({ "Namespace": template::namespace() }));
    let found: Value = serde_json::from_str(written[0].as_str().unwrap()).unwrap();
    let wanted = body(HUB);
    let lines =
        || wanted["widgets"].as_array().unwrap().iter().map(|widget| format!("{widget},\n")).collect::<String>();
    assert_eq!(found, wanted, "the widgets of DashboardBody are to be\n{}", lines());
}

#[test]
fn the_alarms_are_those_of_the_catalogue() {
    let Some([hub, _]) = both("the_alarms_are_those_of_the_catalogue") else { return };
    let found: Vec<Value> =
        hub.all("AWS::CloudWatch::Alarm").into_iter().map(|(_, alarm)| alarm["Properties"].clone()).collect();
    assert_eq!(found.len(), ALARMS.len());
    for alarm in ALARMS {
        let name = json!({ "Fn::Sub": format!("${{Name}}-{}", alarm.name) });
        let properties = found.iter().find(|it| it["AlarmName"] == name).unwrap_or_else(|| panic!("no alarm {name}"));
        let (namespace, metric, dimensions) = match alarm.watches {
            Watched::Own { metric } => (template::namespace(), metric.name(), Value::Null),
            Watched::Aws { namespace, metric, dimension, of } => {
                let value = match of {
                    Part::Queue => json!({ "Fn::GetAtt": ["Queue", "QueueName"] }),
                    Part::DeadLetters => json!({ "Fn::GetAtt": ["DeadLetters", "QueueName"] }),
                    Part::Aggregator => json!({ "Ref": "Aggregator" }),
                    Part::Rollup => json!({ "Ref": "Rollup" }),
                };
                (json!(namespace), metric, json!([{ "Name": dimension, "Value": value }]))
            }
        };
        let missing = match alarm.missing {
            Missing::Breaching => "breaching",
            Missing::NotBreaching => "notBreaching",
        };
        let wanted = [
            ("AlarmDescription", json!(alarm.about)),
            ("Namespace", namespace),
            ("MetricName", json!(metric)),
            ("Statistic", json!(alarm.statistic)),
            ("Period", json!(alarm.period_s)),
            ("EvaluationPeriods", json!(alarm.periods)),
            ("DatapointsToAlarm", json!(alarm.periods_reached)),
            ("ComparisonOperator", json!("GreaterThanOrEqualToThreshold")),
            ("TreatMissingData", json!(missing)),
            ("AlarmActions", json!([{ "Ref": "Topic" }])),
            ("OKActions", json!([{ "Ref": "Topic" }])),
        ];
        for (property, value) in wanted {
            assert_eq!(properties[property], value, "{}: {property}", alarm.name);
        }
        assert_eq!(properties.get("Dimensions").unwrap_or(&Value::Null), &dimensions, "{}", alarm.name);
        assert_eq!(properties["Threshold"].as_f64(), Some(alarm.threshold), "{}", alarm.name);
    }
}

/// The names of variables that a function is given.
fn given(template: &Template, function: &str) -> BTreeSet<String> {
    let variables = &template.properties(function)["Environment"]["Variables"];
    variables.as_object().unwrap().keys().cloned().collect()
}

/// The names of variables in the code below a folder.
fn asked(folder: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (_, text) in source::below(folder) {
        let is_name =
            |word: &String| word.starts_with("PARALLAX_") && word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        names.extend(source::quoted(&text).into_iter().filter(is_name));
    }
    names
}

#[test]
fn a_function_is_given_the_variables_it_asks_for_and_no_others() {
    let Some([hub, probe]) = both("a_function_is_given_the_variables_it_asks_for_and_no_others") else { return };
    assert_eq!(given(&probe, "Probe"), asked("src/bin/probe"));
    assert_eq!(given(&hub, "Aggregator"), asked("aggregator/src"));
    assert_eq!(given(&hub, "Rollup"), asked("aggregator/src"));
}

#[test]
fn the_scripts_wait_for_a_spool_as_long_as_its_probe_takes_for_it() {
    let text = std::fs::read_to_string(template::folder().join("queues.sh")).unwrap();
    // Until it is looked into again, with a minute for the invocation, and so many slots as it takes.
    let seconds = LOOK_EVERY.as_secs() + 60;
    let rule = format!("$(({seconds} + (($2 + {}) / {DRAINED_MAX}) * ${{minutes:-3}} * 60))", DRAINED_MAX - 1);
    assert!(text.contains(&rule), "`takes` is to have {rule}");
}

/// Who runs what: each call of AWS in the code, and the roles of those who make it. `""` is a person at a command line.
const CALLS: [(&str, &str, &[&str]); 25] = [
    ("src/adapters/aws/archive/append.rs", "dynamodb:PutItem", &["AggregatorRole"]),
    ("src/adapters/aws/archive/line.rs", "dynamodb:UpdateItem", &["AggregatorRole"]),
    ("src/adapters/aws/archive/miss.rs", "dynamodb:PutItem", &["AggregatorRole"]),
    ("src/adapters/aws/archive/read.rs", "dynamodb:BatchGetItem", &["AggregatorRole", "RollupRole", ""]),
    ("src/adapters/aws/archive/read.rs", "dynamodb:Query", &["AggregatorRole", "RollupRole", ""]),
    ("src/adapters/aws/archive/stream.rs", "dynamodb:Query", &["RollupRole", ""]),
    ("src/adapters/aws/archive/summaries.rs", "dynamodb:PutItem", &["RollupRole"]),
    ("src/adapters/aws/archive/surroundings.rs", "dynamodb:PutItem", &["AggregatorRole"]),
    ("src/adapters/aws/archive/table.rs", "dynamodb:DescribeTable", &[""]),
    ("src/adapters/aws/archive/table.rs", "dynamodb:PutItem", &["AggregatorRole", "RollupRole"]),
    ("src/adapters/aws/archive/table.rs", "dynamodb:Scan", &[""]),
    ("src/adapters/aws/cloudwatch.rs", "cloudwatch:PutMetricData", &["AggregatorRole", "RollupRole"]),
    ("src/adapters/aws/dead_letters.rs", "sqs:SendMessage", &["AggregatorRole"]),
    ("src/adapters/aws/marks.rs", "dynamodb:DeleteItem", &["RollupRole"]),
    ("src/adapters/aws/marks.rs", "dynamodb:PutItem", &["AggregatorRole", "RollupRole"]),
    ("src/adapters/aws/marks.rs", "dynamodb:Query", &["RollupRole"]),
    ("src/adapters/aws/parameters.rs", "ssm:GetParameters", &["ProbeRole"]),
    ("src/adapters/aws/queue.rs", "sqs:DeleteMessage", &["ProbeRole"]),
    ("src/adapters/aws/queue.rs", "sqs:ReceiveMessage", &["ProbeRole"]),
    ("src/adapters/aws/queue.rs", "sqs:SendMessage", &["ProbeRole", ""]),
    ("src/adapters/aws/targets.rs", "dynamodb:DeleteItem", &[""]),
    ("src/adapters/aws/targets.rs", "dynamodb:DescribeTable", &[""]),
    ("src/adapters/aws/targets.rs", "dynamodb:ListTagsOfResource", &[""]),
    ("src/adapters/aws/targets.rs", "dynamodb:PutItem", &[""]),
    ("src/adapters/aws/targets.rs", "dynamodb:Scan", &["ProbeRole", "RollupRole", ""]),
];

/// What a role may do that no code of ours asks for: Lambda does it in the role's name.
const BY_LAMBDA: [(&str, &str); 10] = [
    ("AggregatorRole", "logs:CreateLogStream"),
    ("AggregatorRole", "logs:PutLogEvents"),
    // The event source mapping.
    ("AggregatorRole", "sqs:ReceiveMessage"),
    ("AggregatorRole", "sqs:DeleteMessage"),
    ("AggregatorRole", "sqs:GetQueueAttributes"),
    ("RollupRole", "logs:CreateLogStream"),
    ("RollupRole", "logs:PutLogEvents"),
    ("ProbeRole", "logs:CreateLogStream"),
    ("ProbeRole", "logs:PutLogEvents"),
    // Systems Manager, of a parameter under a key of one's own.
    ("ProbeRole", "kms:Decrypt"),
];

/// The calls in the code, as it names them when they fail.
fn calls() -> BTreeSet<(String, String)> {
    let is_action = |word: &String| {
        let (service, call) = word.split_once(':').unwrap_or_default();
        ["cloudwatch", "dynamodb", "sqs", "ssm"].contains(&service)
            && call.starts_with(|c: char| c.is_ascii_uppercase())
            && call.chars().all(|c| c.is_ascii_alphanumeric())
    };
    let in_file = |(file, text): (String, String)| {
        source::quoted(&text).into_iter().filter(is_action).map(move |action| (file.clone(), action))
    };
    source::below("src/adapters/aws").into_iter().flat_map(in_file).collect()
}

#[test]
fn a_fleet_publishes_where_its_alarms_and_its_dashboard_look() {
    let Some([hub, _]) = both("a_fleet_publishes_where_its_alarms_and_its_dashboard_look") else { return };
    assert_eq!(hub.whole["Conditions"]["UsualName"], json!({ "Fn::Equals": [{ "Ref": "Name" }, "parallax"] }));
    assert_eq!(hub.whole["Parameters"]["Name"]["Default"], "parallax");
    for function in ["Aggregator", "Rollup"] {
        let variables = &hub.properties(function)["Environment"]["Variables"];
        assert_eq!(variables["PARALLAX_NAMESPACE"], template::namespace(), "{function}");
    }
}

#[test]
fn tables_of_targets_say_how_often_those_are_invoked_that_read_them() {
    let Some(both) = both("tables_of_targets_say_how_often_those_are_invoked_that_read_them") else { return };
    for template in &both {
        let tags = json!([{ "Key": EVERY_MINUTES, "Value": { "Ref": "EveryMinutes" } }]);
        assert_eq!(template.properties("Targets")["Tags"], tags);
    }
}

#[test]
fn every_call_in_the_code_is_accounted_for() {
    let known: BTreeSet<_> = CALLS.iter().map(|(file, action, _)| ((*file).to_owned(), (*action).to_owned())).collect();
    assert_eq!(known, calls(), "CALLS is to say whose role each call needs");
    assert_eq!(known.len(), CALLS.len());
}

#[test]
fn a_role_grants_what_its_function_calls_and_nothing_else() {
    let Some([hub, probe]) = both("a_role_grants_what_its_function_calls_and_nothing_else") else { return };
    for (template, role) in [(&hub, "AggregatorRole"), (&hub, "RollupRole"), (&probe, "ProbeRole")] {
        let granted: BTreeSet<String> = template.actions(role).into_iter().collect();
        let ours = CALLS.iter().filter(|(_, _, roles)| roles.contains(&role)).map(|(_, action, _)| *action);
        let others = BY_LAMBDA.iter().filter(|(whose, _)| *whose == role).map(|(_, action)| *action);
        let needed: BTreeSet<String> = ours.chain(others).map(str::to_owned).collect();
        assert_eq!(granted, needed, "{role}: on the left what the template grants, on the right what is needed");
    }
}
