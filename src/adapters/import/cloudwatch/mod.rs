//! CloudWatch: what statistics of a metric still tell of single samples.

pub mod datapoint;
#[cfg(feature = "aws")]
pub mod history;
