//! Numbers: slices in, estimates out.
//!
//! An estimate travels with its interval and with the number of values behind it. Nothing here has heard of a page, a
//! region or a millisecond; randomness is an argument.

pub mod anova;
pub mod block_length;
pub mod bootstrap;
pub mod clopper_pearson;
pub mod harrell_davis;
pub mod interval;
pub mod keyed;
pub mod level;
pub mod moments;
pub mod observations;
pub mod percentile;
pub mod proportion;
pub mod quantile;
pub mod quantile_weights;
pub mod raking;
pub mod rare_events;
pub mod reml;
pub mod shapley;
pub mod sketch;
pub mod student;
pub mod weighted_quantile;
