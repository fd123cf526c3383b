use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::*;
use crate::measurement::phase::PhaseTime;

fn stamp() -> Stamp {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

/// A request is sent, its answer comes after 40 ms, and is read after 80.
fn answered_at_half_time(meanwhile: impl Fn(Duration), finds_nothing_first: bool) -> PhaseTime {
    let journal = Journal::start();
    journal.enter(Some(Phase::Wait));
    journal.wrote(journal.now());
    if finds_nothing_first {
        journal.pending();
    }
    meanwhile(Duration::from_millis(40));
    let arrived = stamp();
    meanwhile(Duration::from_millis(40));
    journal.read(1, Some(arrived), true);
    let wait = journal.end_hop().transcript.account().phases.wait.unwrap();
    assert!(wait.elapsed_us >= Micros(80_000), "{wait:?}");
    wait
}

fn work(length: Duration) {
    let started = kernel::thread_cpu().unwrap();
    while Duration::from(kernel::thread_cpu().unwrap().saturating_sub(started)) < length {
        std::hint::spin_loop();
    }
}

#[test]
fn a_packet_on_its_way_while_we_were_not_let_run_is_network_time() {
    for finds_nothing_first in [true, false] {
        let wait = answered_at_half_time(std::thread::sleep, finds_nothing_first);
        assert!(wait.network_us.unwrap() >= Micros(39_000), "{wait:?}");
    }
}

#[test]
fn a_packet_on_its_way_while_we_worked_is_not() {
    let wait = answered_at_half_time(work, false);
    assert!(wait.network_us.unwrap() + Micros(80_000) <= wait.elapsed_us + Micros(1_000), "{wait:?}");
}

#[test]
fn a_packet_that_left_before_we_came_back_from_the_kernel_was_on_its_way() {
    let journal = Journal::start();
    journal.enter(Some(Phase::Send));
    journal.writing();
    let began = journal.now();
    std::thread::sleep(Duration::from_millis(20));
    let arrived = stamp();
    std::thread::sleep(Duration::from_millis(20));
    journal.wrote(began);
    journal.flushed();
    journal.read(1, Some(arrived), true);
    let phases = journal.end_hop().transcript.account().phases;
    let [send, wait] = [phases.send.unwrap(), phases.wait.unwrap()];
    assert!(wait.network_us.unwrap() >= Micros(19_000) && send.elapsed_us < Micros(10_000), "{send:?} {wait:?}");
}
