//! Lengths of time and numbers of bytes, as curl takes them.

use std::time::Duration;

/// A longer limit is a mistake: no page is waited for longer than a day.
const LONGEST: f64 = 86_400.0;

/// Seconds with a fraction, as in curl, or with a unit: `2.5`, `250ms`.
pub(crate) fn seconds(typed: &str) -> Result<Duration, String> {
    let length = match typed.trim().parse::<f64>() {
        Ok(number) if number.is_finite() && (0.0..=LONGEST).contains(&number) => Duration::from_secs_f64(number),
        Ok(_) => return Err("give a number of seconds above 0, and at most a day".to_owned()),
        Err(_) => humantime::parse_duration(typed)
            .map_err(|_| "give seconds (2.5) or a length of time with its unit (250ms)".to_owned())?,
    };
    if length < Duration::from_millis(1) || length.as_secs_f64() > LONGEST {
        return Err("give at least 1ms, and at most a day".to_owned());
    }
    Ok(length)
}

/// As [`seconds`], and none at all is a length too.
pub(crate) fn pause(typed: &str) -> Result<Duration, String> {
    if matches!(typed.trim().parse::<f64>(), Ok(0.0)) { Ok(Duration::ZERO) } else { seconds(typed) }
}

/// A whole number of a range, said as a person would.
pub(crate) fn whole<N>(range: std::ops::RangeInclusive<N>) -> impl Fn(&str) -> Result<N, String> + Clone
where
    N: std::str::FromStr + PartialOrd + std::fmt::Display + Clone,
{
    move |typed| {
        let wanted = || format!("give a whole number from {} to {}", range.start(), range.end());
        typed.parse().ok().filter(|number| range.contains(number)).ok_or_else(wanted)
    }
}

/// As [`seconds`], and a fraction of a millisecond is a length too: `0.0004`, `400us`.
pub(crate) fn span(typed: &str) -> Result<Duration, String> {
    let length = match typed.trim().parse::<f64>() {
        Ok(number) if number.is_finite() && (0.0..=LONGEST).contains(&number) => Ok(Duration::from_secs_f64(number)),
        Ok(_) => Err(()),
        Err(_) => humantime::parse_duration(typed).map_err(|_| ()),
    };
    length
        .ok()
        .filter(|length| length.as_secs_f64() <= LONGEST)
        .ok_or_else(|| "give seconds (0.0084) or a length of time with its unit (8.4ms), at most a day".to_owned())
}

/// Bytes, with curl's K, M and G for powers of 1,024.
pub(crate) fn bytes(typed: &str) -> Result<u64, String> {
    let typed = typed.trim();
    let (digits, unit) = match typed.char_indices().last() {
        Some((at, letter)) if letter.is_ascii_alphabetic() => (&typed[..at], letter.to_ascii_lowercase()),
        _ => (typed, ' '),
    };
    let factor: u64 = match unit {
        ' ' => 1,
        'k' => 1 << 10,
        'm' => 1 << 20,
        'g' => 1 << 30,
        _ => return Err("the units are K, M and G".to_owned()),
    };
    let number: u64 = digits.parse().map_err(|_| "give a whole number of bytes, as in 512K or 10M".to_owned())?;
    number.checked_mul(factor).ok_or_else(|| "that is more bytes than can be counted".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_have_fractions_and_may_have_units() {
        assert_eq!(seconds("2.5"), Ok(Duration::from_millis(2_500)));
        assert_eq!(seconds("250ms"), Ok(Duration::from_millis(250)));
        for nonsense in ["", "0", "-1", "NaN", "inf", "1e300", "soon", "2d", "1us", "0.0001"] {
            assert!(seconds(nonsense).is_err(), "{nonsense}");
        }
    }

    #[test]
    fn a_number_outside_of_its_range_is_told_the_range_in_words() {
        let rounds = whole(1_u32..=5);
        assert_eq!((rounds("1"), rounds("5")), (Ok(1), Ok(5)));
        for nonsense in ["0", "6", "-1", "", "two", "1.5", "99999999999999999999"] {
            assert_eq!(rounds(nonsense), Err("give a whole number from 1 to 5".to_owned()), "{nonsense}");
        }
    }

    #[test]
    fn a_span_may_be_short_or_nothing() {
        assert_eq!(span("0.0084"), Ok(Duration::from_micros(8_400)));
        assert_eq!(span("400us"), Ok(Duration::from_micros(400)));
        assert_eq!(span("8.4ms"), span("0.0084"));
        assert_eq!(span("0"), Ok(Duration::ZERO));
        for nonsense in ["", "-1", "NaN", "inf", "soon", "2d"] {
            assert!(span(nonsense).is_err(), "{nonsense}");
        }
    }

    #[test]
    fn bytes_have_units() {
        assert_eq!(bytes("0"), Ok(0));
        assert_eq!(bytes("64K"), Ok(65_536));
        assert_eq!(bytes("1g"), Ok(1 << 30));
        for nonsense in ["", "K", "1.5M", "-1", "10T", "99999999999G", "1é"] {
            assert!(bytes(nonsense).is_err(), "{nonsense}");
        }
    }
}
