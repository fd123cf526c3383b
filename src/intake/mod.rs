//! Arrivals: what a probe sent is read, checked and told apart from what is known, before anything is done with it.
//!
//! Decides and does nothing else: it keeps nothing, publishes nothing and reads no clock, so that the queue's consumer
//! and the embedded road behave alike.

pub mod arrival;
pub mod flaw;
pub mod part;
pub mod plan;
