//! The dashboard of the hub, made of the catalogue: it finds regions and targets by searching for them.

use serde_json::{Value as Json, json};

use super::alarm::{AGGREGATOR_ERRORS, DEAD_LETTERS, Part, QUEUE_AGE, ROLLUP_ERRORS, Watched};
use super::catalogue::{Metric, Per};
use super::datum::RESOLUTION_S;

/// What the dashboard cannot search for: where the hub is, and what its parts are called. In a template these are
/// references; nothing else in the body has a `$`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hub<'a> {
    /// The home region.
    pub region: &'a str,
    /// The namespace of the fleet's series.
    pub namespace: &'a str,
    /// The name of the queue of samples.
    pub queue: &'a str,
    /// The name of the queue of dead letters.
    pub dead_letters: &'a str,
    /// The name of the function that takes samples in.
    pub aggregator: &'a str,
    /// The name of the function that sums them up.
    pub rollup: &'a str,
}

/// Columns of a dashboard.
const COLUMNS: u32 = 24;
/// Graphs beside each other.
const ABREAST: u32 = 3;
/// Rows that a graph is high.
const HEIGHT: u32 = 7;
/// Seconds: a target has at least one sample in five minutes, as a rule.
const SAMPLES_PERIOD_S: u32 = 300;
/// Seconds of a window.
const WINDOW_PERIOD_S: u32 = 3_600;

/// One graph.
struct Graph {
    title: &'static str,
    /// What the left axis is of.
    axis: &'static str,
    lines: Vec<Line>,
}

/// One line of a graph, or as many as a search finds.
#[derive(Clone, Copy)]
struct Line {
    watched: Watched,
    statistic: &'static str,
    period_s: u32,
    label: &'static str,
}

/// Lines of one of our metrics. What is of the whole fleet needs a name; a search finds names of its own.
const fn own(metric: Metric, statistic: &'static str, period_s: u32, label: &'static str) -> Line {
    Line { watched: Watched::Own { metric }, statistic, period_s, label }
}

const fn aws(watched: Watched, statistic: &'static str, label: &'static str) -> Line {
    Line { watched, statistic, period_s: RESOLUTION_S, label }
}

fn graphs() -> Vec<Graph> {
    use Metric as M;
    let samples = |metric, statistic| vec![own(metric, statistic, SAMPLES_PERIOD_S, "")];
    let graph = |title, axis, lines| Graph { title, axis, lines };
    vec![
        graph("Response time: p50", "ms", samples(M::Latency, "p50")),
        graph("Response time: p90", "ms", samples(M::Latency, "p90")),
        graph("Response time: p99", "ms", samples(M::Latency, "p99")),
        graph("Availability", "%", samples(M::Availability, "Average")),
        graph("Regions in which a target is down", "regions", vec![own(M::RegionsDown, "Maximum", RESOLUTION_S, "")]),
        graph(
            "Fleet",
            "",
            vec![
                own(M::TargetsDown, "Maximum", RESOLUTION_S, "targets down"),
                own(M::TargetsSlower, "Maximum", WINDOW_PERIOD_S, "targets slower"),
                own(M::RegionsSilent, "Maximum", RESOLUTION_S, "regions silent"),
            ],
        ),
        graph("Cold share of samples", "%", samples(M::ColdStarts, "Average")),
        graph("Samples from functions", "in 5 min", samples(M::ColdStarts, "SampleCount")),
        graph(
            "What placement makes of the spread within regions",
            "%",
            vec![own(M::PlacementShare, "Maximum", WINDOW_PERIOD_S, "")],
        ),
        graph("Queue: age of the oldest message", "s", vec![aws(QUEUE_AGE, "Maximum", "age")]),
        graph("Dead letters", "messages", vec![aws(DEAD_LETTERS, "Maximum", "dead letters")]),
        graph(
            "Functions of the hub",
            "",
            vec![
                aws(AGGREGATOR_ERRORS, "Sum", "errors of the aggregator"),
                aws(ROLLUP_ERRORS, "Sum", "errors of the rollup"),
                own(M::PartialFailures, "Sum", SAMPLES_PERIOD_S, "messages given back, requests refused"),
                own(M::SamplesArchivedOnly, "Sum", SAMPLES_PERIOD_S, "samples too old to publish"),
            ],
        ),
        graph(
            "Not measured",
            "",
            vec![
                own(M::SlotsMissed, "Sum", SAMPLES_PERIOD_S, "slots missed"),
                own(M::TargetsRefused, "Maximum", SAMPLES_PERIOD_S, "rows refused"),
            ],
        ),
        graph("Rows of target tables refused", "rows", vec![own(M::RowsRefused, "Maximum", SAMPLES_PERIOD_S, "")]),
    ]
}

/// The body of the dashboard.
#[must_use]
pub fn body(hub: Hub<'_>) -> Json {
    let width = COLUMNS / ABREAST;
    let widgets = graphs().into_iter().zip(0_u32..).map(|(graph, at)| {
        json!({
            "type": "metric",
            "x": at % ABREAST * width,
            "y": at / ABREAST * HEIGHT,
            "width": width,
            "height": HEIGHT,
            "properties": properties(&graph, hub),
        })
    });
    json!({ "start": "-PT12H", "periodOverride": "inherit", "widgets": widgets.collect::<Vec<_>>() })
}

fn properties(graph: &Graph, hub: Hub<'_>) -> Json {
    // From zero, and a percentage to the hundred: an axis that fits itself makes a fall of 99.9 to 99.8.
    let axis = match graph.axis {
        "%" => json!({ "min": 0, "max": 100, "label": "%", "showUnits": false }),
        label => json!({ "min": 0, "label": label, "showUnits": false }),
    };
    json!({
        "title": graph.title,
        "region": hub.region,
        "view": "timeSeries",
        "stacked": false,
        "yAxis": { "left": axis },
        "metrics": graph.lines.iter().map(|line| metric(*line, hub)).collect::<Vec<_>>(),
    })
}

fn metric(line: Line, hub: Hub<'_>) -> Json {
    let Line { watched, statistic, period_s, label } = line;
    let shown = json!({ "stat": statistic, "period": period_s, "label": label });
    match watched {
        Watched::Own { metric } if metric.entry().per == Per::Fleet => json!([hub.namespace, metric.name(), shown]),
        Watched::Own { metric } => {
            json!([{ "expression": search(hub.namespace, metric, statistic, period_s), "label": label }])
        }
        Watched::Aws { namespace, metric, dimension, of } => {
            let name = match of {
                Part::Queue => hub.queue,
                Part::DeadLetters => hub.dead_letters,
                Part::Aggregator => hub.aggregator,
                Part::Rollup => hub.rollup,
            };
            json!([namespace, metric, dimension, name, shown])
        }
    }
}

/// A search for every series of a metric, whatever its labels. A namespace with a stroke in it needs quotation marks.
fn search(namespace: &str, metric: Metric, statistic: &str, period_s: u32) -> String {
    let dimensions: String = metric.dimensions().iter().map(|dimension| format!(",{}", dimension.as_str())).collect();
    format!("SEARCH('{{\"{namespace}\"{dimensions}}} MetricName=\"{}\"', '{statistic}', {period_s})", metric.name())
}
