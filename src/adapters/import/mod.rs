//! Other monitors' samples: a table of times and values becomes records that carry a total and nothing else.
//!
//! Nothing is guessed: which column, which unit, which clock and which stopwatch are said, and a cell that does not fit
//! is a [`fault::Fault`] with its line and column.

pub mod clock;
pub mod fault;
pub mod identity;
pub mod mapping;
pub mod row;
pub mod table;
pub mod value;
