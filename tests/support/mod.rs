//! What tests stand on: real servers on loopback, and certificates for them.
//! What tests stand on: real servers on loopback, certificates for them, and stand-ins that do as told.

//! What tests stand on.

pub mod at_once;
pub mod certificates;
pub mod dns;
pub mod hostile;
pub mod pages;
pub mod proxy;
pub mod samples;
pub mod scripted;
pub mod server;
