//! Imports from other monitors' own servers: the real ones, and stand-ins for what a real one cannot be made to do.

#[cfg(feature = "aws")]
mod cloudwatch;
mod prometheus;
mod refusals;
#[cfg(target_os = "linux")]
mod zabbix;
