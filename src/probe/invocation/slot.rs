//! Which slot an invocation is for.

use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::measurement::units::UnixMillis;
use crate::probe::schedule::grid::Grid;

/// A slot further ahead is no slot: intake takes no sample that begins so long before it.
const EARLY_MAX: Duration = Duration::from_secs(60);
/// Nor is one that passed longer ago.
const LATE_MAX: Duration = Duration::from_secs(86_400);

/// The slot of an invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// When it is; on the grid of the schedule.
    pub at: UnixMillis,
    /// Why the clock had to say it; absent where the event did.
    pub guessed: Option<String>,
}

/// The slot that an event names in `slot` (ISO 8601), floored to the schedule's grid; that of `now` where it names none
/// that can be.
#[must_use]
pub fn slot(event: &Value, now: UnixMillis, tick: Grid) -> Slot {
    match said(event, now) {
        Ok(said) => Slot { at: tick.slot_of(said), guessed: None },
        Err(why) => Slot { at: tick.slot_of(now), guessed: Some(why) },
    }
}

fn said(event: &Value, now: UnixMillis) -> Result<UnixMillis, String> {
    let text = match event.get("slot") {
        None => return Err("the event has no `slot`".to_owned()),
        Some(Value::String(text)) => text,
        Some(_) => return Err("the event's `slot` is no text".to_owned()),
    };
    let shown: String = text.chars().filter(|c| !c.is_control()).take(64).collect();
    let Ok(moment) = OffsetDateTime::parse(text.trim(), &Rfc3339) else {
        return Err(format!("the event's slot `{shown}` is no time such as 2026-11-24T10:00:00Z"));
    };
    let millis = i64::try_from(moment.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX);
    let slot = UnixMillis(millis);
    if slot.since(now) > EARLY_MAX || now.since(slot) > LATE_MAX {
        return Err(format!("the event's slot {shown} is not within a minute after and a day before now"));
    }
    Ok(slot)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// 2026-11-24T10:00:00Z.
    const TEN: i64 = 1_795_514_400_000;

    fn read(event: &Value, now: i64) -> Slot {
        slot(event, UnixMillis(now), Grid::new(Duration::from_secs(180)).unwrap())
    }

    #[test]
    fn the_slot_is_the_events_however_late_the_invocation() {
        for (text, at) in [
            ("2026-11-24T10:00:00Z", TEN),
            (" 2026-11-24T10:00:00.999Z ", TEN),
            ("2026-11-24T19:00:00+09:00", TEN),
            ("2026-11-24T10:02:59Z", TEN),
            ("2026-11-24T10:03:00Z", TEN + 180_000),
        ] {
            let read = read(&json!({ "slot": text }), TEN + 170_000);
            assert_eq!(read, Slot { at: UnixMillis(at), guessed: None }, "{text}");
        }
        assert_eq!(read(&json!({"slot": "2026-11-24T10:00:00Z"}), TEN + 80_000_000).guessed, None);
    }

    #[test]
    fn what_is_no_slot_becomes_now_on_the_grid_and_says_so() {
        for event in [
            json!({}),
            json!(null),
            json!([1]),
            json!({"slot": 7}),
            json!({"slot": ""}),
            json!({"slot": "<aws.scheduler.scheduled-time>"}),
            json!({"slot": "2026-11-24"}),
            json!({"slot": "1999-11-24T10:00:00Z"}),
            json!({"slot": "2026-11-24T10:05:00Z"}),
            json!({"slot": "2026-11-22T10:00:00Z"}),
            json!({"slot": "\u{1b}[2J".repeat(1_000)}),
        ] {
            let read = read(&event, TEN + 179_999);
            assert_eq!(read.at, UnixMillis(TEN), "{event}");
            let why = read.guessed.unwrap();
            assert!(why.len() < 200 && !why.contains('\u{1b}'), "{why}");
        }
    }
}
