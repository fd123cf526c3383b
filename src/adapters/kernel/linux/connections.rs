//! What the kernel knows of a connection, for whoever does not hold its socket: facts, and how much of it was read.

use std::fs;
use std::mem::ManuallyDrop;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsRawFd, FromRawFd, RawFd};

use super::tcp::{bytes_received, tcp_facts};
use crate::adapters::kernel::TcpFacts;

/// Bytes that this process has read from those of its connections that have these addresses, their own and their
/// peer's, since they were made; `None` where none of them is open, or the kernel does not say.
#[must_use]
pub fn consumed(connections: &[(SocketAddr, SocketAddr)]) -> Option<u64> {
    open(connections)
        .filter_map(|socket| bytes_received(&*socket)?.checked_sub(unread(&socket)?))
        .reduce(u64::saturating_add)
}

/// What `TCP_INFO` says of this process's connection between these addresses, its own and its peer's; `None` where it is
/// not open any more.
#[must_use]
pub fn tcp_facts_between(own: SocketAddr, peer: SocketAddr) -> Option<TcpFacts> {
    open(&[(own, peer)]).find_map(|socket| tcp_facts(&*socket))
}

/// The sockets of this process that connect these addresses.
fn open(connections: &[(SocketAddr, SocketAddr)]) -> impl Iterator<Item = ManuallyDrop<TcpStream>> {
    let files = fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let numbers = files.filter_map(|entry| entry.file_name().to_str()?.parse::<RawFd>().ok());
    numbers.filter_map(move |number| connecting(number, connections))
}

fn connecting(number: RawFd, connections: &[(SocketAddr, SocketAddr)]) -> Option<ManuallyDrop<TcpStream>> {
    // SAFETY: nothing is read from it, written to it or closed. Another thread may close it meanwhile: then these calls
    // fail, or tell of another descriptor, which does not have the addresses that are asked for.
    let socket = ManuallyDrop::new(unsafe { TcpStream::from_raw_fd(number) });
    let (own, peer) = (socket.local_addr().ok()?, socket.peer_addr().ok()?);
    let same = |one: SocketAddr, other: SocketAddr| (one.ip(), one.port()) == (other.ip(), other.port());
    connections.iter().find(|asked| same(asked.0, own) && same(asked.1, peer))?;
    Some(socket)
}

/// Bytes that wait to be read.
fn unread(socket: &TcpStream) -> Option<u64> {
    let mut count: libc::c_int = 0;
    // SAFETY: the request writes one integer, which outlives the call.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), libc::FIONREAD, &raw mut count) };
    (result == 0).then(|| u64::try_from(count).ok())?
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn what_was_read_counts_and_what_waits_or_came_elsewhere_does_not() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let pair = || {
            let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            (client, listener.accept().unwrap().0)
        };
        let ((mut client, mut server), (mut other, mut others)) = (pair(), pair());
        let asked = [(client.local_addr().unwrap(), client.peer_addr().unwrap())];
        server.write_all(&[1; 1_000]).unwrap();
        others.write_all(&[1; 1_000]).unwrap();
        other.read_exact(&mut [0; 1_000]).unwrap();
        client.read_exact(&mut [0; 300]).unwrap();
        assert_eq!(consumed(&asked), Some(300));
        client.read_exact(&mut [0; 700]).unwrap();
        assert_eq!(consumed(&asked), Some(1_000));
        assert_eq!(consumed(&[]), None);
        let [(own, peer)] = asked;
        assert!(tcp_facts_between(own, peer).unwrap().min_rtt.is_some());
        assert_eq!(tcp_facts_between(peer, own).is_some(), tcp_facts(&server).is_some());
        drop(client);
        assert_eq!(consumed(&asked), None);
        assert_eq!(tcp_facts_between(own, peer), None);
    }
}
