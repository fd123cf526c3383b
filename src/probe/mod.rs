//! One measurement: what to measure, how its transcript becomes phases, when it is due, and what is refused.
//!
//! Nothing here opens a socket or reads a clock.

pub mod checks;
pub mod fleet;
pub mod guard;
pub mod headers;
pub mod interleave;
pub mod invocation;
pub mod port;
pub mod redact;
pub mod schedule;
pub mod target;
pub mod transcript;
