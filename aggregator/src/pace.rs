//! Time and chance, as the handlers need them; and asking again while there is time.

use std::time::Duration;

use parallax::archive::error::ArchiveError;
use parallax::measurement::units::UnixMillis;

/// A clock that can be waited on, and a source of chance.
#[expect(async_fn_in_trait, reason = "each function runs on one thread; no future has to be Send")]
pub trait Pace {
    /// The wall clock.
    fn now(&self) -> UnixMillis;
    /// A number from 0 up to, not including, 1.
    fn draw(&self) -> f64;
    /// Waits.
    async fn pause(&self, length: Duration);
    /// Does the work, and drops it unfinished when the time is over.
    async fn within<T>(&self, length: Duration, work: impl Future<Output = T>) -> Option<T>;
}

/// The longest pause before the second try; it doubles from try to try.
const FIRST: Duration = Duration::from_millis(100);
/// And never is longer than this.
const LONGEST: Duration = Duration::from_secs(5);

/// How long to wait after so many failed tries: any length up to a limit that doubles, so that callers who were throttled
/// together do not come back together.
#[must_use]
pub fn pause(failed: u32, draw: f64) -> Duration {
    let most = FIRST.saturating_mul(1_u32.checked_shl(failed.saturating_sub(1)).unwrap_or(u32::MAX)).min(LONGEST);
    most.mul_f64(if draw.is_finite() { draw.clamp(0.0, 1.0) } else { 0.0 })
}

/// Asks again while the error may pass and there is time.
///
/// # Errors
/// The last one.
pub async fn again<T, E>(
    pace: &impl Pace,
    until: UnixMillis,
    may_pass: impl Fn(&E) -> bool,
    mut call: impl AsyncFnMut() -> Result<T, E>,
) -> Result<T, E> {
    let mut failed = 0;
    loop {
        let error = match call().await {
            Err(error) if may_pass(&error) => error,
            done => return done,
        };
        failed += 1;
        let length = pause(failed, pace.draw());
        if pace.now().plus(length) >= until {
            return Err(error);
        }
        pace.pause(length).await;
    }
}

/// Whether an archive may do later what it did not do.
#[must_use]
pub fn archive_may_pass(error: &ArchiveError) -> bool {
    matches!(error, ArchiveError::Service { may_pass: true, .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_limit_and_lie_anywhere_below() {
        assert_eq!([1, 2, 3].map(|failed| pause(failed, 1.0).as_millis()), [100, 200, 400]);
        assert_eq!([9, 40, u32::MAX].map(|failed| pause(failed, 1.0)), [LONGEST; 3]);
        assert_eq!(pause(5, 0.0), Duration::ZERO);
        assert_eq!(pause(5, f64::NAN), Duration::ZERO);
    }
}
