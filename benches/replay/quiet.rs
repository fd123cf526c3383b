//! What else the machine does is not the matter: where it may, the bench runs before everything else.

/// Asks for a place ahead of all other programs, for this thread and all that it starts; says what came of it.
#[cfg(target_os = "linux")]
pub fn ask_for_the_processor() -> &'static str {
    let lowest = libc::sched_param { sched_priority: 1 };
    // SAFETY: the pointer is to a live local, and 0 is the calling thread.
    if unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &raw const lowest) } == 0 {
        "real-time priority: other programs take no part"
    } else {
        "no real-time priority (root has it): whatever else runs takes part, so leave the machine alone"
    }
}

/// Elsewhere there is no such place.
#[cfg(not(target_os = "linux"))]
pub fn ask_for_the_processor() -> &'static str {
    "whatever else runs takes part, so leave the machine alone"
}
