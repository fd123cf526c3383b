//! A window's report as comma-separated values: one line a source, an empty field where a figure is absent.

use crate::summary::collector::WindowSummary;
use crate::summary::source::SourceSummary;
use crate::summary::spread::Spread;

use super::moment::rfc3339;

/// Prints a summary; the first line names the columns.
#[must_use]
pub fn csv(summary: &WindowSummary) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail, and every line has as many fields as there are names.
    let _ = writer.write_record(COLUMNS);
    for source in &summary.sources {
        let _ = writer.write_record(line(source));
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

const COLUMNS: [&str; 42] = [
    "target",
    "vantage",
    "method",
    "first",
    "last",
    "samples",
    "failed",
    "failed_share",
    "timed",
    "p50_ms",
    "p50_lower_ms",
    "p50_upper_ms",
    "p50_enough",
    "p50_order_statistic_ms",
    "p90_ms",
    "p90_lower_ms",
    "p90_upper_ms",
    "p90_enough",
    "p90_order_statistic_ms",
    "p95_ms",
    "p95_lower_ms",
    "p95_upper_ms",
    "p95_enough",
    "p95_order_statistic_ms",
    "p99_ms",
    "p99_lower_ms",
    "p99_upper_ms",
    "p99_enough",
    "p99_order_statistic_ms",
    "mean_ms",
    "min_ms",
    "max_ms",
    "cold_n",
    "cold_median_ms",
    "warm_n",
    "warm_median_ms",
    "network_median_ms",
    "local_median_ms",
    "cpu_median_ms",
    "run_delay_median_ms",
    "process_median_ms",
    "bytes_median",
];

fn line(source: &SourceSummary) -> Vec<String> {
    let number = |value: Option<f64>| value.map(|value| format!("{value:.6}")).unwrap_or_default();
    let median = |spread: &Option<Spread>| number(spread.as_ref().map(|spread| spread.median));
    let count = |spread: &Option<Spread>| spread.as_ref().map(|spread| spread.n.to_string()).unwrap_or_default();
    let latency = source.latency_ms.as_ref();
    let mut fields = vec![
        source.name.target.to_string(),
        source.name.vantage.to_string(),
        source.name.method.to_string(),
        rfc3339(source.first_ms),
        rfc3339(source.last_ms),
        source.samples.to_string(),
        source.failures.samples.to_string(),
        number(source.failures.share.map(|share| share.share)),
        latency.map_or(0, |latency| latency.n).to_string(),
    ];
    for at in 0..4 {
        let percentile = latency.map(|latency| latency.percentiles[at]);
        fields.extend([
            number(percentile.map(|p| p.estimate)),
            number(percentile.and_then(|p| p.interval.lower)),
            number(percentile.and_then(|p| p.interval.upper)),
            percentile.map(|p| p.enough.to_string()).unwrap_or_default(),
            number(percentile.map(|p| p.order_statistic)),
        ]);
    }
    fields.extend([
        number(latency.map(|latency| latency.mean)),
        number(latency.map(|latency| latency.min)),
        number(latency.map(|latency| latency.max)),
        count(&source.cold_ms),
        median(&source.cold_ms),
        count(&source.warm_ms),
        median(&source.warm_ms),
        median(&source.network_ms),
        median(&source.local_ms),
        median(&source.cpu_ms),
        median(&source.run_delay_ms),
        median(&source.process_ms),
        source.bytes.as_ref().map(|bytes| format!("{:.0}", bytes.median)).unwrap_or_default(),
    ]);
    fields.into_iter().map(|field| without_formula(&field)).collect()
}

/// A spreadsheet runs what begins with `=`, `+`, `-` or `@`: a name that does gets an apostrophe, a number does not.
fn without_formula(field: &str) -> String {
    let runs = field.starts_with(['=', '+', '-', '@', '\t']) && field.parse::<f64>().is_err();
    if runs { format!("'{field}") } else { field.to_owned() }
}
