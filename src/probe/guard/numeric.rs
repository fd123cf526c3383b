//! IPv4 addresses in the forms of old C libraries.

use std::net::Ipv4Addr;

/// `inet_aton`: one to four parts, each decimal, octal or hexadecimal; the last one fills what is left.
pub(super) fn address(host: &str) -> Option<Ipv4Addr> {
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
    use std::net::{IpAddr, Ipv4Addr};

    use super::super::literal;

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
        assert_eq!(literal("0x"), Some("0.0.0.0".parse().unwrap()));
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
            assert!(found.is_none() || host == "{host}: {found:?}");
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
