//! What each request of a run meets: drawn before the run, so that the same scenario and seed make the same conditions.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::scenario::side::Side;
use crate::probe::interleave::Rounds;

/// One request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Turn {
    /// Whose: 0 is A.
    pub side: usize,
    /// It meets a new process.
    pub cold: bool,
    /// It is sent on.
    pub redirected: bool,
    /// The edge does not have the page.
    pub missed: bool,
    /// It is told an IPv6 address at which nothing answers.
    pub dead_ipv6: bool,
    /// Its first lookup is not heard.
    pub deaf: bool,
    /// How long the name server takes.
    pub dns_ms: f64,
    /// How long the site thinks.
    pub think_ms: f64,
}

/// All requests in order: rounds in which each side has one, the order within a round at random.
#[must_use]
pub fn schedule(sides: &[Side; 2], rounds: u32, seed: u64) -> Vec<Turn> {
    // A stream each, so that what one side is like changes nothing for the other.
    let mut random = [1, 2].map(|side| {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(side);
        random
    });
    let orders = Rounds::new(2, seed).take(rounds as usize).flatten();
    orders.map(|side| turn(side, &sides[side], &mut random[side])).collect()
}

fn turn(at: usize, side: &Side, random: &mut ChaCha8Rng) -> Turn {
    // Always the same number of draws, so that a factor that is toggled leaves the others as they are.
    let mut draw = || random.random::<f64>();
    let [cold, redirected, missed, dead, deaf] = [(); 5].map(|()| draw());
    let [dns, think] = [(); 2].map(|()| -(1.0 - draw()).ln());
    Turn {
        side: at,
        cold: cold < side.cold.0,
        redirected: redirected < side.site.redirect.0,
        missed: missed < side.site.miss.0,
        dead_ipv6: dead < side.resolver.dead_ipv6.0,
        deaf: deaf < side.resolver.loss.0,
        dns_ms: side.resolver.delay_ms.0 + dns * side.resolver.spread_ms.0,
        think_ms: side.site.think_ms.0 + think * side.site.think_spread_ms.0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::scenario::Scenario;
    use super::super::scenario::quantity::Ms;
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_conditions_and_another_seed_others() {
        let sides = Scenario::named("all-at-once").unwrap().sides;
        let all = schedule(&sides, 100, 1);
        assert_eq!(all.len(), 200);
        assert_eq!(all, schedule(&sides, 100, 1));
        assert_eq!(all[..50], schedule(&sides, 25, 1)[..], "a shorter run begins like the longer one");
        assert_ne!(all, schedule(&sides, 100, 2));
        assert!(all.chunks(2).all(|round| round[0].side + round[1].side == 1));
        let redirected = all.iter().filter(|turn| turn.side == 1 && turn.redirected).count();
        assert!((30..70).contains(&redirected), "{redirected}");
        assert!(all.iter().all(|turn| turn.side == 1 || !turn.redirected));
    }

    #[test]
    fn a_factor_that_is_reset_leaves_every_other_condition_as_it_was() {
        let sides = Scenario::named("all-at-once").unwrap().sides;
        let mut reset = sides.clone();
        reset[1].resolver.delay_ms = Ms(2.0);
        for (turn, without) in schedule(&sides, 50, 3).into_iter().zip(schedule(&reset, 50, 3)) {
            assert_eq!(Turn { dns_ms: 0.0, ..turn }, Turn { dns_ms: 0.0, ..without });
        }
    }
}
