//! Ctrl-C, or a terminal that is closed: what is under way is broken off, and what was measured is kept and shown.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

use crate::exit::Problem;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

extern "C" fn remember(_: libc::c_int) {
    INTERRUPTED.store(true, Ordering::Relaxed);
}

/// From now on Ctrl-C is remembered instead of ending the program; a second one ends it.
pub(crate) fn listen() -> Result<(), Problem> {
    // SA_RESETHAND: who presses twice does not want to wait for anything.
    let action =
        SigAction::new(SigHandler::Handler(remember), SaFlags::SA_RESTART | SaFlags::SA_RESETHAND, SigSet::empty());
    // SAFETY: the handler does nothing but store to an atomic, which is safe in a signal handler.
    let listen = |signal, action: &SigAction| unsafe { sigaction(signal, action) };
    let refused = |error| Problem::unfinished(format!("cannot listen for Ctrl-C: {error}"));
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let before = listen(signal, &action).map_err(refused)?;
        // `nohup` has it go on without its terminal.
        if signal == Signal::SIGHUP && matches!(before.handler(), SigHandler::SigIgn) {
            listen(signal, &before).map_err(refused)?;
        }
    }
    Ok(())
}

/// Whether Ctrl-C was pressed since [`listen`].
pub(crate) fn came() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// Nobody who pressed Ctrl-C notices a delay as short as this.
const STEP: Duration = Duration::from_millis(100);

/// Rests, or stops resting when Ctrl-C comes; `false` where it came.
pub(crate) fn rest(length: Duration) -> bool {
    let start = Instant::now();
    while !came() {
        let left = length.saturating_sub(start.elapsed());
        if left.is_zero() {
            return true;
        }
        std::thread::sleep(left.min(STEP));
    }
    false
}
