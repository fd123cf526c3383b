//! Other monitors' samples: a table of times and values becomes records that carry a total and nothing else.
//!
//! Nothing is guessed: which column, which unit, which clock and which stopwatch are said, and a cell that does not fit
//! is a [`fault::Fault`] with its line and column. Monitors that keep a history are asked for it page by page, and each page
//! is kept as it comes.

pub mod clock;
pub mod cloudwatch;
pub mod fault;
pub mod identity;
pub mod mapping;
pub mod prometheus;
pub mod row;
pub mod server;
pub mod table;
pub mod total;
pub mod value;
pub mod zabbix;
