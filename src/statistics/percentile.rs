//! A percentile as it is reported: the estimate, its interval, and whether there were enough values.

use serde::Serialize;

use super::harrell_davis::harrell_davis;
use super::interval::{Interval, interval};
use super::level::Level;
use super::observations::Observations;

/// One percentile of independent values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Percentile {
    /// From 0 to 1.
    pub level: f64,
    /// Harrell and Davis's estimate.
    pub estimate: f64,
    /// The order statistic ⌈τn⌉: what most other tools print.
    pub order_statistic: f64,
    /// From order statistics, free of any assumed distribution.
    pub interval: Interval,
    /// There were at least [`Level::values_needed`] values: below that it is printed with a mark, not kept back.
    pub enough: bool,
}

impl Percentile {
    /// Estimates one percentile.
    #[must_use]
    pub fn of(values: &Observations, level: Level) -> Self {
        Self {
            level: level.share(),
            estimate: harrell_davis(values, level),
            order_statistic: values.ranked(level.rank(values.count())),
            interval: interval(values, level),
            enough: values.count() >= level.values_needed(),
        }
    }
}
