//! The box at work: packets in at one end, out at the other when their time has come.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsRawFd;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::{Account, Passage};

/// The kernel wakes a sleeper this much late at the worst of usual times; the rest is spent looking at the clock.
const SPIN: Duration = Duration::from_micros(60);
/// How long the box takes to notice that it is to stop.
const ATTENTION: Duration = Duration::from_millis(50);
/// More packets than any benchmark sends.
const PASSAGES_MAX: usize = 1_000_000;
/// Above all ordinary threads, below what the kernel needs for itself.
const PRIORITY: libc::c_int = 10;

struct Held {
    arrived: Instant,
    packet: Vec<u8>,
}

/// Forwards between two devices until told to stop.
pub(super) fn until(stop: &AtomicBool, ends: &[File; 2], delay: Duration) -> Account {
    let mut account = Account { realtime: become_realtime(), ..Account::default() };
    // The delay is one for all, so the packets of one direction leave in the order in which they came.
    let mut held: [VecDeque<Held>; 2] = [VecDeque::new(), VecDeque::new()];
    while !stop.load(Ordering::Relaxed) {
        for from in [0, 1] {
            collect(&ends[from], &mut held[from]);
            release(&ends[1 - from], &mut held[from], delay, from == 0, &mut account);
        }
        let due = held.iter().filter_map(VecDeque::front).map(|first| first.arrived + delay).min();
        let left = due.map_or(ATTENTION, |due| due.saturating_duration_since(Instant::now()));
        if left > SPIN {
            wait(ends, (left - SPIN).min(ATTENTION));
        }
    }
    account
}

fn collect(mut end: &File, held: &mut VecDeque<Held>) {
    let mut buffer = [0; 2048];
    while let Ok(length) = end.read(&mut buffer) {
        held.push_back(Held { arrived: Instant::now(), packet: buffer[..length].to_vec() });
    }
}

fn release(mut end: &File, held: &mut VecDeque<Held>, delay: Duration, outward: bool, account: &mut Account) {
    while let Some(first) = held.front() {
        if first.arrived.elapsed() < delay {
            return;
        }
        match end.write(&first.packet) {
            Err(refusal) if refusal.kind() == ErrorKind::Interrupted => continue,
            Err(_) => account.lost += 1,
            Ok(length) if account.passages.len() < PASSAGES_MAX => {
                account.passages.push(Passage { outward, length, held: first.arrived.elapsed() });
            }
            Ok(_) => (),
        }
        held.pop_front();
    }
}

/// Sleeps until a packet comes or the time is over.
fn wait(ends: &[File; 2], most: Duration) {
    let mut watched = [0, 1].map(|end| libc::pollfd { fd: ends[end].as_raw_fd(), events: libc::POLLIN, revents: 0 });
    // Never more than a moment: both parts fit.
    let limit = libc::timespec { tv_sec: most.as_secs() as libc::time_t, tv_nsec: most.subsec_nanos().into() };
    // SAFETY: the array holds two entries and outlives the call, as does the limit; no signal mask is given. Whatever
    // it returns, the loop looks at everything again.
    unsafe { libc::ppoll(watched.as_mut_ptr(), 2, &raw const limit, ptr::null()) };
}

/// Asks for real-time priority for this thread, and for timers without slack; says whether the first was granted.
fn become_realtime() -> bool {
    // SAFETY: takes no pointers, and concerns the calling thread only.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1) };
    let wanted = libc::sched_param { sched_priority: PRIORITY };
    // SAFETY: 0 is the calling thread, and the parameter outlives the call.
    unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &raw const wanted) == 0 }
}
