//! What each monitor's headline number starts, stops and leaves out, and what it would have shown for a sample of ours.
//!
//! A [`definition::Definition`] is data: each tool has one, in its own file, with the evidence it rests
//! on. [`replay::replay`] is a pure function of a sample's marks; where the marks do not tell, it says so. It replays
//! definitions, never the tool's own CPU, trust store or TLS library. The module knows no archive and no statistic.

pub mod catalogue;
pub mod definition;
pub mod evidence;
pub mod obstacle;
pub mod replay;
pub mod series;
mod span;
mod tool;
