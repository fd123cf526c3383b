//! What a path does to packets: how long each is held, and which are lost.

use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::lab::hold::Spans;

/// A path; times are one way.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Link {
    /// What each packet is held for.
    pub delay: Duration,
    /// The mean of what is added at random, exponentially, for the queue that a packet meets. Packets keep their order.
    pub jitter: Duration,
    /// The share of packets that is lost: outward, and inward.
    pub loss: [f64; 2],
    /// Megabits a second, each way; absent, no limit.
    pub rate_mbit: Option<f64>,
    /// What each packet to and from the second address of the far end is held for instead of `delay`; absent, the same.
    pub elsewhere: Option<Duration>,
    /// Spans in which no packet leaves, either way.
    pub held: Option<Spans>,
    /// Where randomness starts.
    pub seed: u64,
}

impl Link {
    /// One that holds every packet for the same time.
    #[must_use]
    pub fn of(delay: Duration) -> Self {
        Self { delay, ..Self::default() }
    }
}

/// How long a queue stays as it is, on average, before it is another: longer than a flight of packets, as long as a round trip
/// or two.
const QUEUE_LASTS: Duration = Duration::from_millis(20);

/// One direction of a link, packet after packet.
pub(super) struct Lane {
    link: Link,
    loss: f64,
    random: ChaCha8Rng,
    /// The narrow place is taken until then.
    busy_until: Option<Instant>,
    /// That the last packet met, and when.
    queue: Duration,
    last_arrived: Option<Instant>,
    last_due: Option<Instant>,
}

impl Lane {
    pub(super) fn new(link: Link, way: usize) -> Self {
        let random = ChaCha8Rng::seed_from_u64(link.seed.wrapping_mul(2).wrapping_add(way as u64));
        Self {
            link,
            loss: link.loss[way],
            random,
            busy_until: None,
            queue: Duration::ZERO,
            last_arrived: None,
            last_due: None,
        }
    }

    /// When a packet that came now is to leave; `None` where it is lost. A lost packet took its time in the narrow place.
    pub(super) fn due(&mut self, arrived: Instant, length: usize) -> Option<Instant> {
        let mut leaves = arrived;
        if let Some(rate) = self.link.rate_mbit {
            let start = self.busy_until.map_or(arrived, |busy| busy.max(arrived));
            leaves = start + Duration::from_secs_f64(length as f64 * 8.0 / (rate * 1e6));
            self.busy_until = Some(leaves);
        }
        if self.loss > 0.0 && self.random.random::<f64>() < self.loss {
            return None;
        }
        let due = leaves + self.link.delay + self.queue(arrived);
        let due = self.link.held.and_then(|spans| spans.end(due)).unwrap_or(due);
        let due = self.last_due.map_or(due, |last| due.max(last));
        self.last_due = Some(due);
        Some(due)
    }

