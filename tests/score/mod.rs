//! The explainer against worlds whose causes are known: how much of a gap it puts into the wrong row, how often its
//! intervals hold the truth, what it claims that is not so and what it misses.
//!
//! A short version runs with the tests; `make score` runs the long one and writes its tables into docs/score.md.

pub mod cell;
pub mod enumerated;
pub mod gate;
pub mod memory;
pub mod percentiles;
pub mod table;
pub mod tally;
pub mod worlds;
