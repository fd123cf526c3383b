//! Metrics that CloudWatch Logs makes of a log: the filters of the templates, read as Logs reads them.
//!
//! ministack keeps such filters and does not apply them, so that they are applied here.

use std::collections::BTreeSet;

use parallax::metrics::catalogue::{Metric, Publisher};
use serde_json::{Value, json};

use super::template::{Template, both, namespace};

/// One filter.
pub struct Filter {
    /// The log group, by its name in the template.
    pub log: String,
    /// The metric that it makes.
    pub metric: String,
    /// Any of these fields has this text.
    any: Vec<(String, String)>,
}

/// The filters of a template.
pub fn filters(template: &Template) -> Vec<Filter> {
    let all = template.all("AWS::Logs::MetricFilter");
    all.into_iter().map(|(name, filter)| filter_of(name, &filter["Properties"])).collect()
}

fn filter_of(name: &str, properties: &Value) -> Filter {
    let pattern = properties["FilterPattern"].as_str().unwrap();
    let inside = pattern.strip_prefix("{ ").and_then(|rest| rest.strip_suffix(" }"));
    let any = inside.unwrap_or_else(|| panic!("{name}: {pattern} is no pattern of JSON")).split(" || ").map(|one| {
        let (field, text) = one.split_once(" = ").unwrap_or_else(|| panic!("{name}: {one}"));
        let text = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        (field.strip_prefix("$.").unwrap().to_owned(), text.unwrap_or_else(|| panic!("{name}: {one}")).to_owned())
    });
    let [made] = &properties["MetricTransformations"].as_array().unwrap()[..] else { panic!("{name}") };
    assert_eq!(made["MetricNamespace"], namespace(), "{name}");
    assert_eq!((&made["MetricValue"], &made["DefaultValue"]), (&json!("1"), &json!(0)), "{name}: zero, too");
    assert!(made.get("Dimensions").is_none(), "{name}: an alarm looks at one series");
    Filter {
        log: properties["LogGroupName"]["Ref"].as_str().unwrap().to_owned(),
        metric: made["MetricName"].as_str().unwrap().to_owned(),
        any: any.collect(),
    }
}

impl Filter {
    /// How many lines of a log it counts.
    pub fn counted(&self, log: &str) -> usize {
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter(|line| self.any.iter().any(|(field, text)| line[field] == text.as_str())).count()
    }

    /// Whether it counts lines with this event.
    pub fn counts(&self, event: &str) -> bool {
        self.counted(&json!({ "event": event }).to_string()) == 1
    }
}

#[test]
fn what_the_catalogue_has_from_a_log_is_counted_there_and_nothing_else() {
    let Some([hub, probe]) = both("what_the_catalogue_has_from_a_log_is_counted_there_and_nothing_else") else {
        return;
    };
    let made: Vec<String> = [&hub, &probe].into_iter().flat_map(filters).map(|filter| filter.metric).collect();
    let of_log = Metric::ALL.into_iter().filter(|metric| metric.entry().by == Publisher::Log);
    assert_eq!(made, of_log.map(|metric| metric.name().to_owned()).collect::<Vec<_>>());
    let logs: BTreeSet<String> = filters(&hub).into_iter().map(|filter| filter.log).collect();
    assert_eq!(logs, BTreeSet::from(["AggregatorLog".to_owned()]));
}
