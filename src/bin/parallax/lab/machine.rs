//! What figures of the lab come from: a busy machine makes them worse.

use parallax::measurement::counted::counted;
use serde::{Deserialize, Serialize};

/// A machine, and how busy it was meanwhile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Machine {
    kernel: String,
    processors: usize,
    /// How many threads wanted to run, over five minutes: the least and the most that was seen.
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
            load: range([before, load()]),
            optimized: !cfg!(debug_assertions),
        }
    }

    /// One of each kind.
    pub(super) fn kinds(all: Vec<Self>) -> Vec<Self> {
        let mut kinds: Vec<Self> = Vec::new();
        for one in all {
            let like = |kind: &&mut Self| {
                (&kind.kernel, kind.processors, kind.optimized) == (&one.kernel, one.processors, one.optimized)
            };
            match kinds.iter_mut().find(like) {
                Some(kind) => kind.load = range(kind.load.into_iter().chain(one.load)),
                None => kinds.push(one),
            }
        }
        kinds
    }

    /// For people.
    pub(super) fn line(&self) -> String {
        let load = |load: Option<f64>| load.map_or("unknown".to_owned(), |load| format!("{load:.1}"));
        let [least, most] = self.load.map(load);
        let built = if self.optimized { "" } else { "; a debug build, whose own work takes several times as long" };
        let busy = self.load.iter().flatten().any(|load| *load > self.processors as f64 * 0.75);
        let busy = if busy { "; a busy machine, which makes these numbers worse" } else { "" };
        format!(
            "Linux {}, {}, load {least} to {most}{built}{busy}\n",
            self.kernel,
            counted(self.processors, "processor")
        )
    }
}

fn range(loads: impl IntoIterator<Item = Option<f64>>) -> [Option<f64>; 2] {
    let loads: Vec<f64> = loads.into_iter().flatten().collect();
    [loads.iter().copied().reduce(f64::min), loads.iter().copied().reduce(f64::max)]
}

/// How many threads want to run, over five minutes; absent where the kernel does not say.
pub(super) fn load() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_of_one_kind_are_one_with_all_of_their_load() {
        let machine = |kernel: &str, least, most| Machine {
            kernel: kernel.to_owned(),
            processors: 2,
            load: [least, most],
            optimized: true,
        };
        let all = vec![
            machine("6.1", Some(1.0), Some(2.0)),
            machine("6.9", None, None),
            machine("6.1", Some(0.5), Some(1.4)),
        ];
        assert_eq!(Machine::kinds(all), [machine("6.1", Some(0.5), Some(2.0)), machine("6.9", None, None)]);
        assert!(
            machine("6.1", Some(0.25), Some(2.0))
                .line()
                .starts_with("Linux 6.1, 2 processors, load 0.2 to 2.0; a busy")
        );
    }
}
