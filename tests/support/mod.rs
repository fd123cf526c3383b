//! What tests stand on.

pub mod samples;
