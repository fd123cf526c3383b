//! When each page is due, in each of its ways; the clock is an argument.
//!
//! Exchanges are scheduled by slot, never by "so long after the last one ended": a slow page would otherwise be asked
//! less often while it is slow, and its slowness would hide itself (coordinated omission). A slot whose time passed is a
//! missing observation with a reason; nothing is filled in afterwards.
//!
//! - [`grid`]: slots, the same at every vantage.
//! - [`order`]: who goes first within a slot.
//! - [`tick`]: when AWS invokes a probe.
//! - [`turn`]: what is to be done now.

pub mod grid;
pub mod order;
pub mod tick;
pub mod turn;
