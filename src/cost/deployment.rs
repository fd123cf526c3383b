//! What would be deployed, as far as it costs something.

/// A fleet's AWS side.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    /// The region of the queue, the archive and the metrics.
    pub home: String,
    /// Every probe function.
    pub arms: Vec<Arm>,
    /// How many pages there are.
    pub targets: u32,
    /// Those that are asked less often than the one that is asked most often.
    pub slow_targets: u32,
    /// Names of the series published of each target and arm.
    pub metrics: Vec<String>,
    /// Days samples are kept.
    pub keep_days: f64,
    /// Minutes between invocations; divides a day.
    pub tick_minutes: u32,
}

/// One probe function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arm {
    /// Where it runs.
    pub region: String,
    /// Its size.
    pub memory_mb: u32,
    /// How it measures.
    pub method: String,
    /// For each page it watches, the minutes between two slots.
    pub every: Vec<u32>,
}

impl Deployment {
    /// The regions with probes, each once, in order.
    #[must_use]
    pub fn regions(&self) -> Vec<&str> {
        distinct(self.arms.iter().map(|arm| arm.region.as_str()))
    }

    /// The sizes of probes, each once, in order.
    #[must_use]
    pub fn memory_mb(&self) -> Vec<u32> {
        distinct(self.arms.iter().map(|arm| arm.memory_mb))
    }

    /// The ways of measuring, each once, in order.
    #[must_use]
    pub fn methods(&self) -> Vec<&str> {
        distinct(self.arms.iter().map(|arm| arm.method.as_str()))
    }
}

fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut distinct = Vec::new();
    for one in all {
        if !distinct.contains(&one) {
            distinct.push(one);
        }
    }
    distinct
}
