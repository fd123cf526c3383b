//! A TUN device: packets the kernel sends come out of a file, and what is written to it the kernel receives.

use std::fs::{File, OpenOptions};
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;

use super::{DEVICE, DelayError};
use crate::lab::namespace::Namespace;

/// Makes [`DEVICE`] in a namespace, gives it an address and the way to its peer, and returns its file, non-blocking.
pub(super) fn open(namespace: &Namespace, own: Ipv4Addr, peer: Ipv4Addr) -> Result<File, DelayError> {
    let file = namespace.inside(make)?.map_err(|reason| DelayError::Io { what: "make a TUN device", reason })?;
    namespace.ip(&format!("addr add {own} peer {peer} dev {DEVICE}"))?;
    namespace.ip(&format!("link set {DEVICE} mtu 1500 txqueuelen 5000 up"))?;
    Ok(file)
}

fn make() -> io::Result<File> {
    let file = OpenOptions::new().read(true).write(true).custom_flags(libc::O_NONBLOCK).open("/dev/net/tun")?;
    // SAFETY: all zeroes is a valid value of this C structure of integers and bytes.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (place, letter) in request.ifr_name.iter_mut().zip(DEVICE.bytes()) {
        *place = letter.cast_signed();
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_TUN | libc::IFF_NO_PI) as libc::c_short;
    // SAFETY: the descriptor is open, and TUNSETIFF reads and writes one `ifreq`, which outlives the call.
    match unsafe { libc::ioctl(file.as_raw_fd(), libc::TUNSETIFF, &raw mut request) } {
        0 => Ok(file),
        _ => Err(io::Error::last_os_error()),
    }
}
