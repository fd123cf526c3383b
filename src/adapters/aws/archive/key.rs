//! Where an item lies: its partition, and its place in it.
//!
//! A sample: `target#vantage#day` / `started#id`. No name holds a `#`. What begins earlier sorts earlier, within a
//! partition and across days, and the same sample always lands on the same key: a repeat meets itself there.

use std::ops::RangeInclusive;

use time::OffsetDateTime;

use crate::archive::selection::Window;
use crate::measurement::identity::{Method, TargetId, Vantage};
use crate::measurement::miss::Miss;
use crate::measurement::sample::Sample;
use crate::measurement::units::UnixMillis;

const DAY_MS: i64 = 86_400_000;
pub(super) const HOUR_MS: i64 = 3_600_000;
/// 13 digits are enough until the year 2286, and cannot say less than 1970.
const THIRTEEN_DIGITS: i64 = 10_000_000_000_000;

/// Partition and place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    pub partition: String,
    pub place: String,
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} / {}", self.partition.escape_default(), self.place.escape_default())
    }
}

/// The partition of the directory.
pub(super) const DIRECTORY: &str = "directory";

/// The partition in which a rollup notes what it has to do.
pub(super) const ROLLUP: &str = "touched";

/// What says that a table is an archive of ours.
pub(super) fn mark() -> Key {
    Key { partition: "parallax".to_owned(), place: "archive".to_owned() }
}

/// A moment as text that sorts as moments do, whatever the moment.
pub(super) fn moment(moment: UnixMillis) -> String {
    match moment.0 {
        ms @ 0..THIRTEEN_DIGITS => format!("{ms:013}"),
        ms if ms < 0 => format!("-{:019}", ms.abs_diff(i64::MIN)),
        ms => format!("~{ms:019}"),
    }
}

/// The moment that a text says.
pub(super) fn read_moment(text: &str) -> Option<UnixMillis> {
    let ms = match text.strip_prefix('-') {
        Some(digits) => i64::MIN.checked_add_unsigned(digits.parse().ok()?)?,
        None => text.strip_prefix('~').unwrap_or(text).parse().ok()?,
    };
    Some(UnixMillis(ms))
}

/// The day of a moment in UTC, `2026-11-24`; one day holds all before 1970, and one all after 2286.
pub(super) fn day(moment: UnixMillis) -> String {
    match moment.0 {
        ms if ms < 0 => "-".to_owned(),
        ms @ 0..THIRTEEN_DIGITS => OffsetDateTime::from_unix_timestamp(ms / 1_000)
            .map_or_else(|_| "~".to_owned(), |date| date.date().to_string()),
        _ => "~".to_owned(),
    }
}

/// The hour of its day, 0 to 23; days without a date are one hour long.
pub(super) fn hour(moment: UnixMillis) -> i64 {
    match moment.0 {
        ms @ 0..THIRTEEN_DIGITS => ms % DAY_MS / HOUR_MS,
        _ => 0,
    }
}

/// The first moment of the hour of a moment.
pub(super) fn begin_of_hour(moment: UnixMillis) -> UnixMillis {
    match moment.0 {
        ms @ 0..THIRTEEN_DIGITS => UnixMillis(ms / HOUR_MS * HOUR_MS),
        ms if ms < 0 => UnixMillis(i64::MIN),
        _ => UnixMillis(THIRTEEN_DIGITS),
    }
}

/// The places in a partition that samples of one hour have.
pub(super) fn places_of_hour(at: UnixMillis) -> RangeInclusive<String> {
    let from = begin_of_hour(at);
    let to = match at.0 {
        0..THIRTEEN_DIGITS => UnixMillis(from.0 + HOUR_MS),
        ms if ms < 0 => UnixMillis(0),
        _ => UnixMillis(i64::MAX),
    };
    places(Window { from, to })
}

/// The places in any partition that samples begun within a window have.
pub(super) fn places(window: Window) -> RangeInclusive<String> {
    // An id follows each moment, so that the end itself is before all samples of its millisecond; the end of time has none.
    let end = if window.to.0 == i64::MAX { "~~".to_owned() } else { moment(window.to) };
    moment(window.from)..=end
}

/// When the last moment of a day has passed; the end of time for days without a date.
pub(super) fn end_of_day(at: UnixMillis) -> UnixMillis {
    match at.0 {
        ms @ 0..THIRTEEN_DIGITS => UnixMillis((ms / DAY_MS + 1) * DAY_MS),
        ms if ms < 0 => UnixMillis(0),
        _ => UnixMillis(i64::MAX),
    }
}

