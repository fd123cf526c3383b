//! Imports from other monitors' own servers: the real ones, and stand-ins for what a real one cannot be made to do.

#[cfg(feature = "aws")]
mod cloudwatch;
mod prometheus;
mod refusals;
mod zabbix;
