//! Names become addresses over real sockets, whatever the name server does.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RecordType;
use parallax::adapters::clock::Timeline;
use parallax::adapters::resolve::configuration::Configuration;
use parallax::adapters::resolve::error::LookupError;
use parallax::adapters::resolve::lookup;
use parallax::measurement::outcome::Cause;
use parallax::measurement::units::Micros;
use parallax::probe::target::{AddressFamily, Resolver};
use parallax::probe::transcript::Wait;

use crate::support::dns::{NameServer, Reply, addresses};
use crate::support::stamps;

const V4: &str = "192.0.2.7";
const V6: &str = "2001:db8::7";

fn both() -> Reply {
    Reply::Addresses(addresses(&[V4, V6]))
}

fn asking(servers: &[SocketAddr], text: &str) -> Configuration {
    let mut configuration = Configuration::parse(text, "192.0.2.99 in-the-file\n");
    configuration.servers = servers.to_vec();
    // Longer than any pause of a busy machine: a question is asked again only where that is the subject.
    configuration.timeout = Duration::from_secs(20);
    configuration
}

/// For servers that keep silent.
fn asking_briefly(servers: &[SocketAddr], text: &str) -> Configuration {
    let mut configuration = asking(servers, text);
    configuration.timeout = Duration::from_millis(400);
    configuration
}

struct Found {
    result: Result<Vec<IpAddr>, LookupError>,
    waits: Vec<Wait>,
    elapsed: Micros,
}

impl Found {
    fn cause(&self) -> Cause {
        self.result.as_ref().unwrap_err().cause
    }

    fn detail(&self) -> &str {
        &self.result.as_ref().unwrap_err().detail
    }
}

fn find_with(
    name: &str,
    family: AddressFamily,
    resolver: Resolver,
    configuration: &Configuration,
    limit: Duration,
) -> Found {
    stamps::held();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut waits = Vec::new();
    let timeline = Timeline::start();
    let result = runtime.block_on(async {
        let found = lookup(name, family, resolver, configuration, &timeline, &mut waits);
        tokio::time::timeout(limit, found).await.unwrap_or_else(|_| {
            Err(LookupError { cause: Cause::Other, detail: "the caller's own time limit".to_owned() })
        })
    });
    let elapsed = timeline.now();
    for pair in waits.windows(2) {
        assert!(pair[0].to <= pair[1].from, "waits overlap: {waits:?}");
    }
    assert!(waits.iter().all(|wait| wait.from <= wait.to && wait.to <= elapsed), "{waits:?}");
    Found { result, waits, elapsed }
}

fn find(name: &str, family: AddressFamily, configuration: &Configuration) -> Found {
    find_with(name, family, Resolver::Own, configuration, Duration::from_secs(20))
}

fn find_both(name: &str, configuration: &Configuration) -> Found {
    find(name, AddressFamily::Both, configuration)
}

