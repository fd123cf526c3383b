//! The box at work: packets in at one end, out at the other when their time has come.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsRawFd;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::link::{Lane, Link};
use super::segment::{Kind, Segment};
use super::{Account, Drop, Passage};
use crate::lab::realtime::become_realtime;

/// The kernel wakes a sleeper this much late at the worst of usual times; the rest is spent looking at the clock.
const SPIN: Duration = Duration::from_micros(60);
/// How long the box takes to notice that it is to stop.
const ATTENTION: Duration = Duration::from_millis(50);
/// More packets than any benchmark sends.
const PASSAGES_MAX: usize = 1_000_000;

struct Held {
    arrived: Instant,
    due: Instant,
    kind: Kind,
    packet: Vec<u8>,
}

/// One direction to or from one address of the far end. A lane keeps packets in order, so the first to come is the first to
/// leave.
struct Queue {
    lane: Lane,
    held: VecDeque<Held>,
}

impl Queue {
    fn new(link: Link, way: usize) -> Self {
        Self { lane: Lane::new(link, way), held: VecDeque::new() }
    }
}

/// Forwards between two devices until told to stop.
pub(super) fn until(stop: &AtomicBool, ends: &[File; 2], link: Link) -> Account {
    let mut account = Account { realtime: become_realtime(), ..Account::default() };
    let elsewhere = Link { delay: link.elsewhere.unwrap_or(link.delay), seed: !link.seed, ..link };
    let mut ways = [0, 1].map(|way| [Queue::new(link, way), Queue::new(elsewhere, way)]);
    while !stop.load(Ordering::Relaxed) {
        for from in [0, 1] {
            collect(&ends[from], &mut ways[from], from == 0, &mut account);
            for queue in &mut ways[from] {
                release(&ends[1 - from], &mut queue.held, from == 0, &mut account);
            }
        }
        let due = ways.iter().flatten().filter_map(|queue| queue.held.front()).map(|first| first.due).min();
        let left = due.map_or(ATTENTION, |due| due.saturating_duration_since(Instant::now()));
        if left > SPIN {
            wait(ends, (left - SPIN).min(ATTENTION));
        }
    }
    account
}

fn collect(mut end: &File, queues: &mut [Queue; 2], outward: bool, account: &mut Account) {
    let mut buffer = [0; 2048];
    while let Ok(length) = end.read(&mut buffer) {
        let (arrived, kind) = (Instant::now(), Kind::of(&buffer[..length], outward));
        // There is no way for IPv6 at the far end, and nobody says so.
        let Queue { lane, held } = &mut queues[usize::from(matches!(kind, Kind::Tcp(Segment { elsewhere: true, .. })))];
        let due = if matches!(kind, Kind::Ipv6 { .. }) { None } else { lane.due(arrived, length) };
        match due {
            Some(due) => held.push_back(Held { arrived, due, kind, packet: buffer[..length].to_vec() }),
            None if account.drops.len() < PASSAGES_MAX => account.drops.push(Drop { outward, arrived, kind }),
            None => (),
        }
    }
}

fn release(mut end: &File, held: &mut VecDeque<Held>, outward: bool, account: &mut Account) {
    while let Some(first) = held.front() {
        let now = Instant::now();
        if now < first.due {
            return;
        }
        match end.write(&first.packet) {
            Err(refusal) if refusal.kind() == ErrorKind::Interrupted => continue,
            Err(_) => account.lost += 1,
            Ok(length) if account.passages.len() < PASSAGES_MAX => {
                let (arrived, kind) = (first.arrived, first.kind);
                account.passages.push(Passage { outward, length, arrived, held: arrived.elapsed(), kind });
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
