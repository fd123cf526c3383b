//! Where the time of one hop really went.

/// Milliseconds of one hop, cause by cause; they add up to it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spent {
    pub dns: f64,
    /// Round trips, as short as the path allows.
    pub path: f64,
    /// What queues added to them.
    pub queue: f64,
    /// A lost packet's timeout.
    pub idle: f64,
    /// An address that did not answer.
    pub fallback: f64,
    pub cpu: f64,
    pub stolen: f64,
    pub origin: f64,
    pub server: f64,
    pub hidden: f64,
    pub transfer: f64,
}

impl Spent {
    pub fn sum(&self) -> f64 {
        self.dns
            + self.path
            + self.queue
            + self.idle
            + self.fallback
            + self.cpu
            + self.stolen
            + self.origin
            + self.server
            + self.hidden
            + self.transfer
    }
}
