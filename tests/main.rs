//! The one integration binary: each module holds one promise of the product against real sockets, files and processes.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(unreachable_pub, reason = "a binary of tests has no outside: `pub` says what a module offers the others")]

mod archive;
mod import_export;
mod intake;
mod report;
mod statistics;
mod support;