#[test]
fn both_families_are_asked_for_at_once_and_ipv6_comes_first() {
    let server = NameServer::start(|_| vec![Reply::Addresses(addresses(&[V4, "192.0.2.8", V6]))]);
    let found = find_both("www.example", &asking(&[server.address], ""));
    assert_eq!(found.result.unwrap(), addresses(&[V6, V4, "192.0.2.8"]));
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn the_time_an_answer_takes_is_network_time_by_the_kernels_stamp() {
    let server = NameServer::start(|_| vec![Reply::Pause(Duration::from_millis(120)), both()]);
    let found = find_both("www.example", &asking(&[server.address], ""));
    found.result.unwrap();
    let network: Micros = found.waits.iter().map(|wait| wait.network().unwrap()).sum();
    assert!(
        network >= Micros(115_000) && network <= found.elapsed,
        "{network:?} of {:?}: {:?}",
        found.elapsed,
        found.waits
    );
}

#[test]
fn one_family_only_is_one_question_only() {
    let server = NameServer::start(|_| vec![both()]);
    let configuration = asking(&[server.address], "");
    assert_eq!(find("a.example", AddressFamily::Ipv4, &configuration).result.unwrap(), addresses(&[V4]));
    assert_eq!(find("a.example", AddressFamily::Ipv6, &configuration).result.unwrap(), addresses(&[V6]));
    assert_eq!(server.asked().iter().map(|asked| asked.kind).collect::<Vec<_>>(), [RecordType::A, RecordType::AAAA]);
}

#[test]
fn a_name_with_one_family_only_is_found() {
    for only in [V4, V6] {
        let server = NameServer::start(move |_| vec![Reply::Addresses(addresses(&[only]))]);
        assert_eq!(find_both("a.example", &asking(&[server.address], "")).result.unwrap(), addresses(&[only]));
    }
}

#[test]
fn an_alias_is_followed() {
    let server = NameServer::start(|_| vec![Reply::Alias("edge.example.", addresses(&[V4]))]);
    assert_eq!(find_both("www.example", &asking(&[server.address], "")).result.unwrap(), addresses(&[V4]));
}

#[test]
fn a_lost_question_is_asked_again() {
    let server = NameServer::start(|asked| if asked.earlier == 0 { vec![] } else { vec![both()] });
    let found = find_both("www.example", &asking_briefly(&[server.address], ""));
    assert_eq!(found.result.unwrap(), addresses(&[V6, V4]));
    assert_eq!(server.asked().len(), 4);
    assert!(found.elapsed >= Micros(400_000));
}

#[test]
fn only_the_question_without_an_answer_is_asked_again() {
    let server =
        NameServer::start(
            |asked| if asked.kind == RecordType::AAAA && asked.earlier == 0 { vec![] } else { vec![both()] },
        );
    assert_eq!(find_both("www.example", &asking_briefly(&[server.address], "")).result.unwrap(), addresses(&[V6, V4]));
    let kinds: Vec<_> = server.asked().into_iter().map(|asked| asked.kind).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == RecordType::A).count(), 1, "{kinds:?}");
}

#[test]
fn a_late_answer_to_the_first_try_is_good_in_the_second() {
    let server = NameServer::start(|asked| {
        if asked.earlier == 0 { vec![Reply::Pause(Duration::from_millis(600)), both()] } else { vec![] }
    });
    assert_eq!(find_both("www.example", &asking_briefly(&[server.address], "")).result.unwrap(), addresses(&[V6, V4]));
}

#[test]
fn one_family_that_is_never_answered_does_not_hide_the_other() {
    let server = NameServer::start(|asked| if asked.kind == RecordType::AAAA { vec![] } else { vec![both()] });
    let found = find_both("www.example", &asking_briefly(&[server.address], ""));
    assert_eq!(found.result.unwrap(), addresses(&[V4]));
}

#[test]
fn a_cut_off_answer_is_asked_for_again_over_tcp() {
    let server = NameServer::start(|asked| vec![if asked.over_tcp { both() } else { Reply::Truncated }]);
    let found = find_both("www.example", &asking(&[server.address], ""));
    assert_eq!(found.result.unwrap(), addresses(&[V6, V4]));
    assert_eq!(server.asked().iter().filter(|asked| asked.over_tcp).count(), 2);
}

#[test]
fn tcp_can_be_asked_for_from_the_start() {
    let server = NameServer::start(|_| vec![both()]);
    let found = find_both("www.example", &asking(&[server.address], "options use-vc"));
    assert_eq!(found.result.unwrap(), addresses(&[V6, V4]));
    assert!(server.asked().iter().all(|asked| asked.over_tcp));
}

#[test]
fn hostile_answers_over_tcp_are_a_failure_and_nothing_worse() {
    for bytes in [vec![], vec![0], vec![0, 0], vec![0xff, 0xff, 1, 2, 3], vec![0, 4, 1, 2, 3, 4], vec![7; 70_000]] {
        let hostile = bytes.clone();
        let server = NameServer::start(move |asked| {
            vec![if asked.over_tcp { Reply::Bytes(hostile.clone()) } else { Reply::Truncated }]
        });
        let found = find_both("www.example", &asking(&[server.address], ""));
        assert!(
            matches!(found.cause(), Cause::ResolverFailed | Cause::Timeout),
            "{:?}: {:?}",
            &bytes[..bytes.len().min(9)],
            found.result
        );
    }
}

