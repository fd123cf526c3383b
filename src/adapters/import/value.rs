//! Lengths of time as other programs write them.

use crate::measurement::units::Micros;

use super::clock::scaled;
use super::fault::shown;

/// The longest believable check; a longer one is a wrong unit.
const LONGEST: Micros = Micros(86_400_000_000);

/// The longest there is room for.
const ROOM: Micros = Micros(365 * LONGEST.0);

/// What 1 means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// `s`
    Seconds,
    /// `ms`
    Millis,
    /// `us`
    Micros,
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// What 1 means.
    pub unit: Unit,
    /// `0,104` instead of `0.104`.
    pub comma: bool,
    /// Do not doubt a value for its size.
    pub any: bool,
}

impl Unit {
    /// How many microseconds 1 is.
    #[must_use]
    pub fn micros(self) -> f64 {
        match self {
            Self::Seconds => 1e6,
            Self::Millis => 1e3,
            Self::Micros => 1.0,
        }
    }

    /// The unit of this name, in any of the ways in which monitors write it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "s" | "sec" | "secs" | "second" | "seconds" => Some(Self::Seconds),
            "ms" | "msec" | "millisecond" | "milliseconds" => Some(Self::Millis),
            "us" | "µs" | "μs" | "usec" | "microsecond" | "microseconds" => Some(Self::Micros),
            _ => None,
        }
    }

    /// A number that another program computed, to the nearest microsecond.
    ///
    /// # Errors
    /// It is no length of time.
    pub fn length(self, number: f64) -> Result<Micros, String> {
        if !number.is_finite() || number < 0.0 {
            return Err(format!("{number} is not a length of time"));
        }
        let micros = (number * self.micros()).round();
        if micros > ROOM.0 as f64 {
            return Err(format!("{number} is too long a time; is the unit right?"));
        }
        Ok(Micros(micros as u64))
    }
}

impl Decimal {
    /// Reads a cell; digits past the microsecond are cut off.
    ///
    /// # Errors
    /// What is wrong, and what to change.
    pub fn read(self, cell: &str) -> Result<Micros, String> {
        let power = match self.unit {
            Unit::Seconds => 6,
            Unit::Millis => 3,
            Unit::Micros => 0,
        };
        let no = |hint: &str| Err(format!("{} is not a length of time{hint}", shown(cell)));
        let number = match (self.comma, cell.contains(','), cell.contains('.')) {
            (true, _, true) => return no("; with --decimal-comma a point cannot stand in it"),
            (false, true, _) => return no("; see --decimal-comma"),
            (true, ..) => cell.replace(',', "."),
            (false, ..) => plain(cell),
        };
        let Some(micros) = scaled(&number, power).and_then(|micros| u64::try_from(micros).ok()) else {
            return no(": a number without sign, unit or blanks is; see --value and --failed");
        };
        if Micros(micros) > if self.any { ROOM } else { LONGEST } {
            return Err(format!("{} is too long a time; is --unit right?", shown(cell)));
        }
        Ok(Micros(micros))
    }
}

/// `1.2e-05` written out, as programs write small numbers; anything else as it is.
fn plain(cell: &str) -> String {
    match cell.split_once(['e', 'E']) {
        Some(_) => match cell.parse::<f64>() {
            Ok(number) if number.is_finite() && number.is_sign_positive() => format!("{number:.9}"),
            _ => cell.to_owned(),
        },
        None => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(unit: Unit, cell: &str) -> Result<Micros, String> {
        Decimal { unit, comma: false, any: false }.read(cell)
    }

    #[test]
    fn one_length_in_every_unit() {
        for (unit, cell) in [
            (Unit::Seconds, "0.104321"),
            (Unit::Seconds, "0.1043219999"),
            (Unit::Millis, "104.321"),
            (Unit::Micros, "104321"),
            (Unit::Micros, "104321.9"),
            (Unit::Seconds, "1.04321e-1"),
        ] {
            assert_eq!(read(unit, cell), Ok(Micros(104_321)), "{cell}");
        }
        assert_eq!(Decimal { unit: Unit::Seconds, comma: true, any: false }.read("0,104321"), Ok(Micros(104_321)));
    }

    #[test]
    fn a_computed_number_is_rounded_and_not_cut() {
        for (unit, number) in
            [(Unit::Seconds, 0.104_320_999_999_999_99), (Unit::Millis, 104.321), (Unit::Micros, 104_321.4)]
        {
            assert_eq!(unit.length(number), Ok(Micros(104_321)), "{number}");
        }
        for number in [-1e-9, f64::NAN, f64::INFINITY, 1e300, 4e7] {
            assert!(Unit::Seconds.length(number).is_err(), "{number}");
        }
        assert_eq!(Unit::named(" Milliseconds "), Some(Unit::Millis));
        assert_eq!([Unit::named(""), Unit::named("Bps"), Unit::named("m")], [None; 3]);
    }

    #[test]
    fn what_is_no_length_is_refused() {
        for cell in
            ["", "-1", "+1", "NaN", "inf", "1e400", "-1e-9", "0x10", "1 ms", "1.2.3", ".", ".5", "0,1", "1_0", "١"]
        {
            assert!(read(Unit::Seconds, cell).is_err(), "{cell}");
        }
        assert!(read(Unit::Seconds, "104321").unwrap_err().contains("--unit"));
        assert!(Decimal { unit: Unit::Seconds, comma: false, any: true }.read("104321").is_ok());
        assert!(Decimal { unit: Unit::Seconds, comma: true, any: false }.read("1.000,5").is_err());
    }
}
