//! What tests stand on.

pub mod at_once;
pub mod samples;
