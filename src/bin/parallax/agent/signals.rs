//! Ctrl-C, `systemctl stop` and a closed terminal all ask for an orderly end; what `nohup` started outlives its terminal.

use std::future::poll_fn;
use std::io;
use std::task::Poll;
use std::thread;

use parallax::adapters::agent::inbox::Stop;
use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::exit::Problem;
use crate::interrupt::outlives_its_terminal;

/// From now on these signals reach the agent as a wish to stop.
///
/// By handlers and not by a mask: a child would inherit the mask, and could no longer be ended.
pub(super) fn forward(stop: Stop) -> Result<(), Problem> {
    listen(stop).map_err(|error| Problem::unfinished(format!("cannot listen for signals: {error}")))
}

fn listen(stop: Stop) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut asked = vec![SignalKind::interrupt(), SignalKind::terminate()];
    if !outlives_its_terminal() {
        asked.push(SignalKind::hangup());
    }
    let mut signals = {
        let _inside = runtime.enter();
        asked.into_iter().map(signal).collect::<io::Result<Vec<Signal>>>()?
    };
    let waiting = async move {
        loop {
            let any = poll_fn(|context| {
                let ready = signals.iter_mut().map(|signal| signal.poll_recv(context)).find(Poll::is_ready);
                ready.unwrap_or(Poll::Pending)
            });
            match any.await {
                Some(()) => stop.ask(),
                None => return,
            }
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(move || runtime.block_on(waiting))?;
    Ok(())
}
