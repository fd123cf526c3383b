//! The probe as a function: one invocation measures what is due, and sends what it saw.
//!
//! Three kinds of threads: the caller's has AWS's clients and a runtime, and waits while anything is measured; each of two
//! exchanges in flight has a thread to itself. Nothing of AWS is done while an exchange is under way: what is due is read
//! before the first, and sending comes after the last.

pub mod crew;
pub mod invoke;
pub mod letter;
pub mod post;
pub mod watched;
