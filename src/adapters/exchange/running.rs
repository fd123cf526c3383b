//! HTTP/1.1's connection, which must run for anything on it to come true.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;

/// Runs while something on the line is awaited, within the same task: between bytes that were read and whoever waits for
/// them lies no trip through the runtime.
#[derive(Default)]
pub(super) struct Running(Option<Pin<Box<dyn Future<Output = ()>>>>);

impl Running {
    /// A connection that runs here.
    pub(super) fn here(connection: impl Future<Output = ()> + 'static) -> Self {
        Self(Some(Box::pin(connection)))
    }

    /// One that runs by itself.
    pub(super) fn elsewhere() -> Self {
        Self::default()
    }

    /// Awaits `step` while the connection runs.
    pub(super) async fn with<T>(&mut self, step: impl Future<Output = T>) -> T {
        let mut step = pin!(step);
        poll_fn(|cx| {
            if let Poll::Ready(done) = step.as_mut().poll(cx) {
                return Poll::Ready(done);
            }
            if let Some(connection) = &mut self.0
                && connection.as_mut().poll(cx).is_ready()
            {
                self.0 = None;
            }
            // What the connection has brought is there now.
            step.as_mut().poll(cx)
        })
        .await
    }
}
