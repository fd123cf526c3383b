//! Which invocation this is, and whether anything had run here before.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::measurement::environment::{Environment, Init, Invocation};
use crate::measurement::units::{Micros, UnixMillis};

/// A sandbox that is first used later than this after it was ready was started ahead of need: Datadog's rule for
/// Lambda's proactive initialisation (`cold-start.ts` in datadog-lambda-js).
const PROACTIVE_AFTER: Duration = Duration::from_secs(10);

/// Counts the invocations of one sandbox, or the measurements of one process.
#[derive(Debug)]
pub struct Invocations {
    ready_at: UnixMillis,
    is_lambda: bool,
    is_provisioned: bool,
    so_far: AtomicU64,
}

impl Invocations {
    /// For the sandbox or process that was ready at this time.
    #[must_use]
    pub fn new(environment: &Environment, ready_at: UnixMillis) -> Self {
        Self {
            ready_at,
            is_lambda: environment.platform == "lambda",
            is_provisioned: environment.init_type.as_deref() == Some("provisioned-concurrency"),
            so_far: AtomicU64::new(0),
        }
    }

    /// The one that starts now. On the wall clock: a frozen sandbox's other clocks may have stood still.
    pub fn next(&self, now: UnixMillis) -> Invocation {
        let number = self.so_far.fetch_add(1, Ordering::Relaxed) + 1;
        let age = now.since(self.ready_at);
        let is_ahead = self.is_lambda && (self.is_provisioned || age > PROACTIVE_AFTER);
        let init = match number {
            1 if is_ahead => Init::Proactive,
            1 => Init::Cold,
            _ => Init::Warm,
        };
        Invocation { init, number, sandbox_age_us: (now >= self.ready_at).then(|| Micros::from(age)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inits(platform: &str, init_type: &str, ages: &[i64]) -> Vec<Init> {
        let environment =
            Environment { platform: platform.into(), init_type: Some(init_type.into()), ..Environment::default() };
        let invocations = Invocations::new(&environment, UnixMillis(1_000_000));
        ages.iter().map(|age| invocations.next(UnixMillis(1_000_000 + age)).init).collect()
    }

    #[test]
    fn only_the_first_is_cold_and_a_late_first_one_on_lambda_is_proactive() {
        assert_eq!(inits("lambda", "on-demand", &[10_000, 10_001, 99_999]), [Init::Cold, Init::Warm, Init::Warm]);
        assert_eq!(inits("lambda", "on-demand", &[10_001, 10_002]), [Init::Proactive, Init::Warm]);
        assert_eq!(inits("lambda", "provisioned-concurrency", &[5, 6]), [Init::Proactive, Init::Warm]);
        assert_eq!(inits("host", "on-demand", &[99_999, 99_999]), [Init::Cold, Init::Warm]);
    }

    #[test]
    fn a_clock_set_back_gives_no_age_and_numbers_go_on() {
        let invocations = Invocations::new(&Environment::default(), UnixMillis(1_000));
        assert_eq!(invocations.next(UnixMillis(1_500)).sandbox_age_us, Some(Micros(500_000)));
        let second = invocations.next(UnixMillis(0));
        assert_eq!((second.number, second.sandbox_age_us), (2, None));
    }
}
