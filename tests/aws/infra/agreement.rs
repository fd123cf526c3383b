//! What templates and code have to agree on.

use parallax::metrics::alarm::{ALARMS, Missing, Part, Watched};
use parallax::metrics::catalogue::NAMESPACE;
use parallax::metrics::dashboard::{Hub, body};
use serde_json::{Value, json};

use super::template::both;

/// What the dashboard says where the template has a reference.
const HUB: Hub<'_> = Hub {
    region: "${AWS::Region}",
    queue: "${Queue.QueueName}",
    dead_letters: "${DeadLetters.QueueName}",
    aggregator: "${Aggregator}",
};

#[test]
fn the_dashboard_is_that_of_the_catalogue() {
    let Some([hub, _]) = both("the_dashboard_is_that_of_the_catalogue") else { return };
    let text = hub.properties("Dashboard")["DashboardBody"]["Fn::Sub"].as_str().unwrap();
    let found: Value = serde_json::from_str(text).unwrap();
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
            Watched::Own { metric } => (NAMESPACE, metric.name(), Value::Null),
            Watched::Aws { namespace, metric, dimension, of } => {
                let value = match of {
                    Part::Queue => json!({ "Fn::GetAtt": ["Queue", "QueueName"] }),
                    Part::DeadLetters => json!({ "Fn::GetAtt": ["DeadLetters", "QueueName"] }),
                    Part::Aggregator => json!({ "Ref": "Aggregator" }),
                };
                (namespace, metric, json!([{ "Name": dimension, "Value": value }]))
            }
        };
        let missing = match alarm.missing {
            Missing::Breaching => "breaching",
            Missing::NotBreaching => "notBreaching",
        };
        let wanted = [
            ("AlarmDescription", json!(alarm.about)),
            ("Namespace", json!(namespace)),
            ("MetricName", json!(metric)),
            ("Statistic", json!(alarm.statistic)),
            ("Period", json!(alarm.period_s)),
            ("EvaluationPeriods", json!(alarm.periods)),
            ("DatapointsToAlarm", json!(alarm.periods_reached)),
            ("ComparisonOperator", json!("GreaterThanOrEqualToThreshold")),
            ("TreatMissingData", json!(missing)),
            ("AlarmActions", json!([{ "Ref": "Topic" }])),
        ];
        for (property, value) in wanted {
            assert_eq!(properties[property], value, "{}: {property}", alarm.name);
        }
        assert_eq!(properties.get("Dimensions").unwrap_or(&Value::Null), &dimensions, "{}", alarm.name);
        assert_eq!(properties["Threshold"].as_f64(), Some(alarm.threshold), "{}", alarm.name);
    }
}
