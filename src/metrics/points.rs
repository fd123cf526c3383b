//! Points as they are decided upon, one by one.

use std::collections::BTreeMap;

use crate::measurement::units::UnixMillis;

use super::datum::{Datum, Series, minute};
use super::value::Value;

/// Values by series and minute.
#[derive(Clone, Debug, Default)]
pub struct Points {
    values: BTreeMap<(Series, UnixMillis), Vec<Value>>,
}

impl Points {
    /// One value of a series at a moment.
    pub fn add(&mut self, series: Series, at: UnixMillis, value: Value) {
        self.values.entry((series, minute(at))).or_default().push(value);
    }

    /// What was added, by series and then by minute.
    #[must_use]
    pub fn datums(self) -> Vec<Datum> {
        self.values.into_iter().flat_map(|((series, at), values)| Datum::split(&series, at, values)).collect()
    }
}
