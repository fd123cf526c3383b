//! The causes that a gap is divided among.

use std::fmt;

use serde::Serialize;

/// One row of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// What the tool's number holds beyond, or short of, the exchange itself.
    Definition,
    /// The samples were not taken at the same times.
    Timing,
    /// Finding the address.
    Dns,
    /// Trying an address that did not answer: happy eyeballs.
    Fallback,
    /// The length of a round trip, times their number.
    Distance,
    /// More, or fewer, redirects followed.
    Redirect,
    /// Connections kept, or made anew.
    Reuse,
    /// More, or fewer, round trips to set a connection up: TLS version, resumption.
    TlsVersion,
    /// Round trips longer than the shortest seen: queues on the way.
    Queueing,
    /// Packets that had to be sent again.
    Loss,
    /// Processor time of the measuring program.
    Cpu,
    /// Ready to run and not let run: neighbours, or a CPU quota.
    Scheduling,
    /// The first use of a fresh sandbox.
    Cold,
    /// The answer had to be fetched from behind the edge.
    Cdn,
    /// Time that the server says it needed.
    Server,
    /// Receiving the body, beyond its round trips.
    Transfer,
    /// Requests that failed, counted as a time that was asked for; restricted means only.
    Failure,
    /// Rows occur together more at one side than at the other; percentiles only.
    Dependence,
    /// What no other row explains.
    Residual,
}

impl Cause {
    /// How many there are.
    pub const COUNT: usize = 19;

    /// All, in the order in which an account lists them.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Definition,
        Self::Timing,
        Self::Dns,
        Self::Fallback,
        Self::Distance,
        Self::Redirect,
        Self::Reuse,
        Self::TlsVersion,
        Self::Queueing,
        Self::Loss,
        Self::Cpu,
        Self::Scheduling,
        Self::Cold,
        Self::Cdn,
        Self::Server,
        Self::Transfer,
        Self::Failure,
        Self::Dependence,
        Self::Residual,
    ];

    /// The name in JSON and on pages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Definition => "definition",
            Self::Timing => "timing",
            Self::Dns => "dns",
            Self::Fallback => "fallback",
            Self::Distance => "distance",
            Self::Redirect => "redirect",
            Self::Reuse => "reuse",
            Self::TlsVersion => "tls_version",
            Self::Queueing => "queueing",
            Self::Loss => "loss",
            Self::Cpu => "cpu",
            Self::Scheduling => "scheduling",
            Self::Cold => "cold",
            Self::Cdn => "cdn",
            Self::Server => "server",
            Self::Transfer => "transfer",
            Self::Failure => "failure",
            Self::Dependence => "dependence",
            Self::Residual => "residual",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Milliseconds for each cause.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shares([f64; Cause::COUNT]);

impl Shares {
    /// Of one cause, in milliseconds.
    #[must_use]
    pub fn get(&self, cause: Cause) -> f64 {
        self.0[cause as usize]
    }

    /// Adds to one cause.
    pub fn add(&mut self, cause: Cause, ms: f64) {
        self.0[cause as usize] += ms;
    }

    /// All together: the gap.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.0.iter().sum()
    }

    /// Gives the difference to `gap` that rounding left to the residual, and says how much that was: a part that was given
    /// to no cause would show there, and does not pass for something unexplained.
    #[must_use]
    pub(super) fn closed_at(mut self, gap: f64) -> (Self, f64) {
        let rounding = gap - self.sum();
        self.add(Cause::Residual, rounding);
        (self, rounding)
    }

    /// What was left over is no more than rounding, for shares and a gap of this size.
    pub(super) fn leave_only(&self, rounding: f64, gap: f64) -> bool {
        let size = self.0.iter().fold(gap.abs().max(1.0), |sum, ms| sum + ms.abs());
        rounding.is_nan() || rounding.abs() <= 1e-9 * size
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_stands_at_its_own_place() {
        for (at, cause) in Cause::ALL.into_iter().enumerate() {
            assert_eq!(cause as usize, at, "{cause}");
            assert_eq!(serde_json::to_string(&cause).unwrap(), format!("\"{cause}\""));
        }
    }

    #[test]
    fn rounding_goes_to_the_residual_and_is_told() {
        let mut shares = Shares::default();
        shares.add(Cause::Dns, 0.1 + 0.2);
        let (closed, rounding) = shares.closed_at(0.3);
        assert!(closed.sum() == 0.3 && rounding != 0.0 && rounding.abs() < 1e-15, "{rounding}");
    }

    #[test]
    fn a_part_that_was_forgotten_is_no_rounding() {
        let mut shares = Shares::default();
        shares.add(Cause::Dns, 3.0);
        let (closed, rounding) = shares.closed_at(5.0);
        assert!(!closed.leave_only(rounding, 5.0));
        let (closed, rounding) = shares.closed_at(3.0 + 1e-13);
        assert!(closed.leave_only(rounding, 3.0));
    }
}
