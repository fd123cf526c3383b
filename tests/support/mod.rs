//! What tests stand on: real servers on loopback, and certificates for them.

pub mod certificates;
pub mod hostile;
pub mod pages;
pub mod proxy;
pub mod server;
