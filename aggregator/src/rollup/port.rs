//! What the rollup of a minute asks of the outside, beside the archive and the publisher.
#![expect(async_fn_in_trait, reason = "each function runs on one thread; no future has to be Send")]

use std::time::Duration;

use parallax::adapters::aws::failure::Failure;

/// Says what the table of pages holds.
pub trait Targets {
    /// All of it.
    async fn listed(&mut self) -> Result<Listed, Failure>;
}

/// What the table of pages holds, as far as a rollup cares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// How far apart the slots of the slowest page are; absent where there is no page.
    pub slowest: Option<Duration>,
    /// Rows that cannot be read, and are not probed.
    pub refused: usize,
}
