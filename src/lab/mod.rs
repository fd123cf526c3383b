//! Known causes: sites and paths whose truth is known, to measure and to judge explanations by.

pub mod scenario;
pub mod site;

#[cfg(target_os = "linux")]
pub mod capture;
#[cfg(target_os = "linux")]
pub mod cpu_share;
#[cfg(target_os = "linux")]
pub mod delaybox;
#[cfg(target_os = "linux")]
pub mod hold;
#[cfg(target_os = "linux")]
pub mod namespace;
#[cfg(unix)]
pub mod lambda;
#[cfg(unix)]
pub mod monitor;
#[cfg(target_os = "linux")]
pub mod nginx;
#[cfg(target_os = "linux")]
mod owner;
#[cfg(target_os = "linux")]
mod realtime;
#[cfg(target_os = "linux")]
pub mod resolver;
pub mod schedule;
#[cfg(target_os = "linux")]
pub mod vantage;
#[cfg(target_os = "linux")]
pub mod run;
#[cfg(target_os = "linux")]
pub mod truth;
#[cfg(target_os = "linux")]
pub mod score;
