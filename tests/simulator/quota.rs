//! A small function's share of a processor: so much of every period, and then none until the next one.

/// How long a period is, milliseconds.
const PERIOD: f64 = 20.0;

/// Memory with which a function has a whole processor, MB.
const WHOLE_MB: f64 = 1_769.0;

/// A thread under a quota, somewhere within a period.
pub struct Quota {
    /// What every period allows.
    each: f64,
    /// Since the period began.
    at: f64,
    used: f64,
}

impl Quota {
    /// `phase`: how much of the first period is over, 0 to 1.
    pub fn new(memory_mb: u32, phase: f64) -> Self {
        Self { each: PERIOD * (f64::from(memory_mb) / WHOLE_MB).min(1.0), at: PERIOD * phase, used: 0.0 }
    }

    /// Waiting for others uses nothing up.
    pub fn wait(&mut self, ms: f64) {
        self.at += ms;
        if self.at >= PERIOD {
            (self.at, self.used) = (self.at % PERIOD, 0.0);
        }
    }

    /// Works for so long, and says for how long it was not let.
    pub fn work(&mut self, ms: f64) -> f64 {
        let (mut left, mut stood) = (ms, 0.0);
        loop {
            let may = (self.each - self.used).min(PERIOD - self.at).max(0.0);
            let now = left.min(may);
            (self.at, self.used, left) = (self.at + now, self.used + now, left - now);
            if left <= 0.0 {
                return stood;
            }
            stood += PERIOD - self.at;
            (self.at, self.used) = (0.0, 0.0);
        }
    }
}
