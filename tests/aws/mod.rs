//! AWS, on its real wire protocols: a ministack on loopback.

mod failure;
mod infra;
