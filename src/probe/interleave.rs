//! In which order several ways of measuring take their turns.
//!
//! Each round is a block: every arm goes once, in random order, so that what drifts with time (a warming cache, a busy
//! neighbour) meets all arms alike, and no arm always goes right after the same other one.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// The order of one round after another; the same seed gives the same orders on any machine.
#[derive(Clone, Debug)]
pub struct Rounds {
    arms: usize,
    random: ChaCha8Rng,
}

impl Rounds {
    /// Rounds of this many arms.
    #[must_use]
    pub fn new(arms: usize, seed: u64) -> Self {
        Self { arms, random: ChaCha8Rng::seed_from_u64(seed) }
    }
}

impl Iterator for Rounds {
    type Item = Vec<usize>;

    /// The next round: each of `0..arms` once. There is no last round.
    fn next(&mut self) -> Option<Vec<usize>> {
        let mut order: Vec<usize> = (0..self.arms).collect();
        order.shuffle(&mut self.random);
        Some(order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_arm_goes_once_in_every_round() {
        for arms in [0, 1, 2, 7] {
            for mut order in Rounds::new(arms, 1).take(100) {
                order.sort_unstable();
                assert_eq!(order, (0..arms).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn one_seed_is_one_order_and_another_seed_another() {
        let orders = |seed| Rounds::new(2, seed).take(64).collect::<Vec<_>>();
        assert_eq!(orders(42), orders(42));
        assert_ne!(orders(42), orders(43));
    }

    /// Printed seeds must still mean the same order in a later version.
    #[test]
    fn the_order_of_a_printed_seed_stays() {
        let first: Vec<usize> = Rounds::new(2, 42).take(16).map(|order| order[0]).collect();
        assert_eq!(first, ORDER_OF_42);
    }

    const ORDER_OF_42: [usize; 16] = [0, 0, 1, 1, 1, 1, 0, 0, 0, 1, 1, 0, 1, 1, 0, 0];

    #[test]
    fn neither_arm_goes_first_much_more_often() {
        let first = Rounds::new(2, 7).take(1_000).filter(|order| order[0] == 0).count();
        // Fair coin, 1,000 throws: five standard deviations are 79.
        assert!((421..=579).contains(&first), "{first}");
    }
}
