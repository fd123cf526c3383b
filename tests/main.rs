//! The one integration binary: each module holds one promise of the product against real sockets, files and processes.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(unreachable_pub, reason = "what support offers is public to the other tests, and a binary exports nothing")]

mod agent;
mod archive;
mod curl;
mod environment;
mod exchange;
mod fleet;
mod hostile;
mod intake;
mod pooled;
mod resolve;
mod support;
