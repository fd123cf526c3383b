//! One invocation of the probe as a function: what is due, for how long it may take, and what is said of it.
//!
//! - [`slot`]: which slot it is for.
//! - [`due`]: which pages are measured.
//! - [`budget`]: how much of the time until the deadline is for measuring.
//! - [`kept`]: when what was read of the table is too old.
//! - [`account`]: the line that is logged.

pub mod account;
pub mod budget;
pub mod due;
pub mod kept;
pub mod slot;
