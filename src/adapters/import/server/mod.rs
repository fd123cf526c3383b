//! A monitor's server, asked over HTTP for what it keeps.

pub mod address;
pub mod client;
pub mod fault;
pub mod history;
pub mod nearest;
