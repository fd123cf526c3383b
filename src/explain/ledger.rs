//! The ledger: what part of one sample's response time each mechanism took.
//!
//! # What can honestly be filled
//! A sample of our own fills every column. `curl` gives phases without network parts, CPU time of the process and not
//! of the timed interval, and no kernel figures: `dns`, `redirect` and the round trips (floor: the shortest connect of
//! the cell, about 0.1 ms above the network's) are filled; queueing, loss, CPU, scheduling and server are not, and fall
//! into the one row that cannot be separated. curl's counters are sums over a redirect chain where one process walked
//! it: then the hops cannot be told apart, and only `dns` of a single-hop chain and `redirect` are taken. An import
//! carries a total and has no ledger at all: see [`super::bounds`] and [`super::bridge`].

use crate::measurement::environment::Environment;
use crate::measurement::sample::Sample;

use super::reading;

/// Which columns of a row could be filled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen(pub(super) u16);

impl Seen {
    /// Nothing but the total.
    pub const NOTHING: Self = Self(0);
    /// The exchange as a timeline, so that the tool's own number can be compared with it.
    pub const TIMELINE: Self = Self(1);
    /// Name resolution, apart.
    pub const DNS: Self = Self(1 << 1);
    /// Which hops there were, and what each took.
    pub const HOPS: Self = Self(1 << 2);
    /// Round trips: a floor, and their number.
    pub const ROUND_TRIPS: Self = Self(1 << 3);
    /// The handshake's round trip by the kernel, beside the floor.
    pub const QUEUEING: Self = Self(1 << 4);
    /// Segments sent again.
    pub const LOSS: Self = Self(1 << 5);
    /// CPU time within the timed interval.
    pub const CPU: Self = Self(1 << 6);
    /// Run-queue delay within the timed interval.
    pub const SCHEDULING: Self = Self(1 << 7);
    /// Receiving, apart from waiting.
    pub const TRANSFER: Self = Self(1 << 8);
    /// `Server-Timing`, plausible and on enough answers.
    pub const SERVER: Self = Self(1 << 9);
    /// The edge said hit or miss.
    pub const CACHE: Self = Self(1 << 10);
    /// Everything.
    pub const ALL: Self = Self((1 << 11) - 1);

    /// All of `other` can be seen.
    #[must_use]
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// What both can see.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// This and that.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This without that.
    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Names of those that cannot be seen, in order.
    #[must_use]
    pub fn missing(self) -> Vec<&'static str> {
        const NAMES: [&str; 11] = [
            "timeline",
            "dns",
            "hops",
            "round_trips",
            "queueing",
            "loss",
            "cpu",
            "scheduling",
            "transfer",
            "server_timing",
            "cache_state",
        ];
        NAMES.into_iter().enumerate().filter(|(bit, _)| self.0 >> bit & 1 == 0).map(|(_, name)| name).collect()
    }
}

/// The state in which the last hop's request found its sandbox and its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// A kept connection.
    Reused,
    /// A new connection from a sandbox that had served before.
    Fresh,
    /// A new connection on the first use of a sandbox, however it was started.
    Cold,
}

/// What redirects cost one sample, in milliseconds: everything spent before the last hop.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Redirects {
    /// Hops before the last.
    pub count: f64,
    /// Their round trips, at each connection's own smallest.
    pub path: f64,
    /// Their name resolution.
    pub dns: f64,
    /// Their CPU time.
    pub cpu: f64,
    /// Their run-queue delay.
    pub scheduling: f64,
    /// The rest of them.
    pub other: f64,
}

impl Redirects {
    /// Everything together.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.path + self.dns + self.cpu + self.scheduling + self.other
    }
}

/// Times of the last hop that need the floor before they mean something; milliseconds, local time taken out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Raw {
    /// By the kernel; absent on a kept connection.
    pub handshake: Option<f64>,
    /// The smallest round trip known of this connection: by the kernel, or the connect time where it says nothing.
    pub shortest: Option<f64>,
    /// Extra rounds while the body arrived, as bursts or bytes tell.
    pub rounds: f64,
    /// Extra rounds that a body of this size needs from a server that begins as usual.
    pub flights: f64,
    /// Round trips to set the connection up: TCP, a proxy, TLS.
    pub setup: f64,
    /// The phase without a lost attempt.
    pub connect: f64,
    /// The phase.
    pub tls: f64,
    /// The phase with local time: evidence only.
    pub tls_whole: f64,
    /// The phase.
    pub wait: f64,
    /// The phase.
    pub receive: f64,
    /// Segments were sent again.
    pub resent: bool,
    /// Segments of the answer came before one that was sent earlier: it was lost on its way here, or overtaken.
    pub disordered: bool,
    /// Waited for such a segment while those behind it were here already: what can be read comes in order.
    pub behind: f64,
    /// From the first packet of the record that the header was in to the one that made it whole.
    pub record: f64,
    /// Each phase over all hops, then the time between phases, local time and all: evidence, and the parts of what a
    /// side does not tell apart.
    pub phases: [f64; 7],
    /// Processor time of the measuring thread; of curl's whole process, whose start its own timer does not see.
    pub work: Option<f64>,
    /// How much of it lies within the number, at least: all of a thread's, and of a process what cannot lie outside.
    pub work_least: Option<f64>,
}

