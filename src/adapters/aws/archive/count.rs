//! How many samples one hour of a source has.

use std::collections::BTreeMap;

use crate::measurement::units::UnixMillis;

use super::attributes::{self, BAD, Item, METHOD};
use super::key;

/// What is counted of one hour, or of several together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Count {
    pub samples: i64,
    pub failures: i64,
    pub first: UnixMillis,
    pub last: UnixMillis,
}

impl Count {
    fn of(began: UnixMillis, bad: bool) -> Self {
        Self { samples: 1, failures: i64::from(bad), first: began, last: began }
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self {
            samples: self.samples.saturating_add(other.samples),
            failures: self.failures.saturating_add(other.failures),
            first: self.first.min(other.first),
            last: self.last.max(other.last),
        }
    }
}

/// Samples of one partition, by method.
pub(super) fn by_method(items: &[Item]) -> BTreeMap<String, Count> {
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    for item in items {
        let key = attributes::read_key(item);
        let began = key.place.split_once('#').and_then(|(began, _)| key::read_moment(began));
        let (Some(began), Some(method)) = (began, attributes::read_text(item, METHOD)) else { continue };
        let one = Count::of(began, item.contains_key(BAD));
        counts.entry(method.to_owned()).and_modify(|count| *count = count.and(one)).or_insert(one);
    }
    counts
}
