//! A Unix that tells none of this: bytes are read without a stamp, and every other answer is `None`.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};

use nix::sys::socket::{MsgFlags, recv};

use super::{Stamp, Switches, TcpFacts};
use crate::measurement::units::Micros;

/// Nothing to ask for.
///
/// # Errors
/// None.
pub fn enable_receive_stamps(_socket: &impl AsFd) -> io::Result<()> {
    Ok(())
}

/// One `recv`; the stamp is always absent.
///
/// # Errors
/// What `recv` says; `WouldBlock` where a non-blocking socket has nothing to read.
pub fn receive(socket: &impl AsFd, buffer: &mut [u8]) -> io::Result<(usize, Option<Stamp>)> {
    Ok((recv(socket.as_fd().as_raw_fd(), buffer, MsgFlags::empty())?, None))
}

/// The allocator is left as it is.
pub fn keep_freed_memory() {}

/// All threads are alike.
pub fn step_back() {}

/// Not told.
#[must_use]
pub fn consumed(_connections: &[(SocketAddr, SocketAddr)]) -> Option<u64> {
    None
}

/// Not told.
#[must_use]
pub fn tcp_facts_between(_own: SocketAddr, _peer: SocketAddr) -> Option<TcpFacts> {
    None
}

/// Not told.
#[must_use]
pub fn tcp_facts(_socket: &impl AsFd) -> Option<TcpFacts> {
    None
}

/// Not told.
#[must_use]
pub fn thread_cpu() -> Option<Micros> {
    None
}

/// Not told.
#[must_use]
pub fn run_delay() -> Option<Micros> {
    None
}

/// Not told.
#[must_use]
pub fn switches() -> Option<Switches> {
    None
}

/// Not told.
#[must_use]
pub fn steal() -> Option<Micros> {
    None
}
