//! Points in time as pages show them.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::measurement::units::UnixMillis;

/// RFC 3339 in UTC with milliseconds where there are any; outside the years 0 to 9999, the plain number.
#[must_use]
pub fn rfc3339(moment: UnixMillis) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(moment.0) * 1_000_000)
        .ok()
        .and_then(|moment| moment.format(&Rfc3339).ok())
        .unwrap_or_else(|| format!("{} ms since 1970", moment.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_utc_and_no_moment_panics() {
        assert_eq!(rfc3339(UnixMillis(0)), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(UnixMillis(1_700_000_000_500)), "2023-11-14T22:13:20.5Z");
        for far in [i64::MIN, i64::MAX] {
            assert!(rfc3339(UnixMillis(far)).contains("since 1970"));
        }
    }
}
