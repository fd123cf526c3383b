//! Which addresses are refused unless a target allows them: a monitor must not be a way into the network it stands in.
//!
//! The rule is on addresses, after resolution and on each hop; a name proves nothing. Ranges are those of the IANA
//! special-purpose address registries (RFC 6890 and its successors) and the metadata services of the large clouds.

mod numeric;
mod ranges;

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

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
        IpAddr::V4(address) => ranges::kind_of_v4(address),
        IpAddr::V6(address) => ranges::kind_of_v6(address),
    };
    kind.map_or(Ok(()), |kind| Err(Refused { address, kind }))
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
    numeric::address(host).map(IpAddr::V4)
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
