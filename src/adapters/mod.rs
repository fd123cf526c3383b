//! The outside: sockets, clocks, SQLite, curl. Only here.

pub mod archive;
pub mod clock;
