//! Vocabulary: what one probe run observed.
//!
//! Everything else in the project speaks in these words. The module does no arithmetic beyond adding its own parts
//! up, opens nothing, and knows no tool, no statistic and no storage. The JSON that `serde` makes of these types is the
//! public contract (`"schema": 1`): a field that a platform cannot give is absent, never zero.

pub mod asked;
pub mod counted;
pub mod environment;
pub mod hop;
pub mod identity;
pub mod local;
pub mod miss;
pub mod outcome;
pub mod parcel;
pub mod phase;
pub mod refused;
pub mod sample;
pub mod units;
pub mod wire;
