//! One measurement: what to measure, how its transcript becomes phases, when it is due, and what is refused.
//!
//! Nothing here opens a socket or reads a clock.

pub mod fleet;
pub mod port;
pub mod schedule;
pub mod target;
pub mod transcript;
