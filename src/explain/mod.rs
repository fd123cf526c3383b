//! Reasons: two sources in, an additive account of their gap out.
//!
//! Each sample becomes one row of a [`ledger`]: what part of its response time each mechanism took. Differences of
//! means ([`mean`]) and of percentiles ([`percentile`]) are then given to named causes so that they add up exactly, and
//! [`interval`] says how sure that is. [`account`] puts all of it together as data; words are left to others.

pub mod account;
mod board;
pub mod bounds;
pub mod bridge;
pub mod cause;
pub mod cause_row;
pub mod claim;
pub mod composition;
pub mod contrast;
pub mod evidence;
#[cfg(test)]
mod extremes;
pub mod floor;
mod influence;
pub mod interval;
pub mod ledger;
pub mod mean;
pub mod overlap;
mod overshoot;
pub mod own_work;
pub mod percentile;
pub mod plausibility;
pub mod question;
mod reading;
mod redirect_cost;
mod replicate;
mod restricted;
pub mod sides;
pub mod source;
mod spread;
mod sums;
mod swap;
pub mod traits;
pub mod verdict;
