//! How long to wait before the queue is tried again.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);

/// Twice as long after each failure; from half of it to all of it, by a number from 0 to 255, so that the hosts of a
/// fleet do not come back together.
pub(super) fn pause(failures: u32, random: u8) -> Duration {
    let whole = FIRST.saturating_mul(1 << failures.min(16)).min(LONGEST);
    whole / 2 + whole / 2 * u32::from(random) / 255
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_minute_and_no_further() {
        let all = |random| [0, 1, 2, 6, u32::MAX].map(|failures| pause(failures, random).as_millis());
        assert_eq!(all(255), [1_000, 2_000, 4_000, 60_000, 60_000]);
        assert_eq!(all(0), [500, 1_000, 2_000, 30_000, 30_000]);
    }
}
