//! AWS, on its real wire protocols: a ministack on loopback.

mod archive;
mod failure;
mod item;
