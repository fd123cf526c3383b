//! The kernel begins to stamp packets with the first socket that asks for it, and only a moment later.

use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use crate::adapters::kernel;

/// Milliseconds in which stamps have come or will not.
const TRIES: u32 = 50;

/// Two ends of a connection of our own, for as long as which stamping stays on.
pub(super) struct Stamping {
    _ends: Option<(TcpStream, TcpStream)>,
}

impl Stamping {
    /// Turns stamping on and waits until it is; goes on without where it cannot be had.
    pub(super) fn on() -> Self {
        Self { _ends: if kernel::HAS_RECEIVE_STAMPS { ends().ok() } else { None } }
    }
}

fn ends() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let reader = TcpStream::connect(listener.local_addr()?)?;
    let (mut writer, _) = listener.accept()?;
    kernel::enable_receive_stamps(&reader)?;
    reader.set_read_timeout(Some(Duration::from_secs(1)))?;
    for _ in 0..TRIES {
        writer.write_all(&[0])?;
        if kernel::receive(&reader, &mut [0])?.1.is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok((reader, writer))
}