    /// How long the queue is that a packet meets. It changes at moments that have nothing to do with packets (a Poisson process): if
    /// it changed when one comes, a long queue would be met more often than a short one.
    fn queue(&mut self, arrived: Instant) -> Duration {
        if self.link.jitter.is_zero() {
            return Duration::ZERO;
        }
        let since = self.last_arrived.replace(arrived).map(|last| arrived.saturating_duration_since(last));
        let unchanged = since.map_or(0.0, |since| (-since.div_duration_f64(QUEUE_LASTS)).exp());
        if self.random.random::<f64>() >= unchanged {
            self.queue = self.link.jitter.mul_f64(-(1.0 - self.random.random::<f64>()).ln());
        }
        self.queue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn packets_keep_their_order_whatever_the_jitter() {
        let now = Instant::now();
        let mut lane = Lane::new(Link { jitter: 20 * MS, ..Link::of(5 * MS) }, 0);
        let dues: Vec<Instant> = (0..200).filter_map(|n| lane.due(now + n * 10 * MS, 100)).collect();
        assert!(dues.is_sorted() && dues.len() == 200);
        let held: Vec<Duration> = dues.iter().zip(0..).map(|(due, n)| *due - (now + n * 10 * MS)).collect();
        assert!(held.iter().all(|held| *held >= 5 * MS));
        let mean = held.iter().sum::<Duration>() / 200;
        assert!((15 * MS..40 * MS).contains(&mean), "{mean:?}");
    }

    #[test]
    fn a_flight_meets_one_queue_and_the_next_one_another() {
        let now = Instant::now();
        let mut lane = Lane::new(Link { jitter: 2 * MS, ..Link::of(5 * MS) }, 0);
        let mut held = |at: Duration| lane.due(now + at, 100).unwrap() - (now + at);
        let bursts: Vec<[Duration; 3]> =
            (0..1_000).map(|n| [0, 50, 100].map(|us| held(n * 200 * MS + us * MS / 1_000))).collect();
        let alike = bursts.iter().filter(|burst| burst[0] == burst[2]).count();
        assert!((985..1_000).contains(&alike), "{alike}");
        assert!(bursts.windows(2).all(|pair| pair[0][0] != pair[1][0]));
        let mean = bursts.iter().map(|burst| burst[0].as_secs_f64()).sum::<f64>() / 1_000.0;
        assert!((0.0068..0.0072).contains(&mean), "{mean}");
    }

    #[test]
    fn a_packet_that_follows_another_meets_no_longer_queue_than_one_that_comes_alone() {
        // The second comes when the first has just left, or would have, had its queue been shorter.
        let now = Instant::now();
        let mut lane = Lane::new(Link { jitter: 2 * MS, ..Link::of(5 * MS) }, 0);
        let mut held = |at: Duration| (lane.due(now + at, 100).unwrap() - (now + at)).as_secs_f64();
        let pairs: Vec<[f64; 2]> = (0..4_000).map(|n| [0, 7].map(|ms| held(n * 200 * MS + ms * MS))).collect();
        let [first, second] = [0, 1].map(|at| pairs.iter().map(|pair| pair[at]).sum::<f64>() / 4_000.0);
        assert!((second - first).abs() < 0.000_15, "{first} {second}");
    }

    #[test]
    fn a_narrow_place_lets_packets_through_one_after_another() {
        let now = Instant::now();
        let mut lane = Lane::new(Link { rate_mbit: Some(8.0), ..Link::of(MS) }, 1);
        // 1 000 bytes at a million bytes a second.
        assert_eq!(lane.due(now, 1_000), Some(now + 2 * MS));
        assert_eq!(lane.due(now, 1_000), Some(now + 3 * MS));
        assert_eq!(lane.due(now + 10 * MS, 1_000), Some(now + 12 * MS));
    }

    #[test]
    fn what_would_leave_within_a_span_leaves_at_its_end() {
        let now = Instant::now();
        let held = Some(Spans { start: now, every: 50 * MS, length: 15 * MS });
        let mut lane = Lane::new(Link { held, ..Link::of(5 * MS) }, 0);
        let dues = [2, 9, 11, 44, 46].map(|at| lane.due(now + at * MS, 60));
        assert_eq!(dues, [15, 15, 16, 49, 65].map(|at| Some(now + at * MS)));
    }

    #[test]
    fn the_share_that_is_lost_is_that_of_its_direction_and_the_same_for_the_same_seed() {
        let link = Link { loss: [0.2, 0.0], seed: 7, ..Link::of(MS) };
        let lost = |link, way| {
            let (now, mut lane) = (Instant::now(), Lane::new(link, way));
            (0..2_000).map(|_| lane.due(now, 60).is_none()).collect::<Vec<_>>()
        };
        let count = |lost: &[bool]| lost.iter().filter(|lost| **lost).count();
        assert!((300..500).contains(&count(&lost(link, 0))), "{}", count(&lost(link, 0)));
        assert_eq!(count(&lost(link, 1)), 0);
        assert_eq!(lost(link, 0), lost(link, 0));
        assert_ne!(lost(link, 0), lost(Link { seed: 8, ..link }, 0));
    }
}
