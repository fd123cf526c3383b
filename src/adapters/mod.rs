//! The outside: sockets, clocks, SQLite, curl. Only here.

pub mod agent;
pub mod archive;
pub mod clock;
