//! TCP to the first address that answers: happy eyeballs (RFC 8305) with curl's 200 ms between attempts.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant as Deadline, sleep_until};

use super::failure::Broken;
use super::journal::Journal;
use crate::adapters::kernel::{self, TcpFacts};
use crate::measurement::hop::Fallback;
use crate::measurement::outcome::Cause;
use crate::probe::transcript::{Instant, Wait};

/// How long an attempt has the field to itself.
const ATTEMPT_DELAY: Duration = Duration::from_millis(200);

/// A connection, and how it came about.
pub(super) struct Connected {
    pub(super) socket: Rc<TcpStream>,
    pub(super) peer: SocketAddr,
    pub(super) fallback: Option<Fallback>,
    /// When the connection stood: the end of the phase where nothing follows.
    pub(super) at: Instant,
    /// `TCP_INFO` right after the handshake.
    pub(super) after_handshake: Option<TcpFacts>,
}

struct Attempt {
    address: SocketAddr,
    started: Instant,
    failed: Option<io::Error>,
}

/// Connects to the first of `addresses`, in their order, that answers.
///
/// The wait for the winner is noted with the handshake's round trip in place of a receive stamp. Before it lies whatever
/// the losers cost, which is the network's time whole: nothing had come. So it is where the winner's SYN had to be sent
/// again, because its round trip then leaves the lost one out.
pub(super) async fn connect(addresses: &[IpAddr], port: u16, journal: &Journal) -> Result<Connected, Broken> {
    let mut attempts: Vec<Attempt> = Vec::with_capacity(addresses.len());
    let mut running = FuturesUnordered::new();
    let mut left = addresses.iter().map(|address| SocketAddr::new(*address, port));
    let mut next_at = Deadline::now();
    loop {
        if running.is_empty() || Deadline::now() >= next_at {
            match left.next() {
                Some(address) => {
                    let (index, started) = (attempts.len(), journal.now());
                    attempts.push(Attempt { address, started, failed: None });
                    running.push(async move { (index, open(address, journal).await) });
                    next_at = Deadline::now() + ATTEMPT_DELAY;
                }
                None if running.is_empty() => return Err(all_failed(&attempts, journal)),
                None => {}
            }
        }
        let more_left = left.len() > 0;
        let (index, result) = tokio::select! {
            biased;
            Some(done) = running.next(), if !running.is_empty() => done,
            () = sleep_until(next_at), if more_left => continue,
        };
        match result {
            Ok((socket, departed)) => {
                let connected = won(socket, index, &attempts, journal);
                journal.departed(departed);
                return Ok(connected);
            }
            Err(error) => {
                attempts[index].failed = Some(error);
                next_at = Deadline::now();
            }
        }
    }
}

/// A connection, and the instant just before its SYN.
async fn open(address: SocketAddr, journal: &Journal) -> io::Result<(TcpStream, Instant)> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_nodelay(true)?;
    // Without stamps the measurement goes on and says less.
    let _ = kernel::enable_receive_stamps(&socket);
    let departed = journal.now();
    Ok((socket.connect(address).await?, departed))
}

fn won(socket: TcpStream, index: usize, attempts: &[Attempt], journal: &Journal) -> Connected {
    let at = journal.now();
    let after_handshake = kernel::tcp_facts(&socket);
    let (first, winner) = (&attempts[0], &attempts[index]);
    if winner.started > first.started {
        let arrived = kernel::HAS_RECEIVE_STAMPS.then_some(winner.started);
        journal.wait(Wait { from: first.started, to: winner.started, arrived });
    }
    let arrived = after_handshake.and_then(|facts| match facts.retransmits {
        Some(again) if again > 0 => Some(at),
        _ => facts.rtt.map(|rtt| winner.started + rtt),
    });
    journal.wait(Wait { from: winner.started, to: at, arrived });
    let fallback = (index > 0).then(|| Fallback {
        from: first.address.ip().to_string(),
        after_us: winner.started.saturating_sub(first.started),
        reason: reason(first.failed.as_ref()).to_owned(),
    });
    Connected { socket: Rc::new(socket), peer: winner.address, fallback, at, after_handshake }
}

fn reason(failed: Option<&io::Error>) -> &'static str {
    match failed.map(io::Error::kind) {
        None | Some(ErrorKind::TimedOut) => "slow",
        Some(ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset) => "refused",
        Some(_) => "unreachable",
    }
}

