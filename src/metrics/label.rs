//! The value of a dimension, as CloudWatch accepts it.

use std::fmt;

use crate::measurement::wire::Record;

/// The longest label, in bytes; CloudWatch would take 1 024, and no name of ours is longer.
pub const LABEL_LENGTH_MAX: usize = 128;

/// Text that can be the value of a dimension: ASCII of the alphabet of names, not empty, not beginning with a colon.
///
/// One datum with another text would have CloudWatch refuse all of its request, so text is made to fit, not refused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(String);

impl Label {
    /// Makes any text a label; names of ours become themselves, but for a colon at the beginning.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._-/:~+".contains(c);
        let mut label: String = text.chars().take(LABEL_LENGTH_MAX).map(|c| if allowed(c) { c } else { '_' }).collect();
        if label.is_empty() {
            label.push('-');
        }
        if label.starts_with(':') {
            label.replace_range(..1, "_");
        }
        Self(label)
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Whether a function of the fleet measured it, and not a host.
#[must_use]
pub fn is_on_lambda(record: &Record) -> bool {
    record.environment.platform == "lambda"
}

/// Where a record was measured, as the `ProbeRegion` dimension says it.
///
/// A host may have a region in its variables, and is not in it.
#[must_use]
pub fn place(record: &Record) -> Label {
    let region = record.environment.region.as_deref().filter(|_| is_on_lambda(record));
    Label::new(region.unwrap_or(record.sample.vantage.as_str()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_stay_what_they_are() {
        for name in ["lambda/ap-northeast-1/1769", "host/tokyo-office", "www.example.com:8443/a~b+c"] {
            assert_eq!(Label::new(name).as_str(), name);
        }
        assert_eq!(Label::new(":a").as_str(), "_a");
        assert_eq!(Label::new("").as_str(), "-");
        assert_eq!(Label::new("a \u{1b}é\n").as_str(), "a____");
    }

    proptest! {
        #[test]
        fn any_text_becomes_what_is_accepted(text in any::<String>()) {
            let label = Label::new(&text);
            let label = label.as_str();
            prop_assert!(!label.is_empty() && label.len() <= LABEL_LENGTH_MAX && !label.starts_with(':'));
            prop_assert!(label.chars().all(|c| c.is_ascii_graphic()));
        }
    }
}
