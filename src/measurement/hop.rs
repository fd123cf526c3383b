//! One exchange with one server: the first request, or one a redirect led to.

use serde::{Deserialize, Serialize};

use super::phase::Phases;
use super::units::Micros;

/// One hop of the redirect chain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// What was asked for; user name, password, fragment and the values of the query are removed.
    pub url: String,
    /// The hop's timeline.
    pub phases: Phases,
    /// Time within the hop that belongs to no phase: preparing the request, reading the redirect.
    #[serde(default)]
    pub overhead_us: Micros,
    /// The connection it went over; absent when none was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<Connection>,
    /// The response; absent when no header arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Response>,
    /// The hop as a packet capture on this machine would show it; absent without receive stamps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_wire: Option<OnWire>,
}

/// What a packet capture on this machine would show of a hop: by the kernel's receive stamps, without what we did before
/// the first packet and after the last one.
///
/// Both count from the SYN; on a kept connection, from the first byte of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnWire {
    /// To the first packet of the answer, where that was not enough: a response header in a TLS record longer than the
    /// first flight of packets can be decrypted only a round trip later. Absent where it is the packet of the first byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_packet_us: Option<Micros>,
    /// To the packet with which the first byte of the response header could be decrypted.
    pub first_byte_us: Micros,
    /// To the last packet that was read of the response.
    pub last_byte_us: Micros,
}

impl Hop {
    /// Phases and overhead.
    #[must_use]
    pub fn elapsed_us(&self) -> Micros {
        self.phases.elapsed_us() + self.overhead_us
    }
}

/// The version of the Internet Protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
}

/// What a request travelled over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Address and port of the other end (the proxy's, where there is one).
    pub peer: String,
    /// Our own address and port: what a packet capture is joined on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local: Option<String>,
    /// The peer's address family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<Family>,
    /// Another address was tried first and given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Fallback>,
    /// The proxy in between, as `host:port`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// The connection was kept from an earlier request.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reused: bool,
    /// What the kernel knows of the path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tcp: Option<Tcp>,
    /// Absent over plain HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
}

/// Happy eyeballs: the attempt that lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fallback {
    /// The address that was tried first.
    pub from: String,
    /// From its SYN to the SYN of the address that won: the time it cost.
    pub after_us: Micros,
    /// Why it lost: `slow`, `refused`, `unreachable`.
    pub reason: String,
}

/// `TCP_INFO`, read right after the handshake and again at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tcp {
    /// The round trip of the TCP handshake: the only one no delayed acknowledgement can stretch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handshake_rtt_us: Option<Micros>,
    /// The smallest round trip on this connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_rtt_us: Option<Micros>,
    /// The smoothed round trip at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smoothed_rtt_us: Option<Micros>,
    /// Segments we sent again, the SYN included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retransmits: Option<u32>,
    /// Segments received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segments_in: Option<u32>,
    /// Segments sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segments_out: Option<u32>,
    /// The maximum segment size agreed on, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mss: Option<u32>,
    /// Segments received before one that was sent earlier: it was overtaken, or lost and sent again. Linux 5.4 and later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_of_order: Option<u32>,
}

impl Tcp {
    /// No system sends a segment again before 200 ms; a little less is allowed for clocks.
    const RESENT_MIN: Micros = Micros(190_000);

    /// The handshake's round trip. Where the SYN had to be sent again, the kernel counts from the first one: then the
    /// smallest round trip stands for it.
    #[must_use]
    pub fn round_trip(&self) -> Option<Micros> {
        let handshake = self.handshake_rtt_us?;
        let resent = self.retransmits.is_some_and(|segments| segments > 0);
        let smallest = self.min_rtt_us.filter(|least| resent && handshake.saturating_sub(*least) >= Self::RESENT_MIN);
        Some(smallest.unwrap_or(handshake))
    }
}

/// The TLS session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tls {
    /// `1.2` or `1.3`; empty where the tool does not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// An earlier session was resumed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resumed: bool,
    /// The server asked for another key share: one more round trip.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hello_retry: bool,
    /// The certificate was checked; `false` where the target says not to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
    /// Whole days until the certificate ends; negative once it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_days_left: Option<i32>,
    /// Who signed the certificate: another issuer than elsewhere tells of an intercepting proxy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_issuer: Option<String>,
}

/// What came back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// `1.0`, `1.1` or `2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_version: Option<String>,
    /// Bytes of the response header where they can be counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header_bytes: Option<u64>,
    /// Bytes of the body as they came over the wire, before decoding.
    pub body_bytes: u64,
    /// `gzip`, `br`, `zstd`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_encoding: Option<String>,
    /// Runs of packets with a pause of at least half a round trip between them, from the first packet of the answer to the
    /// last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrival_bursts: Option<u32>,
    /// The `Server-Timing` header: what the server says of itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub server_timing: Vec<ServerTiming>,
    /// The `Server` header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// Which edge answered, and from what.
    #[serde(default, skip_serializing_if = "Cdn::is_empty")]
    pub cdn: Cdn,
}

/// One entry of `Server-Timing`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerTiming {
    /// The metric's name.
    pub name: String,
    /// `dur`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_us: Option<Micros>,
    /// `desc`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl ServerTiming {
    /// A server that claims more than a day is not believed.
    pub const DURATION_MAX: Micros = Micros(86_400_000_000);
}

/// What the response headers say of a content delivery network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cdn {
    /// Point of presence: `x-amz-cf-pop`, the end of `cf-ray`, the end of `x-served-by`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pop: Option<String>,
    /// `x-cache`, `cf-cache-status`, `cache-status`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<String>,
    /// `age`, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_s: Option<u64>,
}

impl Cdn {
    /// No header spoke of one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
