//! Times as other programs write them.

use time::format_description::OwnedFormatItem;
use time::format_description::parse_strftime_owned;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};

use crate::measurement::units::UnixMillis;

use super::fault::shown;

/// 2000-01-01T00:00:00Z: no web monitor's samples are older, and seconds taken for milliseconds are.
const OLDEST: i64 = 946_684_800_000;
/// How far ahead of ours the other machine's clock may be.
const AHEAD_MS: i64 = 3_600_000;

/// How a time is written.
#[derive(Debug)]
pub enum Clock {
    /// `2026-11-23T06:00:00Z`, with the offset.
    Rfc3339,
    /// Seconds since 1970, whole or with decimals.
    Unix,
    /// Milliseconds since 1970.
    UnixMillis,
    /// As `strftime` would write it; a format without an offset is of this one.
    Format {
        /// Parsed.
        format: OwnedFormatItem,
        /// Where the writer's clock stood.
        offset: Option<UtcOffset>,
    },
}

/// Why a clock's description was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// Neither a name nor a format.
    #[error("time format {0} is none of rfc3339, unix, unix-ms, and no strftime format: {1}")]
    Format(String, String),
    /// Local times of nowhere.
    #[error("the format has no offset (%z), so say where the clock stood: --utc-offset +09:00, or Z")]
    NoOffset,
    /// Two offsets.
    #[error("--utc-offset is only for a format that has no offset of its own; leave it out")]
    TwoOffsets,
    /// Not an offset.
    #[error("offset {0} is neither Z nor like +09:00")]
    Offset(String),
}

impl Clock {
    /// Reads a format as typed: `rfc3339`, `unix`, `unix-ms`, or one for strftime such as `%Y-%m-%d %H:%M:%S`.
    ///
    /// # Errors
    /// See [`ClockError`].
    pub fn new(format: &str, offset: Option<&str>) -> Result<Self, ClockError> {
        let named = match format {
            "rfc3339" => Some(Self::Rfc3339),
            "unix" => Some(Self::Unix),
            "unix-ms" => Some(Self::UnixMillis),
            _ => None,
        };
        match (named, offset) {
            (Some(_), Some(_)) => return Err(ClockError::TwoOffsets),
            (Some(clock), None) => return Ok(clock),
            (None, _) => {}
        }
        let refused = |reason: String| ClockError::Format(shown(format), reason);
        if !format.contains('%') {
            return Err(refused("it has no %".to_owned()));
        }
        let parsed = parse_strftime_owned(format).map_err(|error| refused(error.to_string()))?;
        let absolute = format.contains("%z") || format.contains("%s");
        let offset = match (absolute, offset) {
            (true, Some(_)) => return Err(ClockError::TwoOffsets),
            (false, None) => return Err(ClockError::NoOffset),
            (true, None) => None,
            (false, Some(text)) => Some(utc_offset(text)?),
        };
        Ok(Self::Format { format: parsed, offset })
    }

    /// Reads a cell, in nanoseconds since 1970: a float of seconds is exact to the microsecond.
    ///
    /// # Errors
    /// What is wrong, and what to change.
    pub fn read(&self, cell: &str, now: UnixMillis) -> Result<UnixMillis, String> {
        let no = |as_what: &str| format!("{} is not {as_what}; see --time-format", shown(cell));
        let nanos: i128 = match self {
            Self::Rfc3339 => {
                OffsetDateTime::parse(cell, &Rfc3339).map_err(|_| no("an RFC 3339 time"))?.unix_timestamp_nanos()
            }
            Self::Unix => scaled(cell, 9).ok_or_else(|| no("a number of seconds since 1970"))?,
            Self::UnixMillis => scaled(cell, 6).ok_or_else(|| no("a number of milliseconds since 1970"))?,
            Self::Format { format, offset: None } => {
                OffsetDateTime::parse(cell, format).map_err(|_| no("a time of this format"))?.unix_timestamp_nanos()
            }
            Self::Format { format, offset: Some(offset) } => PrimitiveDateTime::parse(cell, format)
                .map_err(|_| no("a time of this format"))?
                .assume_offset(*offset)
                .unix_timestamp_nanos(),
        };
        let moment = i64::try_from(nanos.div_euclid(1_000_000)).map_err(|_| no("a time in reach"))?;
        if moment < OLDEST {
            return Err(format!("{} would be before the year 2000; is --time-format right?", shown(cell)));
        }
        if moment > now.0.saturating_add(AHEAD_MS) {
            return Err(format!(
                "{} would be more than an hour in the future; are --time-format and --utc-offset right?",
                shown(cell)
            ));
        }
        Ok(UnixMillis(moment))
    }
}

