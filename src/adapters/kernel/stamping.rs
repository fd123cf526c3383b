//! Stamps from the first packet on.
//!
//! Linux stamps packets for the whole machine, or not at all: it begins a moment after the first socket asks for stamps,
//! and ends when the last such socket closes. What arrives in that moment has none. A program that measures now and then
//! therefore holds one socket that asks, for as long as it runs.

use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use super::{enable_receive_stamps, receive};

/// A datagram over loopback that takes longer is lost.
const PATIENCE: Duration = Duration::from_millis(100);
/// The switch takes about a millisecond on an idle machine; together with [`PAUSE`] this waits a quarter of a second.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(5);

/// Keeps the kernel stamping until it is dropped.
#[derive(Debug)]
pub struct Stamping {
    _asks: UdpSocket,
}

impl Stamping {
    /// Asks for stamps, and waits until one is given.
    ///
    /// # Errors
    /// The platform has none, refuses, or gave none within a quarter of a second or so.
    pub fn hold() -> io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.connect(socket.local_addr()?)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        enable_receive_stamps(&socket)?;
        for _ in 0..TRIES {
            socket.send(b"?")?;
            if let Ok((_, Some(_))) = receive(&socket, &mut [0; 8]) {
                return Ok(Self { _asks: socket });
            }
            std::thread::sleep(PAUSE);
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, "the kernel took the option, and stamped nothing"))
    }
}

#[cfg(all(test, target_os = "linux"))]
pub(in crate::adapters) mod tests {
    use super::*;

    /// For tests, which have time: a machine at work for others may take longer to begin than a prober would wait.
    pub(in crate::adapters) fn held() -> Stamping {
        (0..100).find_map(|_| Stamping::hold().ok()).expect("a kernel that stamps")
    }

    #[test]
    fn while_it_is_held_every_packet_is_stamped() {
        let _held = held();
        for _ in 0..20 {
            let (one, other) = (UdpSocket::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
            enable_receive_stamps(&other).unwrap();
            one.send_to(b"!", other.local_addr().unwrap()).unwrap();
            assert!(receive(&other, &mut [0; 8]).unwrap().1.is_some());
        }
    }
}
