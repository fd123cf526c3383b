//! The one integration binary: each module holds one promise of the product against real sockets, files and processes.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod account;
mod archive;
mod explain;
mod intake;
mod report;
mod score;
mod simulator;
mod statistics;
mod support;
