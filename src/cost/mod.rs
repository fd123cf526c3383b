//! The bill before you deploy: how much a fleet uses, what AWS asks for it, and what could be changed.
//!
//! Prices, assumptions and formulas are data ([`prices::BUILT_IN`]); here is only what reads and applies them.

pub mod bill;
pub mod change;
pub mod deployment;
pub mod error;
pub mod formula;
pub mod prices;

mod meter;
mod usage;
