//! What figures of the lab come from: a busy machine makes them worse.

use parallax::measurement::counted::counted;
use serde::Serialize;

/// A machine, and how busy it was meanwhile.
#[derive(Serialize)]
pub(super) struct Machine {
    kernel: String,
    processors: usize,
    /// How many threads wanted to run, over five minutes, before and after.
    load: [Option<f64>; 2],
    /// Built for speed; else the probe's own work takes several times as long.
    optimized: bool,
}

impl Machine {
    /// This one now, with the load that it had before.
    pub(super) fn since(before: Option<f64>) -> Self {
        Self {
            kernel: std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            load: [before, load()],
            optimized: !cfg!(debug_assertions),
        }
    }

    /// For people.
    pub(super) fn line(&self) -> String {
        let load = |load: Option<f64>| load.map_or("unknown".to_owned(), |load| format!("{load:.1}"));
        let [before, after] = self.load.map(load);
        let built = if self.optimized { "" } else { "; a debug build, whose own work takes several times as long" };
        let busy = self.load.iter().flatten().any(|load| *load > self.processors as f64 * 0.75);
        let busy = if busy { "; others were at work on it, which makes these numbers worse" } else { "" };
        format!(
            "Linux {}, {}, load {before} before and {after} after{built}{busy}\n",
            self.kernel,
            counted(self.processors, "processor")
        )
    }
}

/// How many threads want to run, over five minutes; absent where the kernel does not say.
pub(super) fn load() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().nth(1)?.parse().ok()
}
