//! Which addresses are refused unless a target allows them: a monitor must not be a way into the network it stands in.
//!
//! The rule is on addresses, after resolution and on each hop; a name proves nothing. Ranges are those of the IANA
//! special-purpose address registries (RFC 6890 and its successors) and the metadata services of the large clouds.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{address} is {kind}; set `allow_private` (--allow-private) if this page is meant to be measured there")]
pub struct Refused {
    /// The address.
    pub address: IpAddr,
    /// What it is.
    pub kind: Kind,
}

/// What a refused address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// 127.0.0.0/8, `::1`.
    Loopback,
    /// 10/8, 172.16/12, 192.168/16.
    Private,
    /// 169.254/16, `fe80::/10`.
    LinkLocal,
    /// The service that hands out a machine's credentials.
    Metadata,
    /// 0.0.0.0/8, `::`.
    Unspecified,
    /// 100.64/10.
    CarrierGradeNat,
    /// 198.18/15, `2001:2::/48`.
    Benchmark,
    /// 192.0.2/24, 198.51.100/24, 203.0.113/24, `2001:db8::/32`, `3fff::/20`.
    Documentation,
    /// 224/4, `ff00::/8`.
    Multicast,
    /// 255.255.255.255.
    Broadcast,
    /// `fc00::/7`.
    UniqueLocal,
    /// Set aside, or withdrawn.
    Reserved,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loopback => "a loopback address",
            Self::Private => "a private address",
            Self::LinkLocal => "a link-local address",
            Self::Metadata => "the address of a cloud metadata service",
            Self::Unspecified => "an address of this host itself",
            Self::CarrierGradeNat => "a carrier-grade NAT address",
            Self::Benchmark => "an address for benchmarks",
            Self::Documentation => "an address for documentation",
            Self::Multicast => "a multicast address",
            Self::Broadcast => "the broadcast address",
            Self::UniqueLocal => "a unique-local address",
            Self::Reserved => "a reserved address",
        })
    }
}

/// Decides on one address; with `allow_private` every address is good.
///
/// # Errors
/// The address is not a public unicast one, or carries one that is not (IPv4-mapped, NAT64, 6to4, Teredo, ISATAP).
pub fn check(address: IpAddr, allow_private: bool) -> Result<(), Refused> {
    if allow_private {
        return Ok(());
    }
    let kind = match address {
        IpAddr::V4(address) => kind_of_v4(address),
        IpAddr::V6(address) => kind_of_v6(address),
    };
    kind.map_or(Ok(()), |kind| Err(Refused { address, kind }))
}

/// Metadata services at IPv4 addresses: EC2 and most others, ECS tasks, EKS pods, EC2's clock and resolver, Alibaba,
/// Azure's wire server, Oracle.
const METADATA_V4: [Ipv4Addr; 8] = [
    Ipv4Addr::new(169, 254, 169, 254),
    Ipv4Addr::new(169, 254, 170, 2),
    Ipv4Addr::new(169, 254, 170, 23),
    Ipv4Addr::new(169, 254, 169, 123),
    Ipv4Addr::new(169, 254, 169, 253),
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(168, 63, 129, 16),
    Ipv4Addr::new(192, 0, 0, 192),
];

/// Metadata services at IPv6 addresses: EC2, EC2's resolver and clock, EKS pods, GCE.
const METADATA_V6: [Ipv6Addr; 5] = [
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x253),
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x123),
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
];

fn kind_of_v4(address: Ipv4Addr) -> Option<Kind> {
    if METADATA_V4.contains(&address) {
        return Some(Kind::Metadata);
    }
    Some(match address.octets() {
        [0, ..] => Kind::Unspecified,
        [127, ..] => Kind::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Kind::Private,
        [169, 254, ..] => Kind::LinkLocal,
        [100, 64..=127, ..] => Kind::CarrierGradeNat,
        [198, 18..=19, ..] => Kind::Benchmark,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Kind::Documentation,
        // 192.88.99/24: relays of 6to4, withdrawn.
        [192, 0, 0, _] | [192, 88, 99, _] => Kind::Reserved,
        [255, 255, 255, 255] => Kind::Broadcast,
        [224..=239, ..] => Kind::Multicast,
        [240..=255, ..] => Kind::Reserved,
        _ => return None,
    })
}

