//! Versions of the API, and what changed with them.

/// As `apiinfo.version` says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// All of it: `7.0.3`.
    pub text: String,
    major: u32,
    minor: u32,
}

impl Version {
    /// Reads it.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let mut numbers = text.split(|character: char| !character.is_ascii_digit()).map(str::parse);
        let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else { return None };
        let fits = text.len() <= 32 && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-');
        fits.then(|| Self { text: text.to_owned(), major, minor })
    }

    /// Whether the token goes into the header `Authorization`; before 6.4 it is the property `auth`, which 7.2 no longer
    /// takes.
    #[must_use]
    pub fn takes_header(&self) -> bool {
        (self.major, self.minor) >= (6, 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_came_with_6_4() {
        for (text, header) in
            [("6.0.14", false), ("6.2.9", false), ("6.4.0", true), ("6.4.0rc1", true), ("7.0.3", true), ("7.4.0", true)]
        {
            assert_eq!(Version::new(text).unwrap().takes_header(), header, "{text}");
        }
        for text in ["", "six", "6", "6.x", "6.0\u{1b}[2J", &"6.0".repeat(50)] {
            assert_eq!(Version::new(text), None, "{text}");
        }
    }
}
