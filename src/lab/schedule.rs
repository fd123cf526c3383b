//! What each request of a run meets: drawn before the run, so that the same scenario and seed make the same conditions.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::scenario::side::Side;
use crate::probe::interleave::Rounds;

/// How long a period of load is, of the schedule's time: several of the explainer's windows.
const PERIOD_MS: f64 = 2.0 * 3_600_000.0;
/// Rounds in one: a slot each two minutes, one after another without waiting.
const ROUNDS: u32 = 60;

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
    /// It is told the address of the site's other point of presence.
    pub elsewhere: bool,
    /// Its first lookup is not heard.
    pub deaf: bool,
    /// How long the name server takes.
    pub dns_ms: f64,
    /// How long the site thinks.
    pub think_ms: f64,
    /// It is never answered.
    pub silent: bool,
    /// Its connection is closed instead.
    pub dropped: bool,
    /// Its slot, from the schedule's beginning; absent where there is no load, and so no schedule.
    pub slot_ms: Option<i64>,
    /// What the load of that moment adds to the thinking.
    pub load_ms: f64,
}

impl Turn {
    /// What a side meets where nothing is drawn.
    #[must_use]
    pub fn ordinary(side: &Side) -> Self {
        Self {
            side: 0,
            cold: false,
            redirected: side.site.redirect.0 > 0.0,
            missed: false,
            dead_ipv6: false,
            elsewhere: false,
            deaf: false,
            dns_ms: side.resolver.delay_ms.0,
            think_ms: side.site.think_ms.0,
            silent: false,
            dropped: false,
            slot_ms: None,
            load_ms: 0.0,
        }
    }
}

/// Why so few rounds would have no account; absent where they may have one.
#[must_use]
pub fn too_few(sides: &[Side; 2], rounds: u32) -> Option<String> {
    let [a, b] = sides;
    let apart = a.site.load_ms.0 > 0.0 && a.at_peak != b.at_peak;
    (apart && rounds < ROUNDS).then(|| {
        format!(
            "the site's load has a period of {ROUNDS} rounds, and the two sides measure in different parts of it; in less \
             than a whole one they may have no time in common to be compared in: give {ROUNDS} or more"
        )
    })
}

/// All requests in order: rounds in which each side has one, the order within a round at random.
#[must_use]
pub fn schedule(sides: &[Side; 2], rounds: u32, seed: u64) -> Vec<Turn> {
    // A stream each, so that what one side is like changes nothing for the other; and one each for its points of presence, which
    // changes nothing for schedules of old.
    let mut streams = [[1, 3], [2, 4]].map(|of_side| {
        of_side.map(|stream| {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            random.set_stream(stream);
            random
        })
    });
    let orders = (0..rounds).zip(Rounds::new(2, seed));
    let turns = orders.flat_map(|(round, order)| order.into_iter().map(move |side| (round, side)));
    turns.map(|(round, side)| turn(round, side, &sides[side], &mut streams[side])).collect()
}

fn turn(round: u32, at: usize, side: &Side, [random, places]: &mut [ChaCha8Rng; 2]) -> Turn {
    let slot_ms = (side.site.load_ms.0 > 0.0).then(|| slot(round, side.at_peak.map_or(1.0, |share| share.0)));
    // Always the same number of draws, so that a factor that is toggled leaves the others as they are.
    let mut draw = || random.random::<f64>();
    let [cold, redirected, missed, dead, deaf] = [(); 5].map(|()| draw());
    let missed = if side.site.miss_on_redirect { redirected } else { missed };
    let [dns, think] = [(); 2].map(|()| -(1.0 - draw()).ln());
    // Of the two ways to have no answer, one draw.
    let unanswered = draw();
    Turn {
        side: at,
        cold: cold < side.cold.0,
        redirected: redirected < side.site.redirect.0,
        missed: missed < side.site.miss.0,
        dead_ipv6: dead < side.resolver.dead_ipv6.0,
        elsewhere: places.random::<f64>() < side.resolver.elsewhere.0,
        deaf: deaf < side.resolver.loss.0,
        dns_ms: side.resolver.delay_ms.0 + dns * side.resolver.spread_ms.0,
        think_ms: side.site.think_ms.0 + think * side.site.think_spread_ms.0,
        silent: unanswered < side.site.silent.0,
        dropped: (0.0..side.site.dropped.0).contains(&(unanswered - side.site.silent.0)),
        slot_ms: slot_ms.map(|slot| slot as i64),
        load_ms: slot_ms.map_or(0.0, |slot| side.site.load_ms.0 * load(slot)),
    }
}

/// When a round is, milliseconds: evenly over this share of each period, around its middle.
fn slot(round: u32, share: f64) -> f64 {
    let (period, within) = (f64::from(round / ROUNDS), f64::from(round % ROUNDS) / f64::from(ROUNDS));
    PERIOD_MS * (period + 0.5 + share * (within - 0.5))
}

/// The load of a moment: from 0 to 1 in the middle of the period, and back.
fn load(slot_ms: f64) -> f64 {
    (1.0 - (slot_ms / PERIOD_MS * std::f64::consts::TAU).cos()) / 2.0
}

#[cfg(test)]
mod tests {
    use super::super::scenario::Scenario;
    use super::super::scenario::quantity::Ms;
    use super::*;

    #[test]
    fn sides_that_measure_in_different_parts_of_a_period_need_a_whole_one() {
        let sides = |name| Scenario::named(name).unwrap().sides;
        for name in ["timing", "timing:small", "timing:large"] {
            assert!(too_few(&sides(name), 59).is_some_and(|why| why.contains("60 or more")), "{name}");
            assert_eq!(too_few(&sides(name), 60), None, "{name}");
        }
        for name in ["null", "distance", "timing:without-at_peak"] {
            assert_eq!(too_few(&sides(name), 2), None, "{name}");
        }
    }

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
    fn misses_that_come_with_redirects_are_as_many_and_fall_together() {
        let all = schedule(&Scenario::named("dependence").unwrap().sides, 400, 1);
        let count =
            |side: usize, is: fn(&&Turn) -> bool| all.iter().filter(|turn| turn.side == side).filter(is).count();
        for side in [0, 1] {
            assert!((75..125).contains(&count(side, |turn| turn.redirected)), "{side}");
            assert!((75..125).contains(&count(side, |turn| turn.missed)), "{side}");
        }
        assert!(count(0, |turn| turn.redirected && turn.missed) < 50, "by chance, one in sixteen");
        assert_eq!(count(1, |turn| turn.redirected != turn.missed), 0);
    }

    #[test]
    fn who_measures_at_the_peak_only_meets_more_load_in_the_same_periods() {
        let all = schedule(&Scenario::named("timing").unwrap().sides, 120, 1);
        let of = |side| all.iter().filter(move |turn| turn.side == side);
        let load = |side| of(side).map(|turn| turn.load_ms).sum::<f64>() / 120.0;
        assert!((load(0) - 20.0).abs() < 1e-6 && (37.0..39.0).contains(&load(1)), "{} {}", load(0), load(1));
        let within = of(1).map(|turn| turn.slot_ms.unwrap() as f64 / PERIOD_MS % 1.0);
        assert!(within.into_iter().all(|at| (0.375..0.625).contains(&at)));
        assert!(of(0).zip(of(1)).all(|(a, b)| a.slot_ms.unwrap() / 7_200_000 == b.slot_ms.unwrap() / 7_200_000));
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
