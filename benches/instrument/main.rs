//! The probe against the wire: `cargo bench --bench instrument`, as root. What is compared, and what came out, is in
//! `docs/instrument.md`.
#![expect(unreachable_pub, reason = "in a binary, `pub` is what its parts see of each other")]

#[cfg(target_os = "linux")]
#[path = "../bound.rs"]
mod bound;
#[cfg(target_os = "linux")]
mod busy;
#[cfg(target_os = "linux")]
mod figures;
#[cfg(target_os = "linux")]
mod measure;
#[cfg(target_os = "linux")]
mod needs;
#[cfg(target_os = "linux")]
mod road;
#[cfg(target_os = "linux")]
mod share;
#[cfg(target_os = "linux")]
#[path = "../spread.rs"]
mod spread;
#[cfg(target_os = "linux")]
mod stamps;
#[cfg(target_os = "linux")]
mod wire;

use std::process::ExitCode;

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("instrument: packet stamps, namespaces and control groups are Linux's; there is nothing to measure here");
    ExitCode::FAILURE
}

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    // The measuring process is this program again, started inside a network and a share of the processor.
    if busy::hog() {
        return ExitCode::SUCCESS;
    }
    let ended = match measure::asked() {
        Some(job) => measure::run(&job).map(|()| true),
        None => all(),
    };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("instrument: a bound was not kept");
            ExitCode::FAILURE
        }
        Err(reason) => {
            eprintln!("instrument: {reason:#}");
            ExitCode::FAILURE
        }
    }
}

/// Every part in turn; whether every bound was kept.
#[cfg(target_os = "linux")]
fn all() -> anyhow::Result<bool> {
    needs::check()?;
    let mut kept = true;
    for road in [road::Road::loopback()?, road::Road::delayed(road::ONE_WAY)?] {
        println!("\n== {}: receive stamps and a bare program against the wire", road.name);
        let (bare, stamped) = stamps::run(&road)?;
        println!("\n== {}: the probe against the wire", road.name);
        kept &= stamped & wire::run(&road, &bare)?;
        println!("\n== {}: under a processor quota", road.name);
        kept &= share::run(&road)?;
        println!("\n== {}: side by side with blackbox_exporter", road.name);
        kept &= busy::run(&road, 0)?;
        println!("\n== {}: the same, beside two programs that want both processors", road.name);
        kept &= busy::run(&road, busy::HOGS)?;
        if let Some(account) = road.finish() {
            println!("{account}");
        }
    }
    Ok(kept)
}
