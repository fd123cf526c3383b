//! Kept samples in one DynamoDB table: the archive of a fleet.
//!
//! Any number of writers and readers at once. A sample is one item whose key it makes itself, put only where there is
//! none yet; its surroundings stand once for all samples that share them. A line of the directory a source and day is
//! there before that day's first sample, so that a reader finds every sample by it; its counts are counted anew from
//! what is there and only ever rise, so that neither a repeat nor a writer that was killed can make them too high, and
//! the same call again makes them right. What is older than the table keeps is no longer shown, though DynamoDB may
//! take days to remove it.
//!
//! A reader needs `dynamodb:DescribeTable`, `Query` and `BatchGetItem` on the table (and `Scan`, on one without anything
//! in it); a writer `PutItem`, `UpdateItem`, `Query` and `BatchGetItem`.

mod append;
mod attributes;
mod codec;
mod count;
mod directory;
mod fault;
mod item;
mod key;
mod line;
mod miss;
mod read;
mod scan;
mod slots;
mod stream;
mod summaries;
mod surroundings;
mod table;

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;

use crate::adapters::clock;
use crate::measurement::units::UnixMillis;

pub use item::Packed;
pub use table::Table;

use append::Hour;
use surroundings::Surroundings;

/// Calls in flight at once: enough to hide the way there and back, and few enough for a small function.
const AT_ONCE: usize = 16;

/// An archive in a table. Nothing is asked of AWS before the first call.
#[derive(Debug)]
pub struct Archive {
    client: Client,
    table: String,
    keep: Option<Duration>,
    clock: fn() -> UnixMillis,
    /// The table's mark was seen or made.
    marked: bool,
    /// Lines of the directory that are there, by their place.
    lines: HashSet<String>,
    surroundings: Surroundings,
    /// Hours that hold samples which may not be counted yet.
    uncounted: BTreeSet<Hour>,
}

impl Archive {
    /// The archive in `table`. What is written begins to expire `keep` after it began; never, where that is absent.
    #[must_use]
    pub fn new(config: &SdkConfig, table: &str, keep: Option<Duration>) -> Self {
        Self {
            client: Client::new(config),
            table: table.to_owned(),
            keep,
            clock: clock::wall,
            marked: false,
            lines: HashSet::new(),
            surroundings: Surroundings::default(),
            uncounted: BTreeSet::new(),
        }
    }

    /// The same, with another clock to tell by what has expired.
    #[must_use]
    pub fn with_clock(self, clock: fn() -> UnixMillis) -> Self {
        Self { clock, ..self }
    }

    /// As after `--archive`.
    #[must_use]
    pub fn place(&self) -> String {
        format!("dynamodb:{}", self.table)
    }

    /// When something that began then may go, in seconds; absent where it stays.
    fn expiry(&self, began: UnixMillis) -> Option<i64> {
        self.keep.map(|keep| began.plus(keep).0.div_euclid(1_000) + 1)
    }

    fn now_s(&self) -> i64 {
        (self.clock)().0.div_euclid(1_000)
    }
}