/// One sample, as columns that add up to its response time. Milliseconds; fixed size, so that a million fit in memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// The sample's name as a number: what its randomness is keyed by.
    pub id: u64,
    /// Its slot, or its start where there is none; milliseconds since 1970.
    pub at_ms: i64,
    /// Its sandbox as a number.
    pub sandbox: u64,
    /// Its region and zone as a number: chosen by the user, so not random.
    pub place: u64,
    /// Sandboxes of this platform come and go: they are a random draw.
    pub drawn: bool,
    /// How much it counts: 1.
    pub weight: f64,
    /// What the tool reports.
    pub total: f64,
    /// The tool's number less the exchange.
    pub definition: f64,
    /// Name resolution of the last hop.
    pub dns: f64,
    /// From the first address tried to the one that won.
    pub fallback: f64,
    /// Everything before the last hop.
    pub redirects: Redirects,
    /// Round trips that setting the connection up took; 0 on a kept one.
    pub setup_trips: f64,
    /// Round trips of request and body: 1, and extra rounds.
    pub base_trips: f64,
    /// The floor: the shortest round trip of the cell.
    pub floor: f64,
    /// By how much the floor is likely to lie above the path's own, because a minimum of few can only be too long.
    pub overshoot: f64,
    /// Queues on the way, over all round trips.
    pub queueing: f64,
    /// Waiting for what was sent again.
    pub loss: f64,
    /// CPU time of the measuring thread, last hop.
    pub cpu: f64,
    /// Run-queue delay, last hop.
    pub scheduling: f64,
    /// Of the rest: neither worked, nor was ready to run, nor waited for a packet, last hop, but for looking up and receiving. A page
    /// of the program that is read from the disk takes such time.
    pub blocked: f64,
    /// What the edge says it needed to fetch from the origin.
    pub origin: f64,
    /// Body beyond its round trips.
    pub transfer: f64,
    /// What the server says of itself, where that is plausible.
    pub server_said: Option<f64>,
    /// The server said more of itself than the wait allows.
    pub boasted: bool,
    /// See [`State`].
    pub state: State,
    /// The edge did not have the answer.
    pub miss: bool,
    /// Which columns are filled.
    pub seen: Seen,
    /// Lambda's memory, MB; 0 elsewhere.
    pub memory_mb: u32,
    /// How long the machine beneath took its processors meanwhile, as far as it says.
    pub steal_ms: f64,
    /// The path whose floor is shared: place and peer address.
    pub cell: u64,
    /// What the columns below the floor are made from.
    pub raw: Raw,
}

impl Row {
    /// The columns that one sample alone can fill; the floor comes from all of them, see [`super::floor::settle`].
    ///
    /// `reported_ms` is what another tool's definition makes of this sample; absent, the sample's own total. `None`
    /// where there is no response time: failures are counted, never averaged.
    #[must_use]
    pub fn of(sample: &Sample, environment: &Environment, reported_ms: Option<f64>) -> Option<Self> {
        reading::read(sample, environment, reported_ms)
    }

    /// All round trips at the floor.
    #[must_use]
    pub fn path(&self) -> f64 {
        (self.setup_trips + self.base_trips) * self.floor
    }

    /// What is left of the total when every other column is taken out: server and unexplained wait. May be negative.
    #[must_use]
    pub fn rest(&self) -> f64 {
        self.total
            - self.definition
            - self.dns
            - self.fallback
            - self.redirects.total()
            - self.path()
            - self.queueing
            - self.loss
            - self.cpu
            - self.scheduling
            - self.origin
            - self.transfer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_rows_a_side_stay_within_a_gigabyte() {
        assert!(size_of::<Row>() <= 480, "{}", size_of::<Row>());
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(Seen::ALL.missing(), Vec::<&str>::new());
        assert_eq!(Seen(Seen::ALL.0 & !Seen::CPU.0).missing(), ["cpu"]);
        assert_eq!(Seen::NOTHING.missing().len(), 11);
    }
}
