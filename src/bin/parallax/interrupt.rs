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
    // Who presses twice does not want to wait for anything; a terminal that is closed may say so twice by itself.
    let twice_ends = SaFlags::SA_RESTART | SaFlags::SA_RESETHAND;
    for (signal, flags) in
        [(Signal::SIGINT, twice_ends), (Signal::SIGTERM, twice_ends), (Signal::SIGHUP, SaFlags::SA_RESTART)]
    {
        if signal == Signal::SIGHUP && outlives_its_terminal() {
            continue;
        }
        let action = SigAction::new(SigHandler::Handler(remember), flags, SigSet::empty());
        // SAFETY: the handler does nothing but store to an atomic, which is safe in a signal handler.
        unsafe { sigaction(signal, &action) }
            .map_err(|error| Problem::unfinished(format!("cannot listen for Ctrl-C: {error}")))?;
    }
    Ok(())
}

/// It was started by `nohup`, or in another way that has SIGHUP ignored.
pub(crate) fn outlives_its_terminal() -> bool {
    let mut now = std::mem::MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: with no new action the call only writes the present one, which is whole where it returns 0.
    unsafe {
        libc::sigaction(libc::SIGHUP, std::ptr::null(), now.as_mut_ptr()) == 0
            && now.assume_init().sa_sigaction == libc::SIG_IGN
    }
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
