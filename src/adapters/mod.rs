//! The outside: sockets, clocks, SQLite, curl. Only here.

pub mod agent;
pub mod archive;
pub mod clock;
pub mod curl;
pub mod decode;
pub mod environment;
pub mod exchange;
pub mod export;
pub mod identifier;
pub mod import;
pub mod kernel;
pub mod pooled;
pub mod probers;
pub mod random;
pub mod resolve;
pub mod trust;
