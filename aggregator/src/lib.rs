//! Takes samples from the queue into the archive and into CloudWatch, and rolls them up.
//!
//! Wiring: what a message is, which samples are new, what is published of them and when a page is down is decided in
//! `parallax`; here it is put in order, within the time of one invocation.

pub mod batch;
pub mod event;
pub mod journal;
pub mod outside;
pub mod pace;
pub mod rollup;
pub mod settings;
