//! A build without AWS sends nothing, and says how to get one that does.

use std::convert::Infallible;
use std::sync::Arc;

use tokio::sync::Notify;

use crate::exit::Problem;

/// There is none.
pub(in crate::agent) struct Destination(Infallible);

pub(in crate::agent) fn destination(_place: &str) -> Result<Destination, Problem> {
    Err(Problem::input(
        "this build sends to no queue; build parallax with `cargo build --release --features aws`, or leave --queue out",
    ))
}

/// There is none.
pub(in crate::agent) struct Shipping(Infallible);

impl Shipping {
    pub(in crate::agent) fn start(destination: Destination, _archive: &str, _quiet: bool) -> Result<Self, Problem> {
        match destination.0 {}
    }

    pub(in crate::agent) fn bell(&self) -> Arc<Notify> {
        match self.0 {}
    }

    pub(in crate::agent) fn finish(self) {
        match self.0 {}
    }
}
