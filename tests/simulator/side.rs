//! What one side of the world is like.

use super::{Befell, Seen, sample};

/// One side of the world. Times are means, in milliseconds.
#[derive(Clone, Debug)]
pub struct Side {
    pub name: &'static str,
    /// Round trip of each place.
    pub trips: Vec<f64>,
    /// Sandboxes live this many slots; 0: one that stays, on a host.
    pub life: u32,
    /// The share of requests on a kept connection.
    pub reused: f64,
    pub tls12: bool,
    /// The share of requests that are redirected once, over a new connection.
    pub redirected: f64,
    pub rounds: u32,
    pub dns: f64,
    pub queue: f64,
    pub lost: f64,
    pub cpu: f64,
    /// CPU that only a new connection costs.
    pub handshake_cpu: f64,
    pub stolen: f64,
    /// Extra on the first use of a sandbox: DNS, CPU, stolen.
    pub cold: [f64; 3],
    pub miss: f64,
    pub server: f64,
    pub hidden: f64,
    pub transfer: f64,
    /// The tool's number beyond the exchange.
    pub definition: f64,
    /// The share of new connections for which an address that does not answer is tried first.
    pub fallback: f64,
    /// The share of answers with `Server-Timing`.
    pub said: f64,
    /// What the server says of itself, over what is so.
    pub boast: f64,
    /// The kernel knows of all run-queue delay; where not, it says that there was none.
    pub shown: bool,
    /// The kernel speaks of run-queue delay at all.
    pub accounted: bool,
    /// The share of requests that no answer comes to.
    pub unanswered: f64,
    /// How strongly sampling prefers the afternoon, 0 to 1.
    pub skew: f64,
    /// Memory of a function, MB.
    pub memory_mb: u32,
    /// The host lets a function have no more of a processor than its memory is worth.
    pub throttled: bool,
}

impl Side {
    /// This side with what its quota takes in the long run as a figure: nobody has a formula for it.
    pub fn in_the_long_run(&self, slots: u32, seed: u64) -> Self {
        if !self.throttled {
            return self.clone();
        }
        let seen = sample(self, seed, slots, &vec![0.0; slots as usize], false);
        Self { stolen: self.as_it_befell(&seen).stolen, throttled: false, ..self.clone() }
    }

    /// This side, had what may befall a request been as likely and as long as it really was, on average over those that
    /// were answered.
    pub fn as_it_befell(&self, seen: &[Seen]) -> Self {
        let mean = |of: fn(&Befell) -> f64, among: fn(&Befell) -> bool| {
            let (mut sum, mut count) = (0.0, 0.0);
            for one in seen.iter().filter(|one| one.sample.outcome.is_timed() && among(&one.befell)) {
                sum += of(&one.befell);
                count += 1.0;
            }
            if count > 0.0 { sum / count } else { 0.0 }
        };
        let all = |_: &Befell| true;
        let new = |one: &Befell| !one.kept;
        let cold = |one: &Befell| one.stolen_cold.is_some();
        Self {
            throttled: false,
            redirected: mean(|one| one.redirected.into(), all),
            reused: mean(|one| one.kept.into(), all),
            lost: mean(|one| one.lost.into(), new),
            fallback: mean(|one| one.fell.into(), new),
            miss: mean(|one| one.missed.into(), all),
            dns: mean(|one| one.dns, new),
            queue: mean(|one| one.queue, all),
            stolen: mean(|one| one.stolen, all),
            cold: [self.cold[0], self.cold[1], mean(|one| one.stolen_cold.unwrap_or(0.0), cold)],
            server: mean(|one| one.server, all),
            hidden: mean(|one| one.hidden, all),
            transfer: mean(|one| one.transfer, all),
            ..self.clone()
        }
    }
}

impl Default for Side {
    fn default() -> Self {
        Self {
            name: "a",
            trips: vec![8.0],
            life: 0,
            reused: 0.0,
            tls12: false,
            redirected: 0.0,
            rounds: 1,
            dns: 2.0,
            queue: 0.1,
            lost: 0.0,
            cpu: 0.6,
            handshake_cpu: 0.5,
            stolen: 0.05,
            cold: [0.0; 3],
            miss: 0.1,
            server: 30.0,
            hidden: 0.0,
            transfer: 1.0,
            definition: 0.0,
            fallback: 0.0,
            said: 1.0,
            boast: 1.0,
            shown: true,
            accounted: true,
            unanswered: 0.0,
            skew: 0.0,
            memory_mb: 256,
            throttled: false,
        }
    }
}
