//! Parallax measures web pages from many vantage points with one identical probe, and explains why two monitors of the
//! same page disagree.
//!
//! Modules stand in the order of their dependencies: each uses only those above it, as the table in `ARCHITECTURE.md`
//! says and a test of the import graph holds.

pub mod measurement;
pub mod statistics;
pub mod stopwatch;
pub mod summary;
pub mod explain;
pub mod report;
pub mod probe;
pub mod archive;
pub mod intake;
pub mod metrics;
pub mod cost;
#[cfg(any(feature = "probing", feature = "fleet"))]
pub mod adapters;
#[cfg(feature = "embedded")]
pub mod lab;
