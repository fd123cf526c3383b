//! Which runs a suite is made of.

use super::experiment::factors;
use super::gate::Suite;
use crate::lab::scenario::{NAMES, Scenario};

/// One run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The scenario.
    pub scenario: String,
    /// How often each side measures.
    pub rounds: u32,
    /// Where randomness starts.
    pub seed: u64,
}

/// Variations on others, what needs more than one of a row's kinds of truth, and what needs other people's programs, for the
/// full suite only.
const NOT_QUICK: [&str; 14] = [
    "closed",
    "cpu",
    "dependence",
    "dns-lost",
    "dns-search",
    "nginx",
    "on-premises",
    "points-of-presence",
    "scheduling-unseen",
    "small-function",
    "throttle-unseen",
    "timeouts",
    "timing",
    "transfer-size",
];
/// Run once more, and longer: the last three for their p99.
const LONG: [&str; 5] = ["all-at-once", "null-busy", "cdn", "dns", "fallback"];
/// The scenario of several causes, each of which is taken back in turn: its row is empty then.
const ALL: &str = "all-at-once";
const ROUNDS: u32 = 240;
pub(super) const ROUNDS_LONG: u32 = 1_440;
const RUNS: u64 = 5;

/// Causes that meet in the field, or whose rows share a product.
pub const PAIRS: [&str; 15] = [
    "distance+tls-version",
    "distance+redirect",
    "distance+transfer-size",
    "distance+queueing",
    "distance+reuse",
    "dns+fallback",
    "dns+redirect",
    "redirect+tls-version",
    "queueing+loss-from",
    "scheduling+distance",
    "scheduling+server",
    "cold+dns",
    "cdn+server",
    "server+hidden",
    "transfer-rate+cdn",
];

/// The runs, in order.
#[must_use]
pub fn cells(suite: Suite) -> Vec<Cell> {
    let cell = |scenario: &str, rounds, seed| Cell { scenario: scenario.to_owned(), rounds, seed };
    match suite {
        Suite::Quick => {
            let quick = scored().filter(|scenario| !NOT_QUICK.contains(&scenario.name.as_str()));
            quick.map(|scenario| cell(&scenario.name, ROUNDS, 1)).collect()
        }
        Suite::Full => {
            let repeated = scored().map(|one| one.name).chain(PAIRS.map(str::to_owned));
            let repeated = repeated.flat_map(|name| (1..=RUNS).map(move |seed| cell(&name, ROUNDS, seed)));
            let once = variations().into_iter().map(|name| cell(&name, ROUNDS, 1));
            repeated.chain(once).chain(LONG.map(|name| cell(name, ROUNDS_LONG, 1))).collect()
        }
    }
}

/// What other programs do by themselves nobody injects: their scenarios are not scored.
fn scored() -> impl Iterator<Item = Scenario> {
    NAMES.iter().filter_map(|name| Scenario::named(name).ok()).filter(|scenario| !scenario.is_of_monitors())
}

/// The runs that experiments need beside these: each factor reset, where no run has such sides already. Of several runs
/// of one scenario, the first has an experiment.
#[must_use]
pub fn resets(cells: &[Cell]) -> Vec<Cell> {
    let sides = |name: &str| Scenario::named(name).ok().map(|scenario| scenario.sides);
    let mut known: Vec<(Cell, _)> = cells.iter().map(|cell| (cell.clone(), sides(&cell.scenario))).collect();
    for cell in cells.iter().filter(|cell| cell.seed == 1 && cell.rounds <= ROUNDS) {
        let factors = Scenario::named(&cell.scenario).map(|scenario| factors(&scenario)).unwrap_or_default();
        for factor in factors {
            let (like, reset) = (sides(&factor.without), Cell { scenario: factor.without, ..cell.clone() });
            let is_like =
                |(other, sides): &(Cell, _)| *sides == like && (other.rounds, other.seed) == (reset.rounds, reset.seed);
            if !known.iter().any(is_like) {
                known.push((reset, like));
            }
        }
    }
    known.split_off(cells.len()).into_iter().map(|(cell, _)| cell).collect()
}

/// Those of one scenario or variation: as the suite has it, or else once.
#[must_use]
pub fn cells_of(name: &str, suite: Suite) -> Vec<Cell> {
    let of_suite: Vec<Cell> = cells(suite).into_iter().filter(|cell| cell.scenario == name).collect();
    if of_suite.is_empty() { vec![Cell { scenario: name.to_owned(), rounds: ROUNDS, seed: 1 }] } else { of_suite }
}

/// Every other size of every cause, and all causes at once with one of them taken back.
fn variations() -> Vec<String> {
    let known: Vec<Scenario> = scored().collect();
    let sizes =
        known.iter().flat_map(|scenario| scenario.sizes.iter().map(move |size| format!("{}:{size}", scenario.name)));
    let all = known.iter().filter(|scenario| scenario.name == ALL);
    let without = all.flat_map(|scenario| scenario.toggled.iter().map(|key| format!("{ALL}:without-{key}")));
    sizes.chain(without).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_suite_is_twenty_runs_and_the_full_one_has_every_scenario() {
        assert_eq!(cells(Suite::Quick).len(), 20);
        let full = cells(Suite::Full);
        let ours = |name: &str| !Scenario::named(name).unwrap().is_of_monitors();
        let runs = |name: &str| full.iter().filter(|cell| cell.scenario == name).count();
        assert!(NAMES.iter().all(|name| (runs(name) >= 5) == ours(name)));
        assert!(PAIRS.iter().all(|pair| runs(pair) == 5));
        assert!(NOT_QUICK.iter().chain(&LONG).all(|name| NAMES.contains(name)));
        for cell in &full {
            Scenario::named(&cell.scenario).unwrap_or_else(|error| panic!("{error}"));
        }
    }

    #[test]
    fn a_factor_is_reset_once_where_no_run_of_the_suite_does_so() {
        let full = cells(Suite::Full);
        let more = resets(&full);
        assert_eq!(more.len(), 23, "{more:?}");
        let named = |name: &str| more.iter().any(|cell| cell.scenario == name);
        assert!(named("transfer-rate:without-path.rate_mbit") && named("cold:without-cold"), "{more:?}");
        assert!(!named("distance:without-path.delay_ms"), "that is `null`");
        let mut together = [full, more].concat();
        assert_eq!(resets(&together), []);
        together.retain(|cell| cell.scenario == "distance");
        assert_eq!(resets(&together).len(), 1, "of one seed");
    }

    #[test]
    fn neither_of_a_pair_hides_the_other() {
        for pair in PAIRS {
            let (one, other) = pair.split_once('+').unwrap();
            let toggled = |name: &str| Scenario::named(name).unwrap().toggled;
            let mut both = [toggled(one), toggled(other)].concat();
            both.sort();
            assert_eq!(both, toggled(pair), "{pair}: a key of both, and one of the two counts");
        }
    }
}
