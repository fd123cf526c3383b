//! AWS: its services behind the ports, and what may go wrong with any of them.

mod authorities;
pub mod connection;
pub mod failure;
pub mod parameters;
pub mod queue;
pub mod targets;