#[test]
fn what_is_no_answer_to_the_question_is_passed_over() {
    let evil = || addresses(&["203.0.113.66", "2001:db8::66"]);
    let server = NameServer::start(move |_| {
        vec![
            Reply::Bytes(Vec::new()),
            Reply::Bytes(vec![0; 12]),
            Reply::Bytes(vec![0xff; 4_000]),
            Reply::Bytes(vec![0xc0; 20_000]),
            Reply::WrongId(evil()),
            Reply::Forged(evil()),
            Reply::Pause(Duration::from_millis(20)),
            both(),
            both(),
        ]
    });
    let found = find_both("www.example", &asking(&[server.address], ""));
    assert_eq!(found.result.unwrap(), addresses(&[V6, V4]));
    assert_eq!(server.asked().len(), 2, "nothing was asked twice");
}

#[test]
fn a_name_that_does_not_exist_is_told_from_one_without_an_address() {
    let server = NameServer::start(|_| vec![Reply::Code(ResponseCode::NXDomain)]);
    let found = find_both("nope.example", &asking(&[server.address], ""));
    assert_eq!((found.cause(), found.detail()), (Cause::NameNotFound, "nope.example does not exist"));
    let server = NameServer::start(|_| vec![Reply::Addresses(Vec::new())]);
    let found = find_both("mail.example", &asking(&[server.address], ""));
    assert_eq!((found.cause(), found.detail()), (Cause::NameNotFound, "mail.example has no IPv4 or IPv6 address"));
}

#[test]
fn a_server_with_an_error_is_left_for_the_next() {
    let broken = NameServer::start(|_| vec![Reply::Code(ResponseCode::ServFail)]);
    let good = NameServer::start(|_| vec![both()]);
    let started = Instant::now();
    let found = find_both("www.example", &asking(&[broken.address, good.address], ""));
    assert_eq!(found.result.unwrap(), addresses(&[V6, V4]));
    assert!(started.elapsed() < Duration::from_secs(15), "an error is not waited out");
    let found = find_both("www.example", &asking(&[broken.address], ""));
    assert_eq!(found.cause(), Cause::ResolverFailed);
    assert!(
        found.detail().contains(&broken.address.to_string()) && found.detail().contains("www.example"),
        "{}",
        found.detail()
    );
}

#[test]
fn a_silent_server_is_left_for_the_next() {
    let silent = NameServer::start(|_| vec![]);
    let good = NameServer::start(|_| vec![both()]);
    let found = find_both("www.example", &asking_briefly(&[silent.address, good.address], ""));
    assert_eq!(found.result.unwrap(), addresses(&[V6, V4]));
}

#[test]
fn silence_is_a_timeout_and_all_of_it_is_network_time() {
    let silent = NameServer::start(|_| vec![]);
    let found = find_both("www.example", &asking_briefly(&[silent.address], "search corp.example"));
    assert_eq!(found.cause(), Cause::Timeout);
    let network: Micros = found.waits.iter().map(|wait| wait.network().unwrap()).sum();
    assert!(network >= Micros(790_000) && found.elapsed >= network, "{network:?} of {:?}", found.elapsed);
    assert!(silent.asked().iter().all(|asked| asked.name == "www.example"), "the search list was asked in vain");
}

#[test]
fn a_closed_port_is_a_failed_resolver_at_once() {
    // Connected to itself it takes no other's question, and keeps the port from the name servers of other tests.
    let held = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let closed = held.local_addr().unwrap();
    held.connect(closed).unwrap();
    let found = find_both("www.example", &asking(&[closed], ""));
    assert_eq!(found.cause(), Cause::ResolverFailed);
    assert!(found.elapsed < Micros(15_000_000), "{:?}", found.elapsed);
}

