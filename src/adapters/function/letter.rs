//! A letter: one message to a queue, and what it carries.

use std::fmt;
use std::ops::AddAssign;

use crate::measurement::counted::counted;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The message.
    pub text: String,
    /// In it.
    pub load: Load,
}

/// What letters carry: there is none that carries nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Samples.
    pub samples: usize,
    /// Slots in which a page was due and not measured.
    pub missed: usize,
    /// Rows of the table that are no pages.
    pub refused: usize,
}

impl Load {
    /// There is no letter.
    #[must_use]
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

impl AddAssign for Load {
    fn add_assign(&mut self, other: Self) {
        self.samples += other.samples;
        self.missed += other.missed;
        self.refused += other.refused;
    }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [(self.samples, "sample"), (self.missed, "missed slot"), (self.refused, "refused row")];
        let parts = parts.into_iter().filter(|(count, _)| *count > 0).map(|(count, thing)| counted(count, thing));
        f.write_str(&parts.collect::<Vec<_>>().join(", "))
    }
}

/// Of letters in their order, the newest that fit into so many bytes; and what those carry that do not.
#[must_use]
pub fn newest(letters: Vec<Letter>, bytes_max: usize) -> (Vec<Letter>, Load) {
    let mut bytes = 0_usize;
    let mut lost = Load::default();
    let mut kept = Vec::new();
    for letter in letters.into_iter().rev() {
        bytes = bytes.saturating_add(letter.text.len());
        if bytes <= bytes_max {
            kept.push(letter);
        } else {
            lost += letter.load;
        }
    }
    kept.reverse();
    (kept, lost)
}

/// What all of them carry.
#[must_use]
pub fn load(letters: &[Letter]) -> Load {
    let mut all = Load::default();
    letters.iter().for_each(|letter| all += letter.load);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(length: usize, load: Load) -> Letter {
        Letter { text: "x".repeat(length), load }
    }

    #[test]
    fn what_does_not_fit_is_the_oldest_and_is_counted_whatever_it_carries() {
        let samples = Load { samples: 3, ..Load::default() };
        let gaps = Load { missed: 2, refused: 1, ..Load::default() };
        let letters = vec![letter(4, gaps), letter(4, samples), letter(4, gaps), letter(2, samples)];
        let (kept, lost) = newest(letters.clone(), 10);
        assert_eq!((kept.as_slice(), lost), (&letters[1..], gaps));
        assert_eq!(load(&kept), Load { samples: 6, missed: 2, refused: 1 });
        let (kept, lost) = newest(letters.clone(), 1);
        assert_eq!((kept.len(), lost), (0, load(&letters)));
        assert_eq!(newest(letters.clone(), 14), (letters, Load::default()));
    }

    #[test]
    fn a_load_names_what_there_is() {
        let said = |samples, missed, refused| Load { samples, missed, refused }.to_string();
        assert_eq!(said(2, 0, 0), "2 samples");
        assert_eq!(said(0, 1, 3), "1 missed slot, 3 refused rows");
    }
}
