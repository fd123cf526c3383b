//! The outside: sockets, clocks, SQLite, curl. Only here.

pub mod clock;
pub mod environment;
pub mod identifier;
pub mod kernel;
pub mod random;
pub mod resolve;
pub mod trust;
