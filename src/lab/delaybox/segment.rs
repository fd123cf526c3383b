//! What a packet is: as much of its headers as tells one exchange from another.

use super::ELSEWHERE;

/// A TCP segment over IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The port at the near end.
    pub port: u16,
    /// Its place in the stream.
    pub sequence: u32,
    /// Bytes of payload.
    pub payload: u16,
    /// It opens a connection.
    pub syn: bool,
    /// It ends one.
    pub fin: bool,
    /// It goes to, or comes from, the second address of the far end.
    pub elsewhere: bool,
}

/// What a packet is to the box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// TCP over IPv4.
    Tcp(Segment),
    /// IPv6, for which there is no way: it vanishes.
    Ipv6 {
        /// It asks for a TCP connection.
        opens: bool,
    },
    /// Anything else.
    Other,
}

impl Kind {
    /// Reads the headers of a packet that goes this way.
    #[must_use]
    pub fn of(packet: &[u8], outward: bool) -> Self {
        match packet.first().map(|byte| byte >> 4) {
            // Next header, then the flags of TCP behind the fixed header of forty bytes.
            Some(6) => {
                Self::Ipv6 { opens: packet.get(6) == Some(&6) && packet.get(53).is_some_and(|flags| flags & 0x02 != 0) }
            }
            Some(4) => tcp(packet, outward).map_or(Self::Other, Self::Tcp),
            _ => Self::Other,
        }
    }
}

fn tcp(packet: &[u8], outward: bool) -> Option<Segment> {
    const TCP: u8 = 6;
    let header = usize::from(packet[0] & 0x0f) * 4;
    if *packet.get(9)? != TCP {
        return None;
    }
    let short = |at: usize| Some(u16::from_be_bytes(packet.get(at..at + 2)?.try_into().ok()?));
    let total = short(2)?;
    let data = usize::from(packet.get(header + 12)? >> 4) * 4;
    let flags = packet.get(header + 13)?;
    Some(Segment {
        port: short(header + if outward { 0 } else { 2 })?,
        sequence: u32::from_be_bytes(packet.get(header + 4..header + 8)?.try_into().ok()?),
        payload: total.checked_sub(u16::try_from(header + data).ok()?)?,
        syn: flags & 0x02 != 0,
        fin: flags & 0x01 != 0,
        elsewhere: packet.get(if outward { 16..20 } else { 12..16 })? == ELSEWHERE.octets(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_near_port_is_the_source_outward_and_the_destination_inward() {
        let mut packet = vec![0x45, 0, 0, 45, 0, 0, 0, 0, 64, 6, 0, 0, 10, 77, 0, 1, 10, 77, 0, 2];
        packet.extend([0x9c, 0x40, 0x01, 0xbb, 0, 0, 0, 7, 0, 0, 0, 0, 0x50, 0x03, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5]);
        let segment = Segment { port: 40_000, sequence: 7, payload: 5, syn: true, fin: true, elsewhere: false };
        assert_eq!(Kind::of(&packet, true), Kind::Tcp(segment));
        assert_eq!(Kind::of(&packet, false), Kind::Tcp(Segment { port: 443, ..segment }));
        packet[19] = 3;
        assert_eq!(Kind::of(&packet, true), Kind::Tcp(Segment { elsewhere: true, ..segment }));
        for length in 0..40 {
            let _ = Kind::of(&packet[..length], true);
        }
        assert_eq!(Kind::of(&[0x60, 0, 0], true), Kind::Ipv6 { opens: false });
    }
}
