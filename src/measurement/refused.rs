//! Rows of a region's table of pages that are no pages: what is not watched is data too.

use serde::{Deserialize, Serialize};

use super::units::UnixMillis;

/// What a probe found in its region's table, as of a slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The region of the table.
    pub region: String,
    /// Rows that cannot be read, and are not probed; at least 1.
    pub rows: u32,
    /// The slot's scheduled time.
    pub slot_ms: UnixMillis,
}
