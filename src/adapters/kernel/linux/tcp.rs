//! `TCP_INFO`.

use std::mem::{offset_of, size_of};
use std::os::fd::{AsFd, AsRawFd};

use crate::adapters::kernel::TcpFacts;
use crate::measurement::units::Micros;

/// `struct tcp_info` of `linux/tcp.h`, as far as we read it. The kernel fills in as much as it has or as fits.
#[repr(C)]
#[derive(Default)]
struct TcpInfo {
    states_and_flags: [u8; 8],
    rto: u32,
    ato: u32,
    snd_mss: u32,
    /// `rcv_mss` … `rcv_ssthresh`.
    queues_and_ages: [u32; 12],
    rtt: u32,
    /// `rttvar` … `rcv_space`.
    windows: [u32; 7],
    total_retrans: u32,
    /// `pacing_rate`, `max_pacing_rate`, `bytes_acked`.
    rates: [u64; 3],
    bytes_received: u64,
    segs_out: u32,
    segs_in: u32,
    notsent_bytes: u32,
    min_rtt: u32,
    /// `data_segs_in`, `data_segs_out`.
    segments_of_data: [u32; 2],
    /// `delivery_rate` … `sndbuf_limited`.
    limits: [u64; 4],
    /// `delivered`, `delivered_ce`.
    delivered: [u32; 2],
    /// `bytes_sent`, `bytes_retrans`.
    bytes: [u64; 2],
    /// `dsack_dups`, `reord_seen`.
    order_of_ours: [u32; 2],
    rcv_ooopack: u32,
}

/// What the kernel knows of a TCP connection; `None` where it does not say, or the socket is no TCP socket.
#[must_use]
pub fn tcp_facts(socket: &impl AsFd) -> Option<TcpFacts> {
    told(socket).map(|(info, length)| facts(&info, length))
}

/// Bytes that came since the connection was made, read or not.
pub(super) fn bytes_received(socket: &impl AsFd) -> Option<u64> {
    let (info, length) = told(socket)?;
    (offset_of!(TcpInfo, bytes_received) + size_of::<u64>() <= length).then_some(info.bytes_received)
}

/// What the kernel wrote, and how many bytes of it.
fn told(socket: &impl AsFd) -> Option<(TcpInfo, usize)> {
    let mut info = TcpInfo::default();
    let mut length = libc::socklen_t::try_from(size_of::<TcpInfo>()).ok()?;
    // SAFETY: the descriptor is open for as long as `socket` is borrowed; `info` is plain integers for which every bit
    // pattern is valid, and `length` is its size, beyond which the kernel does not write.
    let result = unsafe {
        libc::getsockopt(
            socket.as_fd().as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            std::ptr::from_mut(&mut info).cast(),
            &raw mut length,
        )
    };
    (result == 0).then(|| (info, usize::try_from(length).unwrap_or(0)))
}

/// Only the fields that lie within what the kernel wrote.
fn facts(info: &TcpInfo, length: usize) -> TcpFacts {
    let field = |offset: usize, value: u32| (offset + size_of::<u32>() <= length).then_some(value);
    // A round trip of zero has not been measured; the smallest one starts at "infinitely long".
    let rtt = |offset, value| {
        field(offset, value).filter(|rtt| (1..u32::MAX).contains(rtt)).map(|rtt| Micros(u64::from(rtt)))
    };
    TcpFacts {
        rtt: rtt(offset_of!(TcpInfo, rtt), info.rtt),
        min_rtt: rtt(offset_of!(TcpInfo, min_rtt), info.min_rtt),
        retransmits: field(offset_of!(TcpInfo, total_retrans), info.total_retrans),
        segments_in: field(offset_of!(TcpInfo, segs_in), info.segs_in),
        segments_out: field(offset_of!(TcpInfo, segs_out), info.segs_out),
        mss: field(offset_of!(TcpInfo, snd_mss), info.snd_mss),
        out_of_order: field(offset_of!(TcpInfo, rcv_ooopack), info.rcv_ooopack),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_the_kernels() {
        // Offsets in `linux/tcp.h`, counted from the header.
        assert_eq!(offset_of!(TcpInfo, snd_mss), 16);
        assert_eq!(offset_of!(TcpInfo, rtt), 68);
        assert_eq!(offset_of!(TcpInfo, total_retrans), 100);
        assert_eq!(offset_of!(TcpInfo, bytes_received), 128);
        assert_eq!(offset_of!(TcpInfo, segs_out), 136);
        assert_eq!(offset_of!(TcpInfo, min_rtt), 148);
        assert_eq!(offset_of!(TcpInfo, rcv_ooopack), 224);
    }

    #[test]
    fn a_field_an_older_kernel_did_not_write_is_absent() {
        let info = TcpInfo { rtt: 7, min_rtt: 5, total_retrans: 1, ..TcpInfo::default() };
        let old = facts(&info, 104);
        assert_eq!((old.rtt, old.min_rtt, old.retransmits, old.segments_in), (Some(Micros(7)), None, Some(1), None));
        assert_eq!(facts(&info, size_of::<TcpInfo>()).min_rtt, Some(Micros(5)));
        assert_eq!([152, 228].map(|length| facts(&info, length).out_of_order), [None, Some(0)]);
        assert_eq!(facts(&info, 0), TcpFacts::default());
    }

    #[test]
    fn a_connection_over_loopback_has_a_round_trip() {
        let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let client = std::net::TcpStream::connect(server.local_addr().unwrap()).unwrap();
        let facts = tcp_facts(&client).unwrap();
        assert!(facts.rtt.is_some_and(|rtt| rtt < Micros(1_000_000)), "{facts:?}");
        assert_eq!(facts.retransmits, Some(0));
        assert!(facts.mss.is_some_and(|mss| mss > 0));
    }

    #[test]
    fn a_datagram_socket_has_none() {
        assert_eq!(tcp_facts(&std::net::UdpSocket::bind("127.0.0.1:0").unwrap()), None);
    }
}