fn kind_of_v6(address: Ipv6Addr) -> Option<Kind> {
    if METADATA_V6.contains(&address) {
        return Some(Kind::Metadata);
    }
    if address.is_unspecified() {
        return Some(Kind::Unspecified);
    }
    if address.is_loopback() {
        return Some(Kind::Loopback);
    }
    if let Some(kind) = embedded(address).into_iter().flatten().find_map(kind_of_v4) {
        return Some(kind);
    }
    match address.segments() {
        [0xff00..=0xffff, ..] => Some(Kind::Multicast),
        [0xfe80..=0xfebf, ..] => Some(Kind::LinkLocal),
        // Site-local, withdrawn, and still routed inside some networks.
        [0xfec0..=0xfeff, ..] => Some(Kind::Private),
        [0xfc00..=0xfdff, ..] => Some(Kind::UniqueLocal),
        [0x2001, 2, 0, ..] => Some(Kind::Benchmark),
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0x0fff, ..] => Some(Kind::Documentation),
        // NAT64 with a network's own prefix (RFC 8215): where the IPv4 address stands is that network's choice.
        [0x64, 0xff9b, 1, ..] => Some(Kind::Private),
        // Translated addresses with a public IPv4 address inside, and Teredo: global.
        [0x64, 0xff9b, 0, 0, 0, 0, ..] | [0, 0, 0, 0, 0, 0xffff, ..] | [0x2001, 0, ..] => None,
        // Protocol assignments other than those above: ORCHID, discard and the like.
        [0x2001, 0x10..=0x2f, ..] => Some(Kind::Reserved),
        // Only 2000::/3 is given out for global unicast.
        [0x2000..=0x3fff, ..] => None,
        _ => Some(Kind::Reserved),
    }
}

