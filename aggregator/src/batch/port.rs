//! What taking in asks of the outside, beside the archive and the publisher.
#![expect(async_fn_in_trait, reason = "each function runs on one thread; no future has to be Send")]

use parallax::adapters::aws::failure::Failure;

/// Sets messages aside, where a person finds them.
pub trait SetAside {
    /// Once it returns, the message survives, with the reason beside it.
    async fn set_aside(&mut self, body: &str, reason: &str) -> Result<(), Failure>;
}
