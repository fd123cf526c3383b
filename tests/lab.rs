//! What the laboratory injects is really there.

use std::fs;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
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
