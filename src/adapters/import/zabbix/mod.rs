//! Zabbix: what a server keeps of a web scenario's step, or of `web.page.perf`, by its JSON-RPC API.
//!
//! What an answer means is decided in pure parts; [`history`] alone asks.

pub mod answer;
pub mod execution;
pub mod feed;
pub mod history;
pub mod item;
pub mod key;
pub mod request;
pub mod version;
