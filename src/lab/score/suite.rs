//! Which runs a suite is made of.

use super::gate::Suite;
use crate::lab::scenario::NAMES;

/// One run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The scenario.
    pub scenario: &'static str,
    /// How often each side measures.
    pub rounds: u32,
    /// Where randomness starts.
    pub seed: u64,
}

/// Variations on others, for the full suite only.
const NOT_QUICK: [&str; 3] = ["distance-small", "dns-lost", "transfer-size"];
/// Run once more, and longer.
const LONG: [&str; 2] = ["all-at-once", "null-busy"];
const ROUNDS: u32 = 240;
const ROUNDS_LONG: u32 = 1_440;
const RUNS: u64 = 5;

/// The runs, in order.
#[must_use]
pub fn cells(suite: Suite) -> Vec<Cell> {
    let cell = |scenario, rounds, seed| Cell { scenario, rounds, seed };
    match suite {
        Suite::Quick => {
            let names = NAMES.iter().filter(|name| !NOT_QUICK.contains(name));
            names.map(|name| cell(name, ROUNDS, 1)).collect()
        }
        Suite::Full => {
            let short = NAMES.iter().flat_map(|name| (1..=RUNS).map(move |seed| cell(name, ROUNDS, seed)));
            short.chain(LONG.map(|name| cell(name, ROUNDS_LONG, 1))).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_suite_is_twenty_runs_and_the_full_one_has_every_scenario() {
        assert_eq!(cells(Suite::Quick).len(), 20);
        let full = cells(Suite::Full);
        assert!(NAMES.iter().all(|name| full.iter().filter(|cell| cell.scenario == *name).count() >= 5));
        assert!(NOT_QUICK.iter().chain(&LONG).all(|name| NAMES.contains(name)));
    }
}
