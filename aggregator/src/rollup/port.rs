//! What a rollup asks of the outside, beside the archive and the publisher.
#![expect(async_fn_in_trait, reason = "each function runs on one thread; no future has to be Send")]

use std::time::Duration;

use parallax::adapters::aws::failure::Failure;
use parallax::measurement::identity::TargetId;

/// Says what the table of pages holds.
pub trait Targets {
    /// All of it.
    async fn listed(&mut self) -> Result<Listed, Failure>;
}

/// What the table of pages holds, as far as a rollup cares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// The pages, and how far apart the slots of each are.
    pub pages: Vec<(TargetId, Duration)>,
    /// Rows that cannot be read, and are not probed.
    pub refused: usize,
}
