//! Network time apart from local time.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use super::*;

/// A server of one connection, written out step by step on a thread of its own.
fn once(serve: impl FnOnce(&mut std::net::TcpStream) -> std::io::Result<()> + Send + 'static) -> (Url, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_nodelay(true).unwrap();
        let _ = serve(&mut stream);
    });
    (url, thread)
}

/// What must be seen in one of a few runs: where others keep the server from the processor, it is late like any server.
fn at_last(seen: impl FnMut() -> bool) {
    assert!(std::iter::repeat_with(seen).take(10).any(|seen| seen));
}

fn network(hop: &Hop, phase: Phase) -> Micros {
    hop.phases.get(phase).unwrap().network_us.unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn a_server_that_takes_its_time_is_network_time_of_the_wait() {
    for site in [HTTP.start(), HTTPS.start(), Site { http2: false, ..HTTPS }.start()] {
        at_last(|| {
            let seen = measured(&target(site.url("/slow?ms=150")));
            let hop = last(&seen).0;
            assert!(network(hop, Phase::Wait) >= Micros(110_000), "{hop:#?}");
            let others = [Phase::Connect, Phase::Send, Phase::Receive];
            others.iter().all(|other| network(hop, *other) < Micros(100_000))
        });
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_body_that_comes_in_pieces_is_network_time_of_receive_and_comes_in_bursts() {
    at_last(|| {
        let (url, server) = once(|stream| {
            let _ = stream.read(&mut [0; 4096])?;
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n")?;
            for _ in 0..3 {
                // The pause is what is measured, not a way to be in time.
                std::thread::sleep(Duration::from_millis(60));
                stream.write_all(b"ten bytes.")?;
            }
            Ok(())
        });
        let seen = measured(&target(url));
        server.join().unwrap();
        let (hop, response) = last(&seen);
        assert!(network(hop, Phase::Receive) >= Micros(170_000), "{hop:#?}");
        assert_eq!(response.arrival_bursts, Some(4));
        network(hop, Phase::Wait) < Micros(100_000)
    });
}

/// A relay that carries what comes back in long pieces, each after a pause in its midst.
fn halting(server: SocketAddr, pause: Duration) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut server = TcpStream::connect(server).unwrap();
        client.set_nodelay(true).unwrap();
        let (mut from_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        std::thread::spawn(move || std::io::copy(&mut from_client, &mut to_server));
        let mut bytes = vec![0; 65_536];
        while let Ok(length @ 1..) = server.read(&mut bytes) {
            // A handshake is shorter.
            let (first, rest) = bytes[..length].split_at(if length > 8_000 { 4_000 } else { length });
            let _ = client.write_all(first);
            if !rest.is_empty() {
                std::thread::sleep(pause);
                let _ = client.write_all(rest);
            }
        }
    });
    address
}

#[test]
#[cfg(target_os = "linux")]
fn a_header_in_a_record_that_comes_in_two_flights_tells_when_the_first_came() {
    let site = Site { http2: false, ..HTTPS }.start();
    at_last(|| {
        let mut url = site.url("/page?bytes=12000");
        let whole = measured(&target(url.clone()));
        let relay = halting(site.address, Duration::from_millis(80));
        url.set_port(Some(relay.port())).unwrap();
        let halted = measured(&target(url));
        let (hop, response) = last(&halted);
        assert!(network(hop, Phase::Wait) >= Micros(75_000), "{hop:#?}");
        let wire = hop.on_wire.unwrap();
        let record = wire.first_packet_us.map(|first| wire.first_byte_us.saturating_sub(first));
        // Packets of one flight can be stamped a moment apart, and the thread that serves can be late.
        let at_once = |seen: &Observation| {
            let (hop, response) = last(seen);
            let wire = hop.on_wire.unwrap();
            wire.first_packet_us.is_none_or(|first| wire.first_byte_us < first + Micros(50_000))
                && response.arrival_bursts.is_some()
        };
        at_once(&whole) && record.is_some_and(|record| record >= Micros(75_000)) && response.arrival_bursts >= Some(2)
    });
}

#[test]
#[cfg(target_os = "linux")]
fn session_tickets_and_settings_do_not_end_the_wait() {
    // Both come at once over TLS 1.3 and HTTP/2, and the page only after the pause.
    let site = HTTPS.start();
    at_last(|| {
        let seen = measured(&target(site.url("/slow?ms=120")));
        let (hop, response) = last(&seen);
        assert_eq!(response.http_version.as_deref(), Some("2"));
        assert!(hop.phases.wait.unwrap().elapsed_us >= Micros(115_000), "{hop:#?}");
        hop.phases.receive.unwrap().elapsed_us < Micros(100_000)
    });
}

static BUSY: AtomicBool = AtomicBool::new(false);

/// Keeps whatever thread it interrupts from its work for 250 ms.
extern "C" fn be_busy(_signal: libc::c_int) {
    BUSY.store(true, Ordering::SeqCst);
    let pause = libc::timespec { tv_sec: 0, tv_nsec: 250_000_000 };
    // SAFETY: `nanosleep` may be called from a signal handler; the pointer is to a local value, and null is allowed.
    unsafe { libc::nanosleep(&raw const pause, std::ptr::null_mut()) };
}

#[test]
#[cfg(target_os = "linux")]
fn what_lay_unread_while_our_thread_was_busy_is_local() {
    use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
    let action = SigAction::new(SigHandler::Handler(be_busy), SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: the handler touches nothing but an atomic and calls only `nanosleep`.
    unsafe { sigaction(Signal::SIGUSR1, &action) }.unwrap();
    // SAFETY: asks for the caller's own handle, and cannot fail.
    let measuring = unsafe { libc::pthread_self() };
    let (url, server) = once(move |stream| {
        let _ = stream.read(&mut [0; 4096])?;
        // SAFETY: the thread is alive: it waits for the answer that comes after this.
        assert_eq!(unsafe { libc::pthread_kill(measuring, libc::SIGUSR1) }, 0);
        while !BUSY.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    });
    let seen = measured(&target(url));
    server.join().unwrap();
    let hop = last(&seen).0;
    // The signal may come before our thread has noted that the request is sent.
    let asking = [hop.phases.send.unwrap(), hop.phases.wait.unwrap()];
    let local: Micros = asking.iter().filter_map(|phase| phase.local_us()).sum();
    assert!(local >= Micros(150_000), "{hop:#?}");
    assert!(seen.local.largest_stall_us.unwrap() >= Micros(150_000), "{:?}", seen.local);
}

#[test]
fn an_ipv6_address_is_asked_as_it_stands() {
    let site = Site { ip: IpAddr::V6(Ipv6Addr::LOCALHOST), ..HTTPS }.start();
    let seen = measured(&target(site.url("/page")));
    let connection = last(&seen).0.connection.clone().unwrap();
    assert_eq!(connection.family, Some(parallax::measurement::hop::Family::Ipv6));
    assert_eq!(connection.peer, site.address.to_string());
    assert_eq!(connection.fallback, None);
}
