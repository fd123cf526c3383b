//! AWS: its services behind the ports, and what may go wrong with any of them.

pub mod archive;
mod authorities;
pub mod cloudwatch;
pub mod connection;
pub mod dead_letters;
pub mod failure;
pub mod marks;
pub mod parameters;
pub mod queue;
pub mod targets;
