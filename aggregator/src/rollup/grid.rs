//! Windows: quarters of an hour of UTC, and what has to be looked at for each.

use std::time::Duration;

use parallax::archive::selection::Window;
use parallax::measurement::units::UnixMillis;
use parallax::measurement::wire::Record;

/// How long a window is.
pub const LENGTH: Duration = Duration::from_secs(900);
/// Samples of a source that a median wants for an interval which says something: with 6 it reaches from the smallest to the
/// largest, with 12 from the third to the tenth.
const SLOTS: u32 = 12;
/// So many times as long is what a stretch is compared with.
const BEFORE: u32 = 4;
/// The windows at whose end placement is looked at begin anew every six hours: sandboxes live for hours.
const PLACEMENT_EVERY: Duration = Duration::from_secs(6 * 3_600);
/// And a day is looked at, for as many sandboxes as the split takes.
const PLACEMENT_OVER: Duration = Duration::from_secs(86_400);
/// How old the end of a window is at most for its figures to be published: an alarm looks at now.
const NEWS: Duration = Duration::from_secs(3_600);

/// The window in which a moment lies.
#[must_use]
pub fn window(moment: UnixMillis) -> Window {
    let from = UnixMillis(moment.0.saturating_sub(moment.0.rem_euclid(millis(LENGTH))));
    Window { from, to: from.plus(LENGTH) }
}

/// The last window that has ended.
#[must_use]
pub fn last_ended(now: UnixMillis) -> Window {
    window(UnixMillis(window(now).from.0.saturating_sub(1)))
}

/// The windows whose summaries these samples change: each once, in order.
///
/// Those of samples that the archive is about to let go are left alone, and those that nobody can have measured.
#[must_use]
pub fn touched<'a>(records: impl IntoIterator<Item = &'a Record>, now: UnixMillis, keep: Duration) -> Vec<UnixMillis> {
    let taken = now.minus(keep)..=now.plus(Duration::from_secs(7_200));
    let mut windows: Vec<UnixMillis> = records
        .into_iter()
        .map(|record| record.sample.started_at_ms)
        .filter(|started| taken.contains(started))
        .map(|started| window(started).from)
        .collect();
    windows.sort_unstable();
    windows.dedup();
    windows
}

/// Two stretches of time, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// What came before.
    pub before: Window,
    /// The end of time: at least a window, and long enough for medians of a page with that cadence.
    pub latest: Window,
}

impl Comparison {
    /// Both of them: what has to be read.
    #[must_use]
    pub fn whole(self) -> Window {
        Window { from: self.before.from, to: self.latest.to }
    }
}

/// So long lies between two samples of a page: a row written by hand need not keep to the probes' tick, and is measured
/// where the two meet.
#[must_use]
pub fn cadence(page: Duration, tick: Duration) -> Duration {
    let (page, tick) = (page.as_secs().max(1), tick.as_secs().max(1));
    Duration::from_secs(page.saturating_mul(tick / common(page, tick)))
}

/// The greatest common divisor of two numbers that are not zero.
fn common(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { common(b, a % b) }
}

/// What is compared at the end of a window.
#[must_use]
pub fn comparison(window: Window, every: Duration) -> Comparison {
    let wanted = every.saturating_mul(SLOTS);
    let windows = u32::try_from(wanted.as_secs().div_ceil(LENGTH.as_secs())).unwrap_or(u32::MAX).max(1);
    let length = LENGTH.saturating_mul(windows);
    let middle = window.to.minus(length);
    Comparison {
        before: Window { from: middle.minus(length.saturating_mul(BEFORE)), to: middle },
        latest: Window { from: middle, to: window.to },
    }
}

/// The stretch over which placement is looked at, at the end of some windows.
#[must_use]
pub fn placement(window: Window) -> Option<Window> {
    let due = window.to.0.rem_euclid(millis(PLACEMENT_EVERY)) == 0;
    due.then(|| Window { from: window.to.minus(PLACEMENT_OVER), to: window.to })
}

/// Whether what a window held is still news.
#[must_use]
pub fn is_news(window: Window, now: UnixMillis) -> bool {
    now.since(window.to) <= NEWS
}

fn millis(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-01T00:00:00Z.
    const START: i64 = 1_767_225_600_000;
    const MINUTE: i64 = 60_000;

    #[test]
    fn windows_are_quarters_of_an_hour_and_hold_their_first_moment() {
        for (moment, from) in [(0, 0), (15 * MINUTE - 1, 0), (15 * MINUTE, 15), (-1, -15)] {
            assert_eq!(window(UnixMillis(START + moment)).from, UnixMillis(START + from * MINUTE), "{moment}");
        }
        assert_eq!(last_ended(UnixMillis(START)), window(UnixMillis(START - 1)));
        assert_eq!(last_ended(UnixMillis(START + 15 * MINUTE - 1)), window(UnixMillis(START - 1)));
        assert!(window(UnixMillis(i64::MIN)).from <= UnixMillis(i64::MIN));
    }

    #[test]
    fn a_comparison_has_twelve_samples_a_source_at_least_and_four_times_as_many_before() {
        let window = window(UnixMillis(START - 1));
        assert_eq!(comparison(window, LENGTH).whole().to, window.to);
        for (every, minutes) in [(1, 15), (3, 45), (5, 60), (1_440, 17_280)] {
            let found = comparison(window, Duration::from_secs(every * 60));
            assert_eq!((found.latest.to, found.before.to), (window.to, found.latest.from));
            assert_eq!(found.latest.from, UnixMillis(START - minutes * MINUTE), "every {every} min");
            assert_eq!(found.before.from, UnixMillis(START - 5 * minutes * MINUTE));
        }
    }

    #[test]
    fn a_page_is_measured_where_its_slots_and_the_ticks_meet() {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        for (page, tick, met) in [(20, 1, 20), (1, 3, 3), (2, 3, 6), (1_440, 5, 1_440), (15, 10, 30)] {
            assert_eq!(cadence(minutes(page), minutes(tick)), minutes(met), "{page} {tick}");
        }
        assert_eq!(cadence(Duration::ZERO, Duration::MAX), Duration::from_secs(u64::MAX));
    }

    #[test]
    fn placement_is_looked_at_four_times_a_day() {
        let day = (1..=96).filter_map(|quarter| placement(window(UnixMillis(START + quarter * 15 * MINUTE - 1))));
        let ends: Vec<i64> = day.map(|stretch| (stretch.to.0 - START) / MINUTE / 60).collect();
        assert_eq!(ends, [6, 12, 18, 24]);
    }
}
