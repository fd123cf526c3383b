//! What is asked of two sources.

use serde::{Serialize, Serializer};

use crate::statistics::level::Level;

use super::bounds::Known;
use super::{interval, percentile};

/// Which figure of the response times is compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// The arithmetic mean.
    Mean,
    /// A percentile.
    Percentile(Level),
}

impl Serialize for Statistic {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Mean => to.serialize_str("mean"),
            Self::Percentile(level) => to.collect_str(&format_args!("p{}", (level.share() * 1e5).round() / 1e3)),
        }
    }
}

/// What is asked of a case.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Question {
    /// Which figure.
    pub statistic: Statistic,
    /// The same seed and data give the same bytes.
    pub seed: u64,
    /// Replicates a scheme: [`interval::REPLICATES`] or [`percentile::REPLICATES`] unless in a hurry.
    pub replicates: usize,
    /// What is known of a side that shows its total only.
    pub known: Known,
    /// Means only: a failure counts as this many milliseconds; absent, failures are in no mean.
    pub failures_as_ms: Option<f64>,
    /// The median of our own samples of the page, to doubt the unit of sides that both show their totals only.
    pub ours_ms: Option<f64>,
}

impl Question {
    /// With the usual number of replicates, and nothing known beside the samples.
    #[must_use]
    pub fn new(statistic: Statistic, seed: u64) -> Self {
        let replicates = match statistic {
            Statistic::Mean => interval::REPLICATES,
            Statistic::Percentile(_) => percentile::REPLICATES,
        };
        Self { statistic, seed, replicates, known: Known::default(), failures_as_ms: None, ours_ms: None }
    }
}
