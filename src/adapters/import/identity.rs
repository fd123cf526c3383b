//! Names for samples that came without one: the same row of the same source always gets the same name.

use std::collections::HashMap;

use uuid::Uuid;

use crate::measurement::identity::{NameError, SampleId};
use crate::measurement::units::{Micros, UnixMillis};

use super::mapping::Origin;

/// Of Parallax imports; any fixed value would do.
const NAMESPACE: Uuid = Uuid::from_u128(0x7061_7261_6c6c_4178_8d69_6d70_6f72_7401);

/// Names the rows of one table in their order.
#[derive(Debug)]
pub struct Names {
    origin: String,
    seen: HashMap<(UnixMillis, Option<Micros>), u32>,
    again: u64,
}

impl Names {
    /// For rows of one source.
    #[must_use]
    pub fn new(origin: &Origin) -> Self {
        let origin = format!("{}\0{}\0{}\0{}", origin.target, origin.vantage, origin.method, origin.stopwatch);
        Self { origin, seen: HashMap::new(), again: 0 }
    }

    /// For values of one series of this source: equal values of two series are two samples.
    #[must_use]
    pub fn within(origin: &Origin, series: &str) -> Self {
        let names = Self::new(origin);
        Self { origin: format!("{}\0{series}", names.origin), ..names }
    }

    /// The name of the next row: from the source, the time, the value, and how often the two have stood before.
    ///
    /// # Errors
    /// Never in practice: a UUID is a valid name.
    pub fn next(&mut self, time: UnixMillis, value: Option<Micros>) -> Result<SampleId, NameError> {
        let occurrence = self.seen.entry((time, value)).or_insert(0);
        *occurrence += 1;
        self.again += u64::from(*occurrence > 1);
        let value = value.map(|value| value.0.to_string()).unwrap_or_default();
        let content = format!("{}\0{}\0{value}\0{occurrence}", self.origin, time.0);
        SampleId::new(&Uuid::new_v5(&NAMESPACE, content.as_bytes()).to_string())
    }

    /// Rows so far whose time and value had stood before.
    #[must_use]
    pub fn again(&self) -> u64 {
        self.again
    }
}