/// The partition of one page's samples from one place in one day.
pub(super) fn partition(target: &TargetId, vantage: &Vantage, day: &str) -> String {
    format!("{target}#{vantage}#{day}")
}

pub(super) fn sample(sample: &Sample) -> Key {
    Key {
        partition: partition(&sample.target, &sample.vantage, &day(sample.started_at_ms)),
        place: format!("{}#{}", moment(sample.started_at_ms), sample.id),
    }
}

pub(super) fn environment(hash: &uuid::Uuid) -> Key {
    Key { partition: format!("environment#{hash}"), place: "environment".to_owned() }
}

/// A source's day in the directory. Days come first, so that a window is a range.
pub(super) fn line(day: &str, target: &TargetId, vantage: &Vantage, method: &Method) -> Key {
    Key { partition: DIRECTORY.to_owned(), place: format!("{day}#{target}#{vantage}#{method}") }
}

/// What a line's place says: day, target, vantage, method.
pub(super) fn read_line(place: &str) -> Option<(String, TargetId, Vantage, Method)> {
    let mut names = place.split('#');
    let day = names.next()?.to_owned();
    let (target, vantage) = (TargetId::new(names.next()?).ok()?, Vantage::new(names.next()?).ok()?);
    Some((day, target, vantage, names.next()?.parse().ok()?))
}

/// Places of the directory whose day meets a window.
pub(super) fn lines(window: Window) -> RangeInclusive<String> {
    // `$` comes right after `#`.
    format!("{}#", day(window.from))..=format!("{}$", day(UnixMillis(window.to.0.saturating_sub(1))))
}

pub(super) fn misses(target: &TargetId, vantage: &Vantage, day: &str) -> String {
    format!("{}#missed", partition(target, vantage, day))
}

pub(super) fn miss(miss: &Miss) -> Key {
    Key {
        partition: misses(&miss.target, &miss.vantage, &day(miss.slot_ms)),
        place: format!("{}#{}", miss.method, moment(miss.slot_ms)),
    }
}

/// The partition of the summaries of windows that began on one day.
pub(super) fn summaries(day: &str) -> String {
    format!("summaries#{day}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EDGES: [i64; 9] =
        [i64::MIN, -1, 0, 86_399_999, 86_400_000, 1_767_225_600_000, THIRTEEN_DIGITS - 1, THIRTEEN_DIGITS, i64::MAX];

    #[test]
    fn an_ordinary_sample_has_a_key_that_people_can_read() {
        assert_eq!(day(UnixMillis(1_767_225_600_000)), "2026-01-01");
        assert_eq!(moment(UnixMillis(1_767_225_600_012)), "1767225600012");
        assert_eq!(hour(UnixMillis(1_767_225_600_000 + 13 * HOUR_MS + 5)), 13);
        assert_eq!(end_of_day(UnixMillis(1_767_225_600_000)), UnixMillis(1_767_312_000_000));
    }

    proptest! {
        #[test]
        fn moments_and_days_sort_as_time_does(
            a in prop_oneof![any::<i64>(), 0..THIRTEEN_DIGITS, prop::sample::select(&EDGES[..])],
            b in prop_oneof![any::<i64>(), 0..THIRTEEN_DIGITS, prop::sample::select(&EDGES[..])],
        ) {
            let (x, y) = (UnixMillis(a), UnixMillis(b));
            prop_assert_eq!(moment(x).cmp(&moment(y)), a.cmp(&b));
            prop_assert_eq!(read_moment(&moment(x)), Some(x));
            if a <= b {
                prop_assert!(day(x) <= day(y));
            }
        }

        #[test]
        fn a_window_is_the_places_of_what_began_in_it(
            from in prop_oneof![any::<i64>(), prop::sample::select(&EDGES[..])],
            to in prop_oneof![any::<i64>(), prop::sample::select(&EDGES[..])],
            at in prop_oneof![any::<i64>(), prop::sample::select(&EDGES[..])],
        ) {
            let window = Window { from: UnixMillis(from), to: UnixMillis(to) };
            let place = format!("{}#id", moment(UnixMillis(at)));
            let inside = window.contains(UnixMillis(at)) || (to == i64::MAX && at == i64::MAX);
            prop_assert_eq!(places(window).contains(&place), inside);
            prop_assert!(places_of_hour(UnixMillis(at)).contains(&place));
            if window.contains(UnixMillis(at)) {
                let place = format!("{}#t#v#m", day(UnixMillis(at)));
                prop_assert!(lines(window).contains(&place));
            }
        }
    }
}