fn all_failed(attempts: &[Attempt], journal: &Journal) -> Broken {
    note_fruitless(attempts.first().map(|attempt| attempt.started), journal);
    let said = attempts
        .iter()
        .filter_map(|attempt| attempt.failed.as_ref().map(|error| format!("{}: {}", attempt.address, plain(error))));
    let detail = said.collect::<Vec<_>>().join("; ");
    match attempts.iter().rev().find_map(|attempt| attempt.failed.as_ref()) {
        Some(error) => Broken::of_connect(error, detail),
        None => Broken::new(Cause::NameNotFound, "there is no address to connect to"),
    }
}

/// A connection that did not come about: nothing came but a refusal, which has no stamp.
pub(super) fn note_fruitless(from: Option<Instant>, journal: &Journal) {
    if let Some(from) = from {
        let to = journal.now();
        journal.wait(Wait { from, to, arrived: kernel::HAS_RECEIVE_STAMPS.then_some(to) });
    }
}

/// The error without its number.
fn plain(error: &io::Error) -> String {
    let words = error.to_string();
    words.split_once(" (os error").map_or(words.clone(), |(words, _)| words.to_owned())
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};

    use super::*;
    use crate::measurement::units::Micros;

    fn connected(addresses: &[IpAddr], port: u16) -> (Result<Connected, Broken>, Vec<Wait>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let journal = Journal::start();
        let result = runtime.block_on(connect(addresses, port, &journal));
        (result, journal.end_hop().transcript.waits)
    }

    fn listener(address: impl Into<IpAddr>, port: u16) -> TcpListener {
        TcpListener::bind(SocketAddr::new(address.into(), port)).unwrap()
    }

    const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
    const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn a_dead_family_is_given_up_at_once_for_the_other() {
        let server = listener(V4, 0);
        // A machine that is busy with others may take a while to say so, but not every time.
        let at_once = (0..20).any(|_| {
            let (connected, waits) = connected(&[V6, V4], server.local_addr().unwrap().port());
            let connected = connected.unwrap_or_else(|broken| panic!("{broken:?}"));
            assert_eq!(connected.peer, server.local_addr().unwrap());
            assert!(waits.iter().all(|wait| wait.to <= connected.at));
            let fallback = connected.fallback.unwrap();
            assert_eq!(fallback.from, "::1");
            // A machine without IPv6 has no route there.
            ["refused", "unreachable"].contains(&fallback.reason.as_str()) && fallback.after_us < Micros(150_000)
        });
        assert!(at_once);
    }

    #[test]
    fn the_first_address_that_answers_needs_no_fallback() {
        let server = listener(V4, 0);
        let (connected, _) = connected(&[V4, V6], server.local_addr().unwrap().port());
        assert_eq!(connected.unwrap_or_else(|broken| panic!("{broken:?}")).fallback, None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_silent_address_is_given_up_after_a_while() {
        // All of 127/8 is loopback; a listener whose queue is full drops what comes.
        let silent = Ipv4Addr::new(127, 0, 0, 2);
        let server = listener(V4, 0);
        let port = server.local_addr().unwrap().port();
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((silent, port)).into()).unwrap();
        socket.listen(0).unwrap();
        let fill: Vec<_> = (0..4)
            .map(|_| {
                let client = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
                client.set_nonblocking(true).unwrap();
                let _ = client.connect(&SocketAddr::from((silent, port)).into());
                client
            })
            .collect();
        let (connected, waits) = connected(&[silent.into(), V4], port);
        let connected = connected.unwrap_or_else(|broken| panic!("{broken:?}"));
        drop(fill);
        let fallback = connected.fallback.unwrap();
        assert_eq!((fallback.from.as_str(), fallback.reason.as_str()), ("127.0.0.2", "slow"));
        assert!(fallback.after_us >= Micros(199_000) && fallback.after_us < Micros(5_000_000), "{fallback:?}");
        assert!(waits[0].network().unwrap() >= Micros(199_000), "{waits:?}");
    }

    #[test]
    fn when_all_fail_each_is_named() {
        let closed = listener(V4, 0).local_addr().unwrap().port();
        let (connected, _) = connected(&[V6, V4], closed);
        let broken = connected.err().unwrap();
        assert_eq!(broken.cause, Cause::ConnectionRefused);
        assert!(broken.detail.contains("[::1]:") && broken.detail.contains("127.0.0.1:"), "{broken:?}");
    }
}
