//! Known causes: sites and paths whose truth is known, to measure and to judge explanations by.

pub mod site;

#[cfg(target_os = "linux")]
pub mod capture;
#[cfg(target_os = "linux")]
pub mod cpu_share;
#[cfg(target_os = "linux")]
pub mod delaybox;
#[cfg(target_os = "linux")]
pub mod namespace;
