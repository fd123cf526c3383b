//! The handlers, on an archive, a publisher, dead letters and a clock in memory.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(unreachable_pub, reason = "a binary of tests has no outside: `pub` says what a module offers the others")]

mod batch;
mod batch_faults;
mod bill;
mod rollup;
mod support;
