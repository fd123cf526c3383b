//! What tests stand on: fakes in memory that do as told, and made-up samples.

#[path = "../../../../tests/support/at_once.rs"]
pub mod at_once;
pub mod memory;
#[path = "../../../../tests/support/samples.rs"]
pub mod samples;
