//! Which metrics a fleet chose to have of every source: they are what most of the bill is for.

use std::str::FromStr;

use super::catalogue::Metric;

/// The words of a fleet file's `metrics`, and what they stand for.
pub const CHOICES: [(&str, Metric); 2] = [("latency", Metric::Latency), ("availability", Metric::Availability)];

/// Some of [`CHOICES`]; none is a choice too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// [`Metric::Latency`].
    pub latency: bool,
    /// [`Metric::Availability`].
    pub availability: bool,
}

impl Wanted {
    /// All of them.
    pub const ALL: Self = Self { latency: true, availability: true };

    /// How many series each source has.
    #[must_use]
    pub fn count(self) -> usize {
        usize::from(self.latency) + usize::from(self.availability)
    }
}

/// A word that is none of [`CHOICES`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no metric to choose; write latency, availability, or both with a comma between")]
pub struct UnknownMetric(String);

impl FromStr for Wanted {
    type Err = UnknownMetric;

    /// Words with commas between, as a function's variable has them.
    fn from_str(words: &str) -> Result<Self, UnknownMetric> {
        let mut wanted = Self::default();
        for word in words.split(',').map(str::trim) {
            match CHOICES.iter().find(|(name, _)| *name == word).map(|(_, metric)| metric) {
                Some(Metric::Latency) => wanted.latency = true,
                Some(Metric::Availability) => wanted.availability = true,
                _ => return Err(UnknownMetric(word.chars().take(60).flat_map(char::escape_default).collect())),
            }
        }
        Ok(wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_can_be_made_and_nothing_else() {
        for (word, _) in CHOICES {
            assert_eq!(word.parse::<Wanted>().map(Wanted::count), Ok(1), "{word}");
        }
        assert_eq!("availability, latency".parse(), Ok(Wanted::ALL));
        for wrong in ["", "latency,", "Latency", "p99\u{1b}"] {
            let message = wrong.parse::<Wanted>().unwrap_err().to_string();
            assert!(message.contains("write latency, availability") && !message.contains('\u{1b}'), "{message}");
        }
    }
}
