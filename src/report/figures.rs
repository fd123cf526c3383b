//! Numbers as pages show them.

use crate::statistics::interval::Interval;
use crate::statistics::level::Level;
use crate::statistics::percentile::Percentile;
use crate::statistics::proportion::Proportion;

/// What stands where a figure is absent. Never zero.
pub const ABSENT: &str = "-";

/// Milliseconds with three significant digits, and no finer than a microsecond.
#[must_use]
pub fn ms(millis: f64) -> String {
    let digits = match millis.abs() {
        size if size < 0.999_5 => 3,
        size if size < 9.995 => 2,
        size if size < 99.95 => 1,
        _ => 0,
    };
    let text = format!("{millis:.digits$}");
    if text.trim_start_matches('-').chars().all(|c| c == '0' || c == '.') { "0".to_owned() } else { text }
}

/// Milliseconds, or the sign of absence.
#[must_use]
pub fn ms_or_absent(millis: Option<f64>) -> String {
    millis.map_or_else(|| ABSENT.to_owned(), ms)
}

/// Milliseconds with their sign.
#[must_use]
pub fn signed(millis: f64) -> String {
    let text = ms(millis);
    if millis > 0.0 && text != "0" { format!("+{text}") } else { text }
}

/// `11.9–12.8`, `≥ 11.9` where the upper end does not exist, or the sign of absence.
#[must_use]
pub fn interval(interval: Interval, figure: impl Fn(f64) -> String) -> String {
    match (interval.lower, interval.upper) {
        (Some(lower), Some(upper)) => {
            let (lower, upper) = (figure(lower), figure(upper));
            // A dash between signs is hard to read.
            let signs = [&lower, &upper].iter().any(|end| end.starts_with(['+', '-']));
            if signs { format!("{lower} to {upper}") } else { format!("{lower}–{upper}") }
        }
        (Some(lower), None) => format!("≥ {}", figure(lower)),
        (None, _) => ABSENT.to_owned(),
    }
}

/// The estimate, a star where there are too few values for it, and the interval below.
#[must_use]
pub fn percentile(percentile: &Percentile) -> String {
    let mark = if percentile.enough { "" } else { "*" };
    format!("{}{mark}\n{}", ms(percentile.estimate), interval(percentile.interval, ms))
}

/// The count, its share in percent and the share's interval, a line each.
#[must_use]
pub fn count_and_share(count: u64, share: Option<Proportion>) -> String {
    match share {
        Some(p) if count > 0 => {
            format!("{count}\n{:.1} %\n{:.1}–{:.1} %", p.share * 100.0, p.lower * 100.0, p.upper * 100.0)
        }
        _ => count.to_string(),
    }
}

/// `p50`, `p99`, `p99.9`
#[must_use]
pub fn level(share: f64) -> String {
    format!("p{}", (share * 1e5).round() / 1e3)
}

/// What the star says.
#[must_use]
pub fn star() -> String {
    let needs = Level::REPORTED.map(|l| format!("{} {}", level(l.share()), l.values_needed()));
    format!("* fewer samples than this percentile needs to be relied on ({})", needs.join(", "))
}

/// Bytes with a unit.
#[must_use]
pub fn bytes(count: f64) -> String {
    match count {
        c if c < 1_000.0 => format!("{c:.0} B"),
        c if c < 1e6 => format!("{:.1} kB", c / 1e3),
        c => format!("{:.1} MB", c / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_keep_three_digits() {
        for (millis, text) in [
            (0.0, "0"),
            (0.0004, "0"),
            (0.0016, "0.002"),
            (0.9996, "1.00"),
            (9.994, "9.99"),
            (9.996, "10.0"),
            (99.94, "99.9"),
            (99.96, "100"),
            (12_345.6, "12346"),
            (-0.25, "-0.250"),
            (-0.0001, "0"),
        ] {
            assert_eq!(ms(millis), text, "{millis}");
        }
        assert_eq!((signed(1.5), signed(-1.5), signed(0.0)), ("+1.50".into(), "-1.50".into(), "0".into()));
    }

    #[test]
    fn an_end_that_does_not_exist_is_not_printed_as_a_number() {
        assert_eq!(interval(Interval { lower: Some(3.0), upper: None }, ms), "≥ 3.00");
        assert_eq!(interval(Interval::default(), ms), "-");
        assert_eq!(interval(Interval::closed(-1.0, 2.0), signed), "-1.00 to +2.00");
    }
}
