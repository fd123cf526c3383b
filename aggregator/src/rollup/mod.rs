//! Rollups: what is so at a minute, and what windows held.

pub mod change;
pub mod error;
pub mod grid;
pub mod minute;
pub mod port;
pub mod publish;
pub mod window;
