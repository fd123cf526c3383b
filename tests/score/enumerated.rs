//! The truth of a percentile a second time: from what really happened to the simulated requests, by trying every set of
//! causes, and with no line of the explainer's.
//!
//! What is to be divided is a definition and not a fact, so the definition is the same: one cause after the other is given
//! the other side's distribution, each request keeping its rank. But the causes are those of the simulator, which the
//! explainer never sees, and the ranks, the replacements, the percentiles and the division are written here.

use parallax::explain::cause::Cause;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::super::simulator::Seen;
use super::percentiles::{LEVELS, Truth, causes};

/// Rows of a percentile's account that requests are made of, in the order of [`parts`].
const PARTS: [Cause; 10] = [
    Cause::Definition,
    Cause::Dns,
    Cause::Redirect,
    Cause::Distance,
    Cause::Queueing,
    Cause::Cpu,
    Cause::Scheduling,
    Cause::Cdn,
    Cause::Server,
    Cause::Residual,
];

/// By cause, what it took of one request.
pub type Parts = [f64; PARTS.len()];

/// What each cause took of one request. A redirect is its whole time: true where only one side is redirected.
pub fn parts(seen: &Seen) -> Parts {
    let [before, last] = &seen.spent;
    let definition = seen.reported_ms - seen.sample.elapsed_us.as_millis();
    [
        definition,
        last.dns + last.fallback,
        before.sum(),
        last.path,
        last.queue + last.idle,
        last.cpu,
        last.stolen,
        last.origin,
        last.server,
        last.hidden + last.transfer,
    ]
}

/// One side: requests, and by cause who comes after whom.
struct Requests {
    parts: Vec<Parts>,
    /// By cause, the requests in ascending order; equal ones by lot.
    order: [Vec<usize>; PARTS.len()],
}

impl Requests {
    fn of(parts: Vec<Parts>, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let order = std::array::from_fn(|cause| {
            let mut order: Vec<usize> = (0..parts.len()).collect();
            order.shuffle(&mut random);
            order.sort_by(|x, y| parts[*x][cause].total_cmp(&parts[*y][cause]));
            order
        });
        Self { parts, order }
    }

    /// What `cause` would take of each request, were it distributed as at the other side.
    fn as_at(&self, other: &Self, cause: usize) -> Vec<f64> {
        let mut instead = vec![0.0; self.parts.len()];
        for (rank, request) in self.order[cause].iter().enumerate() {
            let place = (rank as f64 + 0.5) / self.parts.len() as f64;
            let at = (place * other.parts.len() as f64) as usize;
            instead[*request] = other.parts[other.order[cause][at]][cause];
        }
        instead
    }

    /// By set of causes that are as at the other side (bit by bit), the percentiles of the times.
    fn worth(&self, other: &Self) -> Vec<[f64; LEVELS.len()]> {
        let change: Vec<Vec<f64>> = (0..PARTS.len())
            .map(|cause| {
                let own = self.parts.iter().map(|parts| parts[cause]);
                self.as_at(other, cause).iter().zip(own).map(|(instead, own)| instead - own).collect()
            })
            .collect();
        let mut worth = vec![[0.0; LEVELS.len()]; 1 << PARTS.len()];
        let times: Vec<f64> = self.parts.iter().map(|parts| parts.iter().sum()).collect();
        walk(&change, 0, 0, times, &mut worth);
        worth
    }
}

/// All sets that agree with `set` on the causes before `cause`.
fn walk(change: &[Vec<f64>], cause: usize, set: usize, times: Vec<f64>, worth: &mut [[f64; LEVELS.len()]]) {
    let Some(own) = change.get(cause) else {
        worth[set] = percentiles(times);
        return;
    };
    let with = times.iter().zip(own).map(|(time, change)| time + change).collect();
    walk(change, cause + 1, set, times, worth);
    walk(change, cause + 1, set | 1 << cause, with, worth);
}

fn percentiles(mut times: Vec<f64>) -> [f64; LEVELS.len()] {
    LEVELS.map(|(level, _)| {
        let at = (times.len() as f64 * level.share()) as usize;
        *times.select_nth_unstable_by(at, f64::total_cmp).1
    })
}

/// Each cause's part of the way from the empty set to the full one, averaged over all orders in which causes can come.
fn averaged(worth: &[f64]) -> Parts {
    let factorial = |n: usize| (1..=n).map(|k| k as f64).product::<f64>();
    let all = PARTS.len();
    std::array::from_fn(|cause| {
        let without = (0..worth.len()).filter(|set| set >> cause & 1 == 0);
        let part = |set: usize| {
            let before = set.count_ones() as usize;
            let orders = factorial(before) * factorial(all - 1 - before);
            orders / factorial(all) * (worth[set | 1 << cause] - worth[set])
        };
        without.map(part).sum()
    })
}

/// The division of each percentile's gap between two sides, rows in the order of [`causes`].
pub fn divided(a: Vec<Parts>, b: Vec<Parts>) -> Truth {
    let (a, b) = (Requests::of(a, 1), Requests::of(b, 2));
    let (from_a, from_b) = (a.worth(&b), b.worth(&a));
    let level = |at: usize| {
        let [there, back] = [&from_a, &from_b].map(|worth| {
            let of_level: Vec<f64> = worth.iter().map(|worth| worth[at]).collect();
            (averaged(&of_level), of_level[0])
        });
        let shares: Vec<f64> = there.0.iter().zip(&back.0).map(|(up, down)| (up - down) / 2.0).collect();
        let together = back.1 - there.1 - shares.iter().sum::<f64>();
        let of = |cause: Cause| match PARTS.iter().position(|part| *part == cause) {
            Some(part) => shares[part],
            None if cause == Cause::Dependence => together,
            None => 0.0,
        };
        causes().map(|cause| (cause, of(cause))).collect()
    };
    (0..LEVELS.len()).map(level).collect()
}
