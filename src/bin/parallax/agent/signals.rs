//! Ctrl-C, `systemctl stop` and a closed terminal all ask for an orderly end.

use std::thread;

use nix::sys::signal::{SigSet, Signal};
use parallax::adapters::agent::run::Stop;

use crate::exit::Problem;

/// From now on these signals reach the agent as a wish to stop; children start with them unblocked.
pub(super) fn forward(stop: Stop) -> Result<(), Problem> {
    let wishes: SigSet = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP].into_iter().collect();
    let failed = |error: &dyn std::fmt::Display| Problem::unfinished(format!("cannot listen for signals: {error}"));
    wishes.thread_block().map_err(|error| failed(&error))?;
    let waiting = move || {
        while wishes.wait().is_ok() {
            stop.ask();
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(waiting).map_err(|error| failed(&error))?;
    Ok(())
}
