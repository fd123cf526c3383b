//! The outside: sockets, clocks, SQLite, curl. Only here.

pub mod clock;
pub mod kernel;
