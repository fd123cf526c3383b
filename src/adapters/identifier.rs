//! Names for new samples.

use uuid::Builder;

use super::{clock, random};
use crate::measurement::identity::SampleId;

/// A new sample's name: a UUID of version 7 (RFC 9562), so that names sort by the millisecond they were made in.
///
/// 74 of its bits are random, read anew at each call.
#[must_use]
#[expect(clippy::expect_used, reason = "a UUID has only letters, digits and dashes, and 36 of them")]
pub fn sample_id() -> SampleId {
    let millis = u64::try_from(clock::wall().0).unwrap_or(0);
    let name = Builder::from_unix_timestamp_millis(millis, &random::bytes()).into_uuid().to_string();
    SampleId::new(&name).expect("a UUID is a good name")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_differ_and_carry_their_time() {
        let before = clock::wall().0;
        let names: HashSet<String> = (0..10_000).map(|_| sample_id().to_string()).collect();
        assert_eq!(names.len(), 10_000);
        for name in names {
            let name = uuid::Uuid::parse_str(&name).unwrap();
            assert_eq!(name.get_version(), Some(uuid::Version::SortRand));
            let (seconds, nanos) = name.get_timestamp().unwrap().to_unix();
            let millis = i64::try_from(seconds * 1_000 + u64::from(nanos / 1_000_000)).unwrap();
            assert!((before..=clock::wall().0).contains(&millis), "{name}");
        }
    }
}