fn utc_offset(text: &str) -> Result<UtcOffset, ClockError> {
    let wrong = || ClockError::Offset(shown(text));
    if text == "Z" {
        return Ok(UtcOffset::UTC);
    }
    let (sign, rest) = match text.split_at_checked(1) {
        Some(("+", rest)) => (1, rest),
        Some(("-", rest)) => (-1, rest),
        _ => return Err(wrong()),
    };
    let (hours, minutes) = rest.split_once(':').ok_or_else(wrong)?;
    let number = |digits: &str| match digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        true => digits.parse::<i8>().ok(),
        false => None,
    };
    let (hours, minutes) = (number(hours).ok_or_else(wrong)?, number(minutes).ok_or_else(wrong)?);
    UtcOffset::from_hms(sign * hours, sign * minutes, 0).map_err(|_| wrong())
}

/// A plain decimal times ten to a power, exactly; further digits are cut off.
pub(super) fn scaled(text: &str, power: usize) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 20 || fraction.len() > 40 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let cut = fraction.get(..power.min(fraction.len()))?;
    format!("{whole}{cut:0<power$}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_800_000_000_000);
    const MOMENT: UnixMillis = UnixMillis(1_767_225_600_123);

    #[test]
    fn one_moment_in_every_writing() {
        for (format, offset, cell) in [
            ("rfc3339", None, "2026-01-01T09:00:00.123456+09:00"),
            ("unix", None, "1767225600.123"),
            ("unix", None, "1767225600.1239999"),
            ("unix-ms", None, "1767225600123"),
        ] {
            assert_eq!(Clock::new(format, offset).unwrap().read(cell, NOW), Ok(MOMENT), "{cell}");
        }
        for (format, offset, cell) in [
            ("%Y-%m-%d %H:%M:%S", Some("+09:00"), "2026-01-01 09:00:00"),
            ("%d.%m.%Y %H:%M:%S", Some("-03:30"), "31.12.2025 20:30:00"),
            ("%Y-%m-%d %H:%M:%S", Some("Z"), "2026-01-01 00:00:00"),
            ("%Y-%m-%dT%H:%M:%S%z", None, "2026-01-01T01:00:00+0100"),
        ] {
            let clock = Clock::new(format, offset).unwrap();
            assert_eq!(clock.read(cell, NOW), Ok(UnixMillis(1_767_225_600_000)), "{cell}");
        }
    }

    #[test]
    fn a_time_that_cannot_be_is_refused_with_the_flag_to_change() {
        for (format, cell) in [
            ("unix-ms", "1767225600"),
            ("unix", "1767225600123"),
            ("unix", "-5"),
            ("unix", "1e9"),
            ("unix", ""),
            ("unix", "99999999999999999999999"),
            ("rfc3339", "2026-01-01 00:00"),
            ("rfc3339", "2026-01-01T00:00:00"),
        ] {
            let reason = Clock::new(format, None).unwrap().read(cell, NOW).unwrap_err();
            assert!(reason.contains("--time-format"), "{format} {cell}: {reason}");
        }
    }

    #[test]
    fn local_times_need_their_offset_said_once() {
        assert_eq!(Clock::new("%Y-%m-%d %H:%M", None).unwrap_err(), ClockError::NoOffset);
        assert_eq!(Clock::new("unix", Some("Z")).unwrap_err(), ClockError::TwoOffsets);
        assert_eq!(Clock::new("%F %T%z", Some("Z")).unwrap_err(), ClockError::TwoOffsets);
        for offset in ["", "9", "+9:00", "+99:00", "+09:99", "JST", "é09:00", "+-1:00"] {
            assert!(matches!(Clock::new("%F %T", Some(offset)), Err(ClockError::Offset(_))), "{offset}");
        }
        for format in ["", "iso", "%Q", "%"] {
            assert!(matches!(Clock::new(format, None), Err(ClockError::Format(..))), "{format}");
        }
    }
}
