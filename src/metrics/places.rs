//! Where vantages are: what a quorum counts.

use std::collections::BTreeMap;

use crate::measurement::identity::Vantage;
use crate::measurement::wire::Record;

use super::label::{Label, place};

/// The place of each vantage: all arms of a region are in one, and a host is one by itself.
#[derive(Clone, Debug, Default)]
pub struct Places(BTreeMap<Vantage, Label>);

impl Places {
    /// Learns from a record where its vantage is.
    pub fn add(&mut self, record: &Record) {
        if !self.0.contains_key(&record.sample.vantage) {
            self.0.insert(record.sample.vantage.clone(), place(record));
        }
    }

    /// Where a vantage is; by itself where nothing of it was seen.
    #[must_use]
    pub fn of(&self, vantage: &Vantage) -> Label {
        self.0.get(vantage).cloned().unwrap_or_else(|| Label::new(vantage.as_str()))
    }
}
