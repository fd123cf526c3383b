//! When what was read of the table is too old to be used.

use std::time::Duration;

use crate::measurement::units::UnixMillis;

/// A list is used for so long; the first invocation that begins this long after a change uses the change.
const USED_FOR: Duration = Duration::from_secs(60);

/// Whether a list that began to be read at one moment has to be read again at another.
///
/// On the wall clock: a frozen sandbox's other clocks may stand still. One that was set back makes the list old.
#[must_use]
pub fn is_old(read_at: UnixMillis, now: UnixMillis) -> bool {
    now < read_at || now.since(read_at) >= USED_FOR
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_invocation_a_minute_after_a_change_uses_it() {
        let changed = 1_000_000;
        for read_at in [changed - 59_999, changed - 1, changed] {
            assert!(is_old(UnixMillis(read_at), UnixMillis(changed + 60_000)), "{read_at}");
        }
        assert!(!is_old(UnixMillis(changed), UnixMillis(changed + 59_999)), "read once a minute at most");
    }

    #[test]
    fn a_clock_that_was_set_back_makes_it_old() {
        assert!(is_old(UnixMillis(1_000), UnixMillis(999)));
    }
}
