//! Priority for threads that stand for other machines: what a neighbour does here must not slow them.

/// Above all ordinary threads, below what the kernel needs for itself.
const PRIORITY: libc::c_int = 10;

/// Asks for real-time priority for this thread, and for timers without slack; says whether the first was granted.
pub(super) fn become_realtime() -> bool {
    // SAFETY: takes no pointers, and concerns the calling thread only.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1) };
    let wanted = libc::sched_param { sched_priority: PRIORITY };
    // SAFETY: 0 is the calling thread, and the parameter outlives the call.
    unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &raw const wanted) == 0 }
}
