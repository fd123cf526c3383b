//! What the laboratory injects is really there.

use std::fs;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use parallax::adapters::kernel;
use parallax::lab::cpu_share::CpuShare;
use parallax::lab::delaybox::{DelayBox, FAR};
use parallax::lab::namespace::Namespace;

use crate::support::needs;

const ONE_WAY: Duration = Duration::from_millis(5);

#[test]
fn a_round_trip_takes_twice_what_the_box_holds_each_packet_for() {
    if !needs::root("a_round_trip_takes_twice_what_the_box_holds_each_packet_for") {
        return;
    }
    let (near, far) = (Namespace::create().unwrap(), Namespace::create().unwrap());
    let delaybox = DelayBox::between(&near, &far, ONE_WAY).unwrap();
    let listener = far.inside(|| TcpListener::bind((FAR, 0))).unwrap().unwrap();
    let client = near.inside(|| TcpStream::connect(listener.local_addr().unwrap())).unwrap().unwrap();
    let round_trip = Duration::from(kernel::tcp_facts(&client).unwrap().rtt.unwrap());
    client.shutdown(Shutdown::Both).unwrap();
    let account = delaybox.finish();
    assert!(round_trip >= 2 * ONE_WAY, "{round_trip:?}");
    assert!(account.passages.iter().all(|passage| passage.held >= ONE_WAY), "{account:?}");
    assert!(account.passages.iter().any(|passage| passage.outward), "{account:?}");
    assert!(account.passages.iter().any(|passage| !passage.outward), "{account:?}");
    assert_eq!(account.lost, 0);
}

#[test]
fn networks_of_our_own_do_not_see_each_other() {
    if !needs::root("networks_of_our_own_do_not_see_each_other") {
        return;
    }
    let (one, other) = (Namespace::create().unwrap(), Namespace::create().unwrap());
    let listener = one.inside(|| TcpListener::bind("127.0.0.1:0")).unwrap().unwrap();
    let address = listener.local_addr().unwrap();
    assert!(one.inside(|| TcpStream::connect(address)).unwrap().is_ok());
    assert!(other.inside(|| TcpStream::connect(address)).unwrap().is_err());
}

#[test]
fn a_share_is_felt_and_leaves_nothing_behind() {
    if !needs::root("a_share_is_felt_and_leaves_nothing_behind") {
        return;
    }
    let share = CpuShare::create(Duration::from_millis(2), Duration::from_millis(20)).unwrap();
    let folder = share.folder().to_owned();
    let killed = folder.with_file_name("parallax-share-4194305-0");
    fs::create_dir_all(&killed).unwrap();
    assert_eq!(share.throttled().unwrap().periods, 0);
    let mut busy = share.command(Path::new("sh"));
    assert!(busy.args(["-c", "i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done"]).status().unwrap().success());
    let felt = share.throttled().unwrap();
    assert!(felt.periods > 0 && felt.time > Duration::ZERO, "{felt:?}");
    let second = CpuShare::create(Duration::from_millis(2), Duration::from_millis(20)).unwrap();
    assert!(!killed.exists(), "what a killed run left is removed by the next");
    drop((share, second));
    assert!(!folder.exists());
}

/// A shell that only counts, on the first processor; until it is killed.
fn counts(mut command: Command) -> Child {
    command.args(["-c", "0", "sh", "-c", "while :; do :; done"]).spawn().unwrap()
}

/// Processor time that it had, by the scheduler.
fn ran(process: &Child) -> Duration {
    let told = fs::read_to_string(format!("/proc/{}/schedstat", process.id())).unwrap();
    Duration::from_nanos(told.split_whitespace().next().unwrap().parse().unwrap())
}

#[test]
fn a_group_without_a_quota_goes_before_a_neighbour_and_leaves_nothing_behind() {
    if !needs::root("a_group_without_a_quota_goes_before_a_neighbour_and_leaves_nothing_behind") {
        return;
    }
    let share = CpuShare::whole().unwrap();
    let folder = share.folder().to_owned();
    // Of the usual weight; a run that is killed leaves it to the next one like its own.
    let usual = folder.with_file_name(format!("parallax-share-{}-usual", std::process::id()));
    fs::create_dir(&usual).unwrap();
    let mut neighbour = Command::new("sh");
    neighbour.args(["-c", "echo $$ > \"$0\"/cgroup.procs && exec \"$@\""]).arg(&usual).arg("taskset");
    let mut both = [counts(share.command(Path::new("taskset"))), counts(neighbour)];
    std::thread::sleep(Duration::from_millis(100));
    let before = [ran(&both[0]), ran(&both[1])];
    std::thread::sleep(Duration::from_millis(300));
    let [first, other] = [0, 1].map(|at| ran(&both[at]).saturating_sub(before[at]));
    for process in &mut both {
        process.kill().unwrap();
        process.wait().unwrap();
    }
    fs::remove_dir(&usual).unwrap();
    assert!(first > 4 * other, "{first:?} beside {other:?}");
    assert!(first > Duration::ZERO && !share.has_quota() && share.throttled().is_ok_and(|felt| felt.periods == 0));
    drop(share);
    assert!(!folder.exists());
}
