//! AWS, on its real wire protocols: a ministack on loopback.

mod aggregator;
mod archive;
pub mod cloudwatch;
mod credentials;
mod failure;
mod fleet;
mod infra;
mod item;
mod probe;
mod queue;
mod shipping;
mod targets;

/// What AWS's clients need around them.
fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}
