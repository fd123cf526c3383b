//! Which address is tried first.

use std::net::IpAddr;

use crate::probe::target::AddressFamily;

/// Those of the family asked for, in order; `None` if there is none.
pub(super) fn wanted(addresses: Vec<IpAddr>, family: AddressFamily) -> Option<Vec<IpAddr>> {
    let is_wanted = |address: &IpAddr| match family {
        AddressFamily::Both => true,
        AddressFamily::Ipv4 => address.is_ipv4(),
        AddressFamily::Ipv6 => address.is_ipv6(),
    };
    let wanted: Vec<IpAddr> = addresses.into_iter().filter(is_wanted).collect();
    (!wanted.is_empty()).then(|| interleaved(wanted))
}

/// IPv6 first, then by turns, each family in the order in which it was given; repeats removed.
///
/// Not the full rule table of RFC 6724: it would need the routing table, and happy eyeballs finds a dead family anyway.
pub(super) fn interleaved(addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    let mut unique = Vec::with_capacity(addresses.len());
    for address in addresses {
        if !unique.contains(&address) {
            unique.push(address);
        }
    }
    let (v6, v4): (Vec<IpAddr>, Vec<IpAddr>) = unique.into_iter().partition(IpAddr::is_ipv6);
    let turns = v6.len().max(v4.len());
    (0..turns).flat_map(|turn| [v6.get(turn), v4.get(turn)]).flatten().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn families_take_turns_and_ipv6_begins() {
        let given = addresses(&["1.1.1.1", "2.2.2.2", "1.1.1.1", "3.3.3.3", "2::2", "1::1", "2::2"]);
        assert_eq!(interleaved(given), addresses(&["2::2", "1.1.1.1", "1::1", "2.2.2.2", "3.3.3.3"]));
        assert_eq!(interleaved(Vec::new()), addresses(&[]));
    }

    #[test]
    fn only_the_family_asked_for_is_left() {
        let given = addresses(&["1.1.1.1", "2::2"]);
        assert_eq!(wanted(given.clone(), AddressFamily::Ipv4), Some(addresses(&["1.1.1.1"])));
        assert_eq!(wanted(given, AddressFamily::Ipv6), Some(addresses(&["2::2"])));
        assert_eq!(wanted(addresses(&["1.1.1.1"]), AddressFamily::Ipv6), None);
    }
}
