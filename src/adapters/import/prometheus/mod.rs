//! Prometheus: what a server keeps of `blackbox_exporter` and `cloudprober`, by its HTTP API.
//!
//! Raw samples are asked for, by a selector with a range: a range query would repeat the last value at each of its steps.
//! What an answer means is decided in pure parts; [`history`] alone asks.

pub mod answer;
pub mod blackbox;
pub mod cloudprober;
pub mod history;
pub mod monitor;
pub mod selector;
