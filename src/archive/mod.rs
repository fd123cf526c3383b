//! The port for kept samples.
//!
//! One trait a verb, so that a function's signature says all that it may do. The verbs are asynchronous because one of
//! the engines behind them is a network away; the embedded one answers at once.

pub mod error;
pub mod marks;
pub mod port;
pub mod selection;
