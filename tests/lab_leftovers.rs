//! Whatever ends the lab, nothing of it stays: no process, network, device, control group, folder or mount.

use std::env;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use parallax::lab::run::{Doing, run as made};
use parallax::lab::scenario::Scenario;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::lab_nginx;
use crate::lab_run::{probe, vantage};
use crate::support::command::run;
use crate::support::needs;
use crate::support::under_way::{UnderWay, traces};

#[test]
fn whatever_ends_a_run_nothing_of_it_stays() {
    if !needs::root("whatever_ends_a_run_nothing_of_it_stays") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let before: Vec<String> = traces(&[]);
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let mut pids = Vec::new();
    let mut parts = 0;
    let mut scenarios = vec!["all-at-once"];
    // A server has processes of its own.
    scenarios.extend(lab_nginx::can("whatever_ends_a_run_nothing_of_it_stays").then_some("nginx"));
    // A function and an agent are processes that stand still when they are killed with the rest.
    scenarios.extend(probe().into_iter().flat_map(|_| ["cold", "on-premises"]));
    for number in 0..9 {
        let scenario = scenarios[number % scenarios.len()];
        let mut under = UnderWay::start(directory.path(), scenario, &format!("killed-{number}"));
        // From the first networks to the measuring.
        under.watch(Duration::from_millis(random.random_range(30..2_000)));
        kill(under.pid(), Signal::SIGKILL).unwrap();
        under.child.wait().unwrap();
        assert_eq!(under.left(), Vec::<String>::new(), "after SIGKILL");
        parts += under.parts.len();
        pids.push(under.pid());
    }
    assert!(parts > 0, "every run was killed before it had a process");
    // The first moments of an agent, which is started by what the lab starts.
    for number in 0..if probe().is_some() { 6 } else { 0 } {
        let mut under = UnderWay::start(directory.path(), "on-premises", &format!("agent-{number}"));
        under.watch_for_further(Duration::from_secs(10));
        assert!(under.further > 0, "no agent was started");
        std::thread::sleep(Duration::from_micros(random.random_range(0..8_000)));
        kill(under.pid(), Signal::SIGKILL).unwrap();
        under.child.wait().unwrap();
        assert_eq!(under.left(), Vec::<String>::new(), "after SIGKILL of an agent's lab");
        pids.push(under.pid());
    }

    // Ctrl-C, and a terminal that is closed.
    let signals = scenarios.iter().map(|scenario| (*scenario, Signal::SIGINT)).chain([("all-at-once", Signal::SIGHUP)]);
    for (scenario, signal) in signals {
        let mut interrupted = UnderWay::start(directory.path(), scenario, &format!("{signal}-{scenario}"));
        interrupted.watch(Duration::from_secs(3));
        kill(interrupted.pid(), signal).unwrap();
        if signal == Signal::SIGHUP {
            // The shell says it, and the kernel again.
            let _ = kill(interrupted.pid(), signal);
        }
        let ended = interrupted.child.wait().unwrap();
        assert_eq!(ended.code(), Some(3), "{scenario}, after {signal}");
        assert_eq!(interrupted.left(), Vec::<String>::new(), "{scenario}, after {signal}");
        assert_eq!(traces(&[interrupted.pid()]), before, "{scenario}, after {signal}");
    }

    // What a killed run could not take with it goes with the next, also while nobody has asked how it ended.
    let mut unasked = UnderWay::start(directory.path(), "all-at-once", "unasked");
    unasked.watch(Duration::from_secs(2));
    kill(unasked.pid(), Signal::SIGKILL).unwrap();
    assert_eq!(unasked.left(), Vec::<String>::new(), "after SIGKILL");
    pids.push(unasked.pid());
    let next = run(directory.path(), &["lab", "run", "null", "--rounds", "2", "--out", "unasked"]);
    assert!(next.code == 0, "{}", next.err);
    assert_eq!(traces(&pids), before, "after the next run");
    assert_eq!(fs::read_dir(directory.path().join("unasked")).unwrap().count(), 3, "its own files");
    unasked.child.wait().unwrap();
}

#[test]
fn whatever_ends_a_score_nothing_of_its_runs_stays() {
    if !needs::root("whatever_ends_a_score_nothing_of_its_runs_stays") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let before = traces(&[]);
    let mut random = ChaCha8Rng::seed_from_u64(12);
    let (mut pids, mut parts) = (Vec::new(), 0);
    // Two beside each other, and one with a share of a processor after them; a few rounds make the runs change often.
    let words: Vec<&str> =
        "lab score --scenario null --scenario dns --scenario all-at-once --rounds 12".split(' ').collect();
    for _ in 0..4 {
        let mut under = UnderWay::of(directory.path(), &words);
        under.watch(Duration::from_millis(random.random_range(100..5_000)));
        kill(under.pid(), Signal::SIGKILL).unwrap();
        under.child.wait().unwrap();
        assert_eq!(under.left(), Vec::<String>::new(), "after SIGKILL");
        parts += under.parts.len();
        pids.push(under.pid());
    }
    assert!(parts > 0, "every score was killed before it had a process");
    let long: Vec<&str> = "lab score --scenario null --scenario all-at-once --rounds 2000".split(' ').collect();
    let mut interrupted = UnderWay::of(directory.path(), &long);
    interrupted.watch(Duration::from_secs(3));
    kill(interrupted.pid(), Signal::SIGINT).unwrap();
    assert_eq!(interrupted.child.wait().unwrap().code(), Some(3));
    assert_eq!(interrupted.left(), Vec::<String>::new(), "after Ctrl-C");
    assert_eq!(traces(&[interrupted.pid()]), before, "after Ctrl-C");
    let next = run(directory.path(), &["lab", "score", "--scenario", "null", "--rounds", "2"]);
    assert!(next.code < 2, "{}", next.err);
    assert_eq!(traces(&pids), before, "after the next score");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0, "a score leaves no file");
}

/// Set for the process in which a run panics: all that is left of it has that process's number.
const PANICS: &str = "PARALLAX_TEST_A_RUN_PANICS";

#[test]
fn a_run_that_panics_takes_everything_with_it() {
    let test = "a_run_that_panics_takes_everything_with_it";
    if env::var_os(PANICS).is_some() {
        let (scenario, vantage) = (Scenario::named("all-at-once").unwrap(), vantage());
        let mut heard = 0;
        let mut hear = |_: &_| {
            heard += 1;
            assert!(heard < 12, "this is the panic");
            Ok(())
        };
        let mut doing =
            Doing { rounds: 240, seed: 1, vantage: &vantage, probe: None, hear: &mut hear, stop: &|| false };
        made(&scenario, &mut doing).unwrap();
        return;
    }
    if !needs::root(test) {
        return;
    }
    let before = traces(&[]);
    let mut own = Command::new(env::current_exe().unwrap());
    own.args([&format!("lab_leftovers::{test}"), "--exact"])
        .env(PANICS, "1")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut panicking = UnderWay::spawned(&mut own);
    panicking.watch(Duration::from_millis(1_500));
    assert_eq!(panicking.child.wait().unwrap().code(), Some(101));
    assert!(!panicking.parts.is_empty(), "it had no process");
    assert_eq!(panicking.left(), Vec::<String>::new());
    assert_eq!(traces(&[panicking.pid()]), before);
}
