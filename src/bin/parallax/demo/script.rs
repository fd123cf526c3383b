//! Who watches what in the demo.

use std::time::Duration;

use parallax::adapters::probers::prober;
use parallax::lab::site::Site;
use parallax::measurement::identity::{Method, TargetId};
use parallax::probe::target::Target;

use crate::exit::Problem;
use crate::turns::Arm;

/// The page and the slow page; both are gone with the demo.
pub(super) const TARGETS: [&str; 2] = ["demo/page", "demo/slow"];

/// Between rounds: the machine comes to rest, so that one monitor's work is not done on the other's time.
pub(super) const REST: Duration = Duration::from_millis(20);

/// The slow page takes long and teaches little: it is asked for in one round of this many.
const SLOW_EVERY: usize = 8;

/// The arms on the page, then the arms on the slow page.
pub(super) const PAGE: [usize; 2] = [0, 1];
/// See [`PAGE`].
pub(super) const SLOW: [usize; 2] = [2, 3];

/// Both monitors on both pages.
pub(super) struct Script {
    /// By [`PAGE`] and [`SLOW`].
    pub(super) arms: Vec<Arm>,
    /// Why the second monitor is not curl.
    pub(super) without_curl: Option<String>,
}

/// Whether an arm is asked in a round counted from 0.
pub(super) fn has_turn(arm: usize, round: usize) -> bool {
    !SLOW.contains(&arm) || round.is_multiple_of(SLOW_EVERY)
}

impl Script {
    /// `fresh` and the real curl, or where there is none, `fresh` and `pooled`.
    pub(super) fn new(site: &Site) -> Result<Self, Problem> {
        let without_curl = prober(&Method::Curl).err().map(|error| error.to_string());
        let second = if without_curl.is_none() { Method::Curl } else { Method::Pooled };
        let mut arms = Vec::new();
        for (name, path) in TARGETS.into_iter().zip(["/", "/slow"]) {
            for method in [&Method::Fresh, &second] {
                let prober = prober(method).map_err(Problem::unfinished)?;
                arms.push(Arm::new(target(site, name, path)?, method.clone(), prober));
            }
        }
        Ok(Self { arms, without_curl })
    }
}

/// What `curl -k -L` asks for; both monitors ask for the same, so that no setting is behind the gap.
fn target(site: &Site, name: &str, path: &str) -> Result<Target, Problem> {
    let mut target = Target::new(TargetId::new(name).map_err(Problem::unfinished)?, site.url(path));
    target.follow_redirects = true;
    target.tls.verify = false;
    target.allow_private = true;
    Ok(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_watched_in_every_round_and_the_slow_one_now_and_then() {
        let turns = |arm: usize| (0..80).filter(|round| has_turn(arm, *round)).count();
        assert_eq!([0, 1, 2, 3].map(turns), [80, 80, 10, 10]);
        assert!(has_turn(SLOW[0], 0), "even the shortest demo sees it");
    }
}
