//! Reading a socket together with the time its bytes came in.

use std::io::{self, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use nix::sys::socket::{ControlMessageOwned, MsgFlags, TimestampingFlag, recvmsg, setsockopt, sockopt};

use crate::adapters::kernel::Stamp;

/// Room for one `SCM_TIMESTAMPING` message (three timespecs), aligned as the kernel writes it, and some to spare.
#[repr(C, align(8))]
struct Control([u8; 128]);

/// Asks the kernel to stamp each packet of a TCP or UDP socket as it arrives, in software.
///
/// # Errors
/// What `setsockopt` says: the kernel was built without it, or the socket is closed.
pub fn enable_receive_stamps(socket: &impl AsFd) -> io::Result<()> {
    let flags = TimestampingFlag::SOF_TIMESTAMPING_RX_SOFTWARE | TimestampingFlag::SOF_TIMESTAMPING_SOFTWARE;
    Ok(setsockopt(socket, sockopt::Timestamping, &flags)?)
}

/// One `recvmsg`: how many bytes were read, and when the last packet among them arrived.
///
/// The stamp is absent where none was asked for and at the end of a stream. On TCP it is that of the packet that holds
/// the last byte read.
///
/// # Errors
/// What `recvmsg` says; `WouldBlock` where a non-blocking socket has nothing to read.
pub fn receive(socket: &impl AsFd, buffer: &mut [u8]) -> io::Result<(usize, Option<Stamp>)> {
    let mut control = Control([0; 128]);
    let mut parts = [IoSliceMut::new(buffer)];
    let fd = socket.as_fd().as_raw_fd();
    let message = recvmsg::<()>(fd, &mut parts, Some(&mut control.0), MsgFlags::empty())?;
    // The bytes count even where the stamp cannot be had.
    let stamp = message.cmsgs().ok().into_iter().flatten().find_map(|part| match part {
        ControlMessageOwned::ScmTimestampsns(stamps) => since_epoch(&stamps.system),
        _ => None,
    });
    Ok((message.bytes, stamp))
}

fn since_epoch(time: &nix::sys::time::TimeSpec) -> Option<Stamp> {
    let stamp = Duration::new(u64::try_from(time.tv_sec()).ok()?, u32::try_from(time.tv_nsec()).ok()?);
    // The kernel writes zero where it has no stamp.
    (!stamp.is_zero()).then_some(stamp)
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Write};
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::time::SystemTime;

    use super::*;
    use crate::adapters::kernel::stamping::tests::held;

    fn age(stamp: Stamp) -> Duration {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().saturating_sub(stamp)
    }

    #[test]
    fn bytes_come_with_the_time_they_arrived_and_the_end_with_none() {
        let _held = held();
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(server.local_addr().unwrap()).unwrap();
        enable_receive_stamps(&client).unwrap();
        let (mut peer, _) = server.accept().unwrap();
        let mut buffer = [0; 16];
        peer.write_all(b"late").unwrap();
        let (length, stamp) = receive(&client, &mut buffer).unwrap();
        assert_eq!(&buffer[..length], b"late");
        assert!(age(stamp.unwrap()) < Duration::from_secs(30), "{stamp:?}");
        client.set_nonblocking(true).unwrap();
        assert_eq!(receive(&client, &mut buffer).unwrap_err().kind(), ErrorKind::WouldBlock);
        client.set_nonblocking(false).unwrap();
        drop(peer);
        assert_eq!(receive(&client, &mut buffer).unwrap(), (0, None));
    }

    #[test]
    fn datagrams_are_stamped_too() {
        let _held = held();
        let (one, other) = (UdpSocket::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
        enable_receive_stamps(&other).unwrap();
        one.send_to(b"question", other.local_addr().unwrap()).unwrap();
        let (length, stamp) = receive(&other, &mut [0; 16]).unwrap();
        assert_eq!(length, 8);
        assert!(age(stamp.unwrap()) < Duration::from_secs(30));
    }
}
