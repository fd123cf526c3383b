//! What any publisher of metrics can be asked to do.
#![expect(async_fn_in_trait, reason = "each caller publishes on one thread; no future has to be Send")]

use super::error::PublishError;
use super::request::Request;

/// Publishes, each point at least once.
pub trait Publish {
    /// Once it returns, all of the request is published; after [`PublishError::Unanswered`] it may be, and the same
    /// request once more counts twice. The other errors published nothing of it.
    async fn publish(&mut self, request: &Request) -> Result<(), PublishError>;
}
