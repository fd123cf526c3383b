//! What a process knows of where it runs and how often it has measured.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use parallax::measurement::environment::{Environment, Init, Invocation};

pub(super) fn observe() -> Environment {
    Environment {
        platform: "host".to_owned(),
        architecture: std::env::consts::ARCH.to_owned(),
        probe_version: env!("CARGO_PKG_VERSION").to_owned(),
        ..Environment::default()
    }
}

/// Counts a process's measurements.
pub(super) struct Invocations {
    begun: Instant,
    number: AtomicU64,
}

impl Invocations {
    pub(super) fn begin() -> Self {
        Self { begun: Instant::now(), number: AtomicU64::new(0) }
    }

    pub(super) fn next(&self) -> Invocation {
        let number = self.number.fetch_add(1, Ordering::Relaxed) + 1;
        let init = if number == 1 { Init::Cold } else { Init::Warm };
        Invocation { init, number, sandbox_age_us: Some(self.begun.elapsed().into()) }
    }
}
