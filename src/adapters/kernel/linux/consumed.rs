//! How much of what came over a connection has been read, for whoever does not hold its socket.

use std::fs;
use std::mem::ManuallyDrop;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsRawFd, FromRawFd, RawFd};

use super::tcp::bytes_received;

/// Bytes that this process has read from those of its connections that have these addresses, their own and their
/// peer's, since they were made; `None` where none of them is open, or the kernel does not say.
#[must_use]
pub fn consumed(connections: &[(SocketAddr, SocketAddr)]) -> Option<u64> {
    let open = fs::read_dir("/proc/self/fd").ok()?.flatten();
    let numbers = open.filter_map(|entry| entry.file_name().to_str()?.parse::<RawFd>().ok());
    numbers.filter_map(|number| of(number, connections)).reduce(u64::saturating_add)
}

fn of(number: RawFd, connections: &[(SocketAddr, SocketAddr)]) -> Option<u64> {
    // SAFETY: nothing is read from it, written to it or closed. Another thread may close it meanwhile: then these calls
    // fail, or tell of another descriptor, which does not have the addresses that are asked for.
    let socket = ManuallyDrop::new(unsafe { TcpStream::from_raw_fd(number) });
    let (own, peer) = (socket.local_addr().ok()?, socket.peer_addr().ok()?);
    let same = |one: SocketAddr, other: SocketAddr| (one.ip(), one.port()) == (other.ip(), other.port());
    connections.iter().find(|asked| same(asked.0, own) && same(asked.1, peer))?;
    bytes_received(&*socket)?.checked_sub(unread(&socket)?)
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
        drop(client);
        assert_eq!(consumed(&asked), None);
    }
}
