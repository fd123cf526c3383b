//! The ranges that are not public.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::Kind;

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

/// What a refused IPv4 address is; `None` for a public one.
pub(super) fn kind_of_v4(address: Ipv4Addr) -> Option<Kind> {
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

/// What a refused IPv6 address is; `None` for a public one.
pub(super) fn kind_of_v6(address: Ipv6Addr) -> Option<Kind> {
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

#[cfg(test)]
mod tests {
    use super::super::check;
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
}
