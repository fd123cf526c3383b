//! What a capture says of each connection: the instants that a probe claims to have measured.

use std::collections::BTreeMap;
use std::time::Duration;

use super::CaptureError;

/// What is asked of tshark for each packet, in the order in which [`parse`] reads it.
pub const FIELDS: [&str; 10] = [
    "frame.time_epoch",
    "tcp.stream",
    "tcp.srcport",
    "tcp.dstport",
    "tcp.flags",
    "tcp.seq",
    "tcp.len",
    "tls.record.content_type",
    "http.response.code",
    "http2.headers.status",
];

const SYN: u16 = 0x02;
const ACK: u16 = 0x10;
/// The type of a TLS record that carries what the application said, after decryption.
const APPLICATION_DATA: &str = "23";

/// An instant on the wall clock of the capturing machine: the time since 1970.
pub type WireTime = Duration;

/// One connection as the client's device saw it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// The number of the connection in the capture.
    pub stream: u64,
    /// The client's first SYN.
    pub syn: Option<WireTime>,
    /// The server's answer to it.
    pub syn_ack: Option<WireTime>,
    /// The packet that completes the record in which the response header begins.
    pub header: Option<WireTime>,
    /// The packet that completes the last record of application data from the server.
    pub body_end: Option<WireTime>,
    /// Packets with data from the server: bytes received so far with this one, and when it came.
    pub arrivals: Vec<(u64, WireTime)>,
}

impl Flow {
    /// When the byte came that made `count` bytes.
    #[must_use]
    pub fn arrival_of(&self, count: u64) -> Option<WireTime> {
        self.arrivals.iter().find(|(received, _)| *received >= count).map(|(_, at)| *at)
    }
}

/// The connections of a capture by the client's port.
///
/// # Errors
/// `Line` for text that is not tshark's, `Port` for a client port that two connections used.
pub fn parse(text: &str, server_port: u16) -> Result<BTreeMap<u16, Flow>, CaptureError> {
    let mut flows: BTreeMap<u16, Flow> = BTreeMap::new();
    for line in text.lines() {
        let packet = Packet::parse(line).ok_or_else(|| CaptureError::Line(line.to_owned()))?;
        let from_server = packet.from == server_port;
        let port = if from_server { packet.to } else { packet.from };
        let flow = flows.entry(port).or_insert_with(|| Flow { stream: packet.stream, ..Flow::default() });
        if flow.stream != packet.stream {
            return Err(CaptureError::Port(port));
        }
        if from_server { flow.hear(&packet) } else { flow.say(&packet) }
    }
    Ok(flows)
}

impl Flow {
    fn say(&mut self, packet: &Packet<'_>) {
        if packet.flags & (SYN | ACK) == SYN {
            self.syn.get_or_insert(packet.at);
        }
    }

    fn hear(&mut self, packet: &Packet<'_>) {
        if packet.flags & SYN != 0 {
            self.syn_ack.get_or_insert(packet.at);
        }
        if packet.length > 0 {
            self.arrivals.push((packet.sequence.saturating_sub(1) + packet.length, packet.at));
        }
        if packet.is_header {
            self.header.get_or_insert(packet.at);
        }
        if packet.records.split(',').any(|kind| kind == APPLICATION_DATA) {
            self.body_end = Some(packet.at);
        }
    }
}

struct Packet<'a> {
    at: WireTime,
    stream: u64,
    from: u16,
    to: u16,
    flags: u16,
    /// Counted from 0 at the SYN.
    sequence: u64,
    length: u64,
    records: &'a str,
    is_header: bool,
}

impl<'a> Packet<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let fields: Vec<&str> = line.split('\t').collect();
        let [at, stream, from, to, flags, sequence, length, records, status, status2] = fields[..] else { return None };
        let (seconds, nanoseconds) = at.split_once('.')?;
        (nanoseconds.len() == 9).then_some(())?;
        Some(Self {
            at: Duration::new(seconds.parse().ok()?, nanoseconds.parse().ok()?),
            stream: stream.parse().ok()?,
            from: from.parse().ok()?,
            to: to.parse().ok()?,
            flags: u16::from_str_radix(flags.strip_prefix("0x")?, 16).ok()?,
            sequence: sequence.parse().ok()?,
            length: length.parse().ok()?,
            records,
            is_header: !status.is_empty() || !status2.is_empty(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One exchange as tshark prints it; the ticket comes before the header, the alert after the body.
    const EXCHANGE: &str = "\
1795468377.523464953\t0\t42868\t18443\t0x0002\t0\t0\t\t\t
1795468377.523486744\t0\t18443\t42868\t0x0012\t0\t0\t\t\t
1795468377.525915396\t0\t42868\t18443\t0x0018\t1\t517\t22\t\t
1795468377.526767306\t0\t18443\t42868\t0x0018\t1\t774\t22,20,22,22,22,22\t\t
1795468377.528180813\t0\t18443\t42868\t0x0018\t775\t255\t22\t\t
1795468377.528681548\t0\t42868\t18443\t0x0018\t598\t101\t23\t\t
1795468377.529473958\t0\t18443\t42868\t0x0010\t1030\t32768\t22,23,23\t200\t
1795468377.570407714\t0\t18443\t42868\t0x0018\t33798\t29152\t23,23\t\t
1795468377.577947133\t0\t18443\t42868\t0x0018\t62950\t24\t21\t\t
";

    fn at(nanoseconds: u32) -> WireTime {
        Duration::new(1_795_468_377, nanoseconds)
    }

    #[test]
    fn tickets_are_not_the_header_and_alerts_are_not_the_body() {
        let flows = parse(EXCHANGE, 18443).unwrap();
        let flow = &flows[&42868];
        assert_eq!(flow.syn, Some(at(523_464_953)));
        assert_eq!(flow.syn_ack, Some(at(523_486_744)));
        assert_eq!(flow.header, Some(at(529_473_958)));
        assert_eq!(flow.body_end, Some(at(570_407_714)));
    }

    #[test]
    fn each_byte_has_the_time_of_its_packet() {
        let flows = parse(EXCHANGE, 18443).unwrap();
        let flow = &flows[&42868];
        assert_eq!(flow.arrival_of(1), Some(at(526_767_306)));
        assert_eq!(flow.arrival_of(774), Some(at(526_767_306)));
        assert_eq!(flow.arrival_of(775), Some(at(528_180_813)));
        assert_eq!(flow.arrival_of(70_000), None);
    }

    #[test]
    fn a_port_that_two_connections_used_is_refused() {
        let again = EXCHANGE.replace("\t0\t42868", "\t7\t42868");
        assert!(matches!(parse(&format!("{EXCHANGE}{again}"), 18443), Err(CaptureError::Port(42868))));
    }

    #[test]
    fn other_text_is_refused_by_line() {
        assert!(matches!(parse("nonsense", 1), Err(CaptureError::Line(line)) if line == "nonsense"));
        assert!(parse("", 1).unwrap().is_empty());
    }
}