/// The IPv4 addresses that an IPv6 address leads to.
fn embedded(address: Ipv6Addr) -> [Option<Ipv4Addr>; 2] {
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Some(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        // IPv4-mapped, IPv4-compatible, IPv4-translated (RFC 2765), NAT64 (RFC 6052).
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0, 0, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => [v4(high, low), None],
        // 6to4 (RFC 3056).
        [0x2002, high, low, ..] => [v4(high, low), None],
        // Teredo (RFC 4380): the server, and the client with its bits inverted.
        [0x2001, 0, server_high, server_low, _, _, high, low] => [v4(server_high, server_low), v4(!high, !low)],
        // ISATAP (RFC 5214).
        [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => [v4(high, low), None],
        _ => [None, None],
    }
}

/// The address that a host text means, in any form that some resolver or client would accept: `127.1`, `0x7f.1`,
/// `0177.0.0.1`, `2130706433`, `[::ffff:7f00:1]`, each with or without a trailing dot; `None` for a name.
///
/// A second line of defence: the `url` crate brings most of these to their plain form by itself.
#[must_use]
pub fn literal(host: &str) -> Option<IpAddr> {
    let host = host.trim_end_matches('.');
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let unscoped = bare.split('%').next().unwrap_or(bare);
    if let Ok(address) = unscoped.parse::<Ipv6Addr>() {
        return Some(IpAddr::V6(address));
    }
    numeric_v4(host).map(IpAddr::V4)
}

/// `inet_aton`: one to four parts, each decimal, octal or hexadecimal; the last one fills what is left.
fn numeric_v4(host: &str) -> Option<Ipv4Addr> {
    let parts = host.split('.').map(part).collect::<Option<Vec<u32>>>()?;
    let (last, first) = parts.split_last()?;
    if first.len() > 3 || first.iter().any(|part| *part > 255) {
        return None;
    }
    let bits_left = 32 - 8 * u32::try_from(first.len()).ok()?;
    if u64::from(*last) >= 1_u64 << bits_left {
        return None;
    }
    let high = first.iter().fold(0_u32, |sum, part| (sum << 8) | part);
    let high = high.checked_shl(bits_left).unwrap_or(0);
    Some(Ipv4Addr::from(high | last))
}

fn part(text: &str) -> Option<u32> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some("") => return Some(0),
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (&text[1..], 8),
        None => (text, 10),
    };
    if digits.starts_with('+') { None } else { u32::from_str_radix(digits, radix).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(address: &str) -> Option<Kind> {
        check(address.parse().unwrap(), false).err().map(|refused| refused.kind)
    }

    #[test]
    fn every_special_range_is_refused_from_its_first_to_its_last_address() {
        let table: [(&str, &str, Kind); 26] = [
            ("0.0.0.0", "0.255.255.255", Kind::Unspecified),
            ("10.0.0.0", "10.255.255.255", Kind::Private),
            ("100.64.0.0", "100.127.255.255", Kind::CarrierGradeNat),
            ("127.0.0.0", "127.255.255.255", Kind::Loopback),
            ("169.254.0.0", "169.254.255.255", Kind::LinkLocal),
            ("169.254.169.254", "169.254.170.2", Kind::Metadata),
            ("100.100.100.200", "168.63.129.16", Kind::Metadata),
            ("172.16.0.0", "172.31.255.255", Kind::Private),
            ("192.0.0.0", "192.0.0.255", Kind::Reserved),
            ("192.0.2.0", "192.0.2.255", Kind::Documentation),
            ("192.168.0.0", "192.168.255.255", Kind::Private),
            ("198.18.0.0", "198.19.255.255", Kind::Benchmark),
            ("198.51.100.0", "198.51.100.255", Kind::Documentation),
            ("203.0.113.0", "203.0.113.255", Kind::Documentation),
            ("224.0.0.0", "239.255.255.255", Kind::Multicast),
            ("240.0.0.0", "255.255.255.254", Kind::Reserved),
            ("255.255.255.255", "255.255.255.255", Kind::Broadcast),
            ("::1", "::1", Kind::Loopback),
            ("::", "::", Kind::Unspecified),
            ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Kind::UniqueLocal),
            ("fd00:ec2::254", "fd20:ce::254", Kind::Metadata),
            ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Kind::LinkLocal),
            ("fec0::1", "feff::1", Kind::Private),
            ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Kind::Multicast),
            ("2001:db8::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", Kind::Documentation),
            ("100::1", "4000::1", Kind::Reserved),
        ];
        for (first, last, expected) in table {
            assert_eq!((kind(first), kind(last)), (Some(expected), Some(expected)), "{first} to {last}");
        }
    }

    #[test]
    fn the_neighbours_of_the_special_ranges_are_public() {
        for address in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.0.3.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "203.0.112.255",
            "203.0.114.0",
            "223.255.255.255",
            "8.8.8.8",
            "2000::1",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2a00::1",
            "3ffe::1",
            "3fff:1000::1",
            "2001:db7::1",
            "2001:db9::1",
            "2001:3::1",
        ] {
            assert_eq!(kind(address), None, "{address}");
        }
    }

    #[test]
    fn an_ipv6_address_is_judged_by_the_ipv4_address_it_leads_to() {
        let table = [
            ("::ffff:127.0.0.1", Kind::Loopback),
            ("::ffff:10.0.0.1", Kind::Private),
            ("::ffff:169.254.169.254", Kind::Metadata),
            ("::127.0.0.1", Kind::Loopback),
            ("::ffff:0:192.168.1.1", Kind::Private),
            ("64:ff9b::7f00:1", Kind::Loopback),
            ("64:ff9b::a9fe:a9fe", Kind::Metadata),
            ("64:ff9b:1::808:808", Kind::Private),
            ("2002:7f00:1::", Kind::Loopback),
            ("2002:c0a8:101::1", Kind::Private),
            ("2001:0:a00:1::f7f7:f7f7", Kind::Private),
            // The client's address stands inverted: 0x80ff_fffe is 127.0.0.1.
            ("2001:0:4136:e378:8000:63bf:80ff:fffe", Kind::Loopback),
            ("2a00::5efe:10.0.0.1", Kind::Private),
            ("2a00::200:5efe:127.0.0.1", Kind::Loopback),
        ];
        for (address, expected) in table {
            assert_eq!(kind(address), Some(expected), "{address}");
        }
        for public in ["::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1", "2001:0:808:808::f7f7:f7f7"] {
            assert_eq!(kind(public), None, "{public}");
        }
    }

    #[test]
    fn a_target_that_allows_private_addresses_may_ask_any() {
        for address in ["127.0.0.1", "169.254.169.254", "::1", "fe80::1", "0.0.0.0"] {
            assert_eq!(check(address.parse().unwrap(), true), Ok(()), "{address}");
        }
    }

    #[test]
    fn a_refusal_names_the_address_its_kind_and_the_way_out() {
        let message = check("169.254.169.254".parse().unwrap(), false).unwrap_err().to_string();
        for part in ["169.254.169.254", "metadata", "allow_private"] {
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn odd_numeric_forms_mean_what_inet_aton_says() {
        for host in [
            "127.0.0.1",
            "127.0.0.1.",
            "127.1",
            "127.0.1",
            "0x7f.1",
            "0X7F.0.0.1",
            "0x7f000001",
            "2130706433",
            "0177.0.0.1",
            "017700000001",
            "127.0.0.01",
            "127.0.0.0x1",
        ] {
            assert_eq!(literal(host), Some(IpAddr::V4(Ipv4Addr::LOCALHOST)), "{host}");
        }
        for host in ["[::ffff:7f00:1]", "::ffff:127.0.0.1", "[::ffff:127.0.0.1]."] {
            assert_eq!(literal(host), Some("::ffff:127.0.0.1".parse().unwrap()), "{host}");
        }
        assert_eq!(literal("[fe80::1%25eth0]"), Some("fe80::1".parse().unwrap()));
        assert_eq!(literal("0"), Some("0.0.0.0".parse().unwrap()));
        assert_eq!(literal("1.65535"), Some("1.0.255.255".parse().unwrap()));
        assert_eq!(literal("4294967295"), Some("255.255.255.255".parse().unwrap()));
    }

    #[test]
    fn names_are_not_literals() {
        for host in [
            "",
            ".",
            "..",
            "example.com",
            "127.0.0.1.nip.io",
            "1.2.3.4.5",
            "256.1.1.1",
            "1.256.1",
            "4294967296",
            "0x",
            "08.1",
            "1..2",
            "+1.2.3.4",
            "0x+7f.1",
            "dead.beef",
            "0xg",
            "[",
            "[]",
            "ümläut",
            "1.2.3.65536",
            "-1",
        ] {
            let found = literal(host);
            assert!(found.is_none() || host == "0x", "{host}: {found:?}");
        }
    }

    #[test]
    fn the_url_crate_and_this_module_agree_on_literals() {
        for host in ["127.1", "0x7f.1", "2130706433", "0177.0.0.1", "127.0.0.1.", "[::ffff:7f00:1]"] {
            let url = url::Url::parse(&format!("http://{host}/")).unwrap();
            assert_eq!(url.host_str().and_then(literal), literal(host), "{host}");
        }
    }
}
