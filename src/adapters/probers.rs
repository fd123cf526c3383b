//! From the name of a method to the prober that measures in it.

use crate::measurement::identity::Method;
use crate::probe::port::Measure;

use super::curl::{Curl, CurlError};
use super::exchange::Fresh;
use super::pooled::Pooled;

/// Why there is no prober.
#[derive(Debug, thiserror::Error)]
pub enum ProberError {
    /// curl cannot be run.
    #[error(transparent)]
    Curl(#[from] CurlError),
    /// The system gives no event queue.
    #[error("cannot make a prober: {0}; raise the limit of open files")]
    NoQueue(#[from] std::io::Error),
    /// Another tool's samples are imported, not measured.
    #[error("`{0}` is no way to measure; the methods are fresh, pooled and curl")]
    Imported(String),
}

/// A prober of its own: it keeps what it keeps (connections, sessions) for itself.
///
/// # Errors
/// See [`ProberError`].
pub fn prober(method: &Method) -> Result<Box<dyn Measure + Send>, ProberError> {
    match method {
        Method::Fresh => Ok(Box::new(Fresh::new()?)),
        Method::Pooled => Ok(Box::new(Pooled::new()?)),
        Method::Curl => Ok(Box::new(Curl::find()?)),
        Method::Imported(tool) => Err(ProberError::Imported(tool.clone())),
    }
}
