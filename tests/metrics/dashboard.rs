//! The dashboard finds what is published, and shows all of it.

use std::collections::BTreeSet;
use std::time::Duration;

use parallax::measurement::refused::Refused;
use parallax::measurement::units::UnixMillis;
use parallax::metrics::alarm::{ALARMS, Watched};
use parallax::metrics::catalogue::{Metric, NAMESPACE};
use parallax::metrics::dashboard::{Hub, body};
use parallax::metrics::datum::Series;
use parallax::metrics::down::{Rule, Watch};
use parallax::metrics::gaps::gaps;
use parallax::metrics::label::Label;
use parallax::metrics::observed::observed;
use parallax::metrics::rollup;
use parallax::metrics::wanted::Wanted;
use parallax::report::json::pretty;
use serde_json::Value;

use super::{from_region, named};
use crate::support::golden::assert_golden;
use crate::support::samples::{Recipe, START};

const HUB: Hub<'_> = Hub {
    region: "${AWS::Region}",
    namespace: NAMESPACE,
    queue: "${Queue}",
    dead_letters: "${Dead}",
    aggregator: "${Taker}",
    rollup: "${Summer}",
};

fn widgets() -> Vec<Value> {
    body(HUB)["widgets"].as_array().unwrap().clone()
}

/// Every line of every graph.
fn lines() -> Vec<Vec<Value>> {
    let metrics = |widget: &Value| widget["properties"]["metrics"].as_array().unwrap().clone();
    widgets().iter().flat_map(metrics).map(|line| line.as_array().unwrap().clone()).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The series that a search finds, read as CloudWatch reads it: the metric's name and exactly these dimensions.
fn found<'a>(expression: &str, published: &'a [Series]) -> Vec<&'a Series> {
    let inside = expression.strip_prefix("SEARCH('{").and_then(|rest| rest.split_once("} MetricName=\"")).unwrap();
    let (name, rest) = inside.1.split_once("\"', '").unwrap();
    let (statistic, period) = rest.strip_suffix(')').unwrap().split_once("', ").unwrap();
    assert!(["p50", "p90", "p99", "Average", "Maximum", "SampleCount"].contains(&statistic), "{expression}");
    assert_eq!(period.parse::<u32>().unwrap() % 60, 0, "{expression}");
    let mut schema = inside.0.split(',');
    assert_eq!(schema.next(), Some("\"Parallax\""));
    let dimensions: BTreeSet<&str> = schema.collect();
    let of = |series: &Series| series.dimensions().map(|(dimension, _)| dimension.as_str()).collect::<BTreeSet<_>>();
    published.iter().filter(|series| series.metric().name() == name && of(series) == dimensions).collect()
}

/// A row of a region's table that is no page.
fn refused(region: &str) -> Refused {
    Refused { region: region.to_owned(), rows: 1, slot_ms: UnixMillis(START) }
}

/// What two regions publish of two targets, but for what takes a hundred samples.
fn published() -> Vec<Series> {
    let now = UnixMillis(START);
    let late = Duration::from_secs(600);
    let mut watch = Watch::new(Rule { quorum: 2, in_a_row: 1, look_back: late, silence: late }, now);
    let records: Vec<_> = ["eu-west-1", "us-east-1"]
        .iter()
        .flat_map(|region| ["front", "search"].map(|target| (region, target)))
        .map(|(region, target)| from_region(region, Recipe { target, started_ms: START, ..Recipe::default() }))
        .collect();
    records.iter().for_each(|record| watch.add(record));
    let mut datums = observed(&records, Wanted::ALL, now).datums;
    datums.extend(rollup::minute(&watch.finish(["eu-west-1", "us-east-1"]), 0, now));
    datums.extend(gaps([], &["eu-west-1", "us-east-1"].map(refused), now));
    let mut series: Vec<Series> = datums.iter().map(|datum| datum.series().clone()).collect();
    series.push(Series::new(Metric::PlacementShare, |_| Label::new("front")));
    series.push(Series::new(Metric::PlacementShare, |_| Label::new("search")));
    series
}

#[test]
fn the_dashboard_is_as_published() {
    assert_golden("metrics/dashboard.json", &pretty(&body(HUB)));
}

#[test]
fn each_search_finds_every_series_of_its_metric() {
    let published = published();
    let mut searches = 0;
    for line in lines().iter().filter(|line| line.len() == 1) {
        let expression = text(&line[0]["expression"]);
        let found = found(expression, &published);
        let metric = found.first().unwrap_or_else(|| panic!("{expression} finds nothing")).metric();
        let all: Vec<&Series> = published.iter().filter(|series| series.metric() == metric).collect();
        assert_eq!(found, all, "{expression}");
        assert!(found.len() >= 2, "{expression}: {:?}", found.iter().map(|series| named(series)).collect::<Vec<_>>());
        searches += 1;
    }
    assert_eq!(searches, 9);
}

#[test]
fn every_metric_and_every_alarm_is_on_the_dashboard_and_nothing_that_is_neither() {
    let mut shown = BTreeSet::new();
    for line in lines() {
        shown.insert(match line.len() {
            1 => text(&line[0]["expression"]).split('"').nth(3).unwrap().to_owned(),
            _ => text(&line[1]).to_owned(),
        });
    }
    let own = Metric::ALL.map(|metric| metric.name().to_owned());
    let watched = ALARMS.map(|alarm| match alarm.watches {
        Watched::Own { metric } => metric.name().to_owned(),
        Watched::Aws { metric, .. } => metric.to_owned(),
    });
    assert_eq!(shown, own.into_iter().chain(watched).collect::<BTreeSet<String>>());
}

#[test]
fn p50_p90_and_p99_are_shown_and_each_part_by_its_name() {
    let all = body(HUB).to_string();
    for statistic in ["'p50'", "'p90'", "'p99'"] {
        assert!(all.contains(statistic), "{statistic}");
    }
    for part in [HUB.queue, HUB.dead_letters, HUB.aggregator, HUB.rollup] {
        assert!(all.contains(&format!("\"{part}\"")), "{part}");
    }
    assert_eq!(all.matches('$').count(), widgets().len() + 4, "references, and nothing else a template would replace");
}

#[test]
fn graphs_lie_beside_each_other_on_the_grid() {
    let mut taken = BTreeSet::new();
    for widget in widgets() {
        let [x, y, width, height] = ["x", "y", "width", "height"].map(|name| widget[name].as_u64().unwrap());
        assert!(x + width <= 24 && height > 0, "{widget}");
        for cell in (x..x + width).flat_map(|x| (y..y + height).map(move |y| (x, y))) {
            assert!(taken.insert(cell), "{widget} lies on another");
        }
    }
}
