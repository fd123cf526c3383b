//! What is published: the catalogue is a contract, a batch loses nothing, and a rollup says what the samples say.

mod batch;
mod contract;
mod dashboard;
mod gaps;
mod rollup;

use parallax::measurement::wire::Record;
use parallax::metrics::catalogue::Dimension;
use parallax::metrics::datum::{Datum, Series};

use crate::support::samples::Recipe;

/// A sample as a function of the fleet sends it.
fn from_region(region: &str, recipe: Recipe) -> Record {
    let mut record = recipe.record();
    record.sample.vantage = format!("lambda/{region}/1769").parse().unwrap();
    record.environment.platform = "lambda".to_owned();
    record.environment.region = Some(region.to_owned());
    record
}

/// `Metric Dimension=label …`: what tells one series from another.
fn named(series: &Series) -> String {
    let of = |(dimension, label): (Dimension, &_)| format!(" {}={label}", dimension.as_str());
    series.metric().name().to_owned() + &series.dimensions().map(of).collect::<String>()
}

/// Each value as often as it occurred, ascending within a datum.
fn values(datum: &Datum) -> impl Iterator<Item = f64> {
    datum.values().iter().flat_map(|counted| vec![counted.value.number(); counted.count as usize])
}
