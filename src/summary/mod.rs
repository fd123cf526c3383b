//! A window: what the samples of each source amount to.
//!
//! Samples are shown to a [`collector::Collector`] one by one and not kept: of each a row of fixed size stays, so that a
//! million samples fit into some hundred megabytes.

pub mod collector;
pub mod comparison;
pub mod difference;
pub mod failures;
pub mod row;
pub mod source;
pub mod spread;
pub mod variance;
