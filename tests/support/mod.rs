//! What tests stand on.

pub mod dns;
