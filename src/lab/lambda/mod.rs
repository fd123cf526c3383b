//! The very program that runs as a Lambda function, in a sandbox of the lab: what Lambda does to it is done here, and
//! what it needs of AWS a stand-in answers, all on loopback.

#[cfg(target_os = "linux")]
pub mod function;
pub mod sandbox;

mod loopback;
#[cfg(target_os = "linux")]
mod stand_in;
