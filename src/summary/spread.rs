//! Figures of one series, in the unit of the series.

use serde::Serialize;

use crate::statistics::interval::Interval;
use crate::statistics::level::Level;
use crate::statistics::moments::Moments;
use crate::statistics::observations::Observations;
use crate::statistics::percentile::Percentile;

/// The short form: a middle, a tail and a mean.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// Values.
    pub n: usize,
    /// The median.
    pub median: f64,
    /// Its 95 % interval.
    pub median_interval: Interval,
    /// The 90th percentile.
    pub p90: f64,
    /// The arithmetic mean: means of parts add up to the mean of the whole, percentiles do not.
    pub mean: f64,
    /// The largest.
    pub max: f64,
}

impl Spread {
    /// `None` where there is no value.
    #[must_use]
    pub fn of(values: Vec<f64>) -> Option<Self> {
        let mean = Moments::of(&values)?.mean;
        let values = Observations::new(values).ok()?;
        let [median, p90] = [Level::P50, Level::P90].map(|level| Percentile::of(&values, level));
        Some(Self {
            n: values.count(),
            median: median.estimate,
            median_interval: median.interval,
            p90: p90.estimate,
            mean,
            max: values.max(),
        })
    }
}

/// The long form, for response times in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Latency {
    /// Samples with a response time.
    pub n: usize,
    /// p50, p90, p95 and p99.
    pub percentiles: [Percentile; 4],
    /// The arithmetic mean.
    pub mean: f64,
    /// The standard deviation; absent for one value.
    pub deviation: Option<f64>,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

impl Latency {
    /// `None` where there is no value.
    #[must_use]
    pub fn of(values: Vec<f64>) -> Option<Self> {
        let moments = Moments::of(&values)?;
        let values = Observations::new(values).ok()?;
        Some(Self {
            n: values.count(),
            percentiles: Level::REPORTED.map(|level| Percentile::of(&values, level)),
            mean: moments.mean,
            deviation: moments.deviation,
            min: values.min(),
            max: values.max(),
        })
    }
}
