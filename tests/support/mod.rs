//! What tests stand on: real servers on loopback, certificates for them, made-up samples, stand-ins that do as told, a
//! browser, and the program itself.

pub mod at_once;
pub mod browser;
pub mod certificates;
pub mod command;
pub mod digits;
pub mod dns;
#[cfg(feature = "aws")]
pub mod fake_dynamodb;
#[cfg(feature = "aws")]
pub mod fake_sqs;
#[cfg(feature = "aws")]
pub mod faults;
pub mod fleet;
#[cfg(feature = "aws")]
pub mod fleet_sample;
pub mod golden;
pub mod hostile;
#[cfg(feature = "aws")]
pub mod ministack;
pub mod needs;
pub mod pages;
pub mod proxy;
pub mod samples;
#[cfg(feature = "aws")]
pub mod sandbox;
pub mod scripted;
pub mod server;