#[test]
fn the_search_list_is_gone_through_in_order() {
    let server = NameServer::start(|asked| {
        vec![if asked.name == "www.b.example" { both() } else { Reply::Code(ResponseCode::NXDomain) }]
    });
    let configuration = asking(&[server.address], "search a.example b.example c.example");
    assert_eq!(find("www", AddressFamily::Ipv4, &configuration).result.unwrap(), addresses(&[V4]));
    assert_eq!(find("www.", AddressFamily::Ipv4, &configuration).cause(), Cause::NameNotFound);
    let names: Vec<_> = server.asked().into_iter().map(|asked| asked.name).collect();
    assert_eq!(names, ["www.a.example", "www.b.example", "www"]);
}

#[test]
fn what_needs_no_server_asks_none() {
    let server = NameServer::start(|_| vec![both()]);
    let configuration = asking(&[server.address], "");
    assert_eq!(find_both("in-the-file", &configuration).result.unwrap(), addresses(&["192.0.2.99"]));
    assert_eq!(find_both("localhost", &configuration).result.unwrap(), addresses(&["::1", "127.0.0.1"]));
    assert_eq!(find("x.localhost.", AddressFamily::Ipv4, &configuration).result.unwrap(), addresses(&["127.0.0.1"]));
    assert_eq!(find_both("192.0.2.55", &configuration).result.unwrap(), addresses(&["192.0.2.55"]));
    assert_eq!(find_both("[::1]", &configuration).result.unwrap(), addresses(&["::1"]));
    assert_eq!(find("192.0.2.55", AddressFamily::Ipv6, &configuration).cause(), Cause::NameNotFound);
    for no_name in ["", ".", "a..b", &"x".repeat(300), "\u{1b}[2J\n"] {
        let found = find_both(no_name, &configuration);
        assert_eq!(found.cause(), Cause::NameNotFound, "{no_name:?}");
        assert!(!found.detail().contains(char::is_control), "{}", found.detail());
    }
    assert_eq!(server.asked(), []);
}

#[test]
fn a_caller_who_gives_up_keeps_the_wait_he_was_in() {
    let silent = NameServer::start(|_| vec![]);
    let mut configuration = asking(&[silent.address], "");
    configuration.timeout = Duration::from_secs(20);
    let found =
        find_with("www.example", AddressFamily::Both, Resolver::Own, &configuration, Duration::from_millis(150));
    assert_eq!(found.cause(), Cause::Other);
    let network: Micros = found.waits.iter().map(|wait| wait.network().unwrap()).sum();
    assert!(network >= Micros(140_000), "{:?}", found.waits);
}

#[test]
fn each_server_gets_its_turn_when_told_to_rotate() {
    let servers: Vec<NameServer> = (0..3).map(|_| NameServer::start(|_| vec![both()])).collect();
    let places: Vec<SocketAddr> = servers.iter().map(|server| server.address).collect();
    let configuration = asking(&places, "options rotate");
    // All 40 at one and the same server: a chance of 3 in 3^40.
    for _ in 0..40 {
        find("www.example", AddressFamily::Ipv4, &configuration).result.unwrap();
    }
    assert!(servers.iter().filter(|server| !server.asked().is_empty()).count() > 1);
}

#[test]
fn one_question_at_a_time_where_the_configuration_says_so() {
    let server = NameServer::start(|_| vec![both()]);
    let found = find_both("www.example", &asking(&[server.address], "options single-request"));
    assert_eq!(found.result.unwrap(), addresses(&[V6, V4]));
    let server = NameServer::start(|_| vec![both()]);
    let found = find_both("www.example", &asking(&[server.address], "options no-aaaa"));
    assert_eq!((found.result.unwrap(), server.asked().len()), (addresses(&[V4]), 1));
}

#[test]
fn the_systems_resolver_is_one_wait_without_a_stamp() {
    let configuration = Configuration::parse("", "");
    let limit = Duration::from_secs(20);
    let found = find_with("localhost", AddressFamily::Both, Resolver::System, &configuration, limit);
    assert!(found.result.unwrap().iter().all(IpAddr::is_loopback));
    assert!(found.waits.len() == 1 && found.waits[0].arrived.is_none(), "{:?}", found.waits);
}
