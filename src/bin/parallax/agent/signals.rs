//! Ctrl-C, `systemctl stop` and a closed terminal all ask for an orderly end.

use std::io;
use std::thread;

use parallax::adapters::agent::inbox::Stop;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

use crate::exit::Problem;

/// From now on these signals reach the agent as a wish to stop.
///
/// By handlers and not by a mask: a child would inherit the mask, and could no longer be ended.
pub(super) fn forward(stop: Stop) -> Result<(), Problem> {
    listen(stop).map_err(|error| Problem::unfinished(format!("cannot listen for signals: {error}")))
}

fn listen(stop: Stop) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (mut interrupt, mut terminate, mut hangup) = {
        let _inside = runtime.enter();
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?)
    };
    let waiting = async move {
        loop {
            let heard = tokio::select! {
                heard = interrupt.recv() => heard,
                heard = terminate.recv() => heard,
                heard = hangup.recv() => heard,
            };
            match heard {
                Some(()) => stop.ask(),
                None => return,
            }
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(move || runtime.block_on(waiting))?;
    Ok(())
}
