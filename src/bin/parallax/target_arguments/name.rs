//! The name of a page that nobody named.

use std::net::Ipv6Addr;

use parallax::measurement::identity::{NAME_LENGTH_MAX, TargetId};
use url::{Host, Url};

use crate::exit::Problem;

/// Host, port where it is not the scheme's own, and path; never the query, which may hold a secret.
///
/// Characters that no name may have become `~`, and a name that would be too long ends in a digest of the whole, so
/// that two long paths do not become one page.
pub(super) fn of_page(url: &Url) -> Result<TargetId, Problem> {
    let host = match url.host() {
        Some(Host::Ipv6(address)) => without_colons(address),
        _ => url.host_str().unwrap_or_default().to_owned(),
    };
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let path = url.path().trim_end_matches('/');
    let whole = format!("{host}{port}{path}");
    let mut name: String =
        whole.chars().map(|c| if c.is_ascii_alphanumeric() || "._-/:~+".contains(c) { c } else { '~' }).collect();
    if name.len() > NAME_LENGTH_MAX {
        let digest = format!("~{:016x}", fnv1a(whole.as_bytes()));
        name.truncate(NAME_LENGTH_MAX - digest.len());
        name.push_str(&digest);
    }
    TargetId::new(&name)
        .map_err(|error| Problem::input(format!("no name can be made from the URL ({error}); give one with --target")))
}

/// `2001:db8::1` as `ip6-2001-db8--1`: no name has brackets, and without them a port would look like a part of it.
fn without_colons(address: Ipv6Addr) -> String {
    let text = address.to_string();
    // A zero at either end, so that the run of zeros stands between two groups.
    let (before, after) = (if text.starts_with(':') { "0" } else { "" }, if text.ends_with(':') { "0" } else { "" });
    format!("ip6-{before}{}{after}", text.replace(':', "-"))
}

/// FNV-1a, 64 bits: the same on every machine and in every version, which the standard hasher does not promise.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(url: &str) -> String {
        of_page(&Url::parse(url).unwrap()).unwrap().to_string()
    }

    #[test]
    fn a_page_is_called_by_host_and_path() {
        for (url, expected) in [
            ("https://www.example.com/", "www.example.com"),
            ("https://www.example.com/dna/?secret=1#top", "www.example.com/dna"),
            ("https://user:password@127.0.0.1:8443/slow", "127.0.0.1:8443/slow"),
            ("http://[::1]/", "ip6-0--1"),
            ("https://[::1]:8443/slow", "ip6-0--1:8443/slow"),
            ("https://[2001:db8:0:0::a:1]/", "ip6-2001-db8--a-1"),
            ("https://[2001:db8::]/x", "ip6-2001-db8--0/x"),
            ("https://[::]/", "ip6-0--0"),
            ("https://[::ffff:192.0.2.1]/", "ip6-0--ffff-192.0.2.1"),
            ("https://example.com/%E6%97%A5(x)", "example.com/~E6~97~A5~x~"),
            ("https://日本.example/", "xn--wgv71a.example"),
        ] {
            assert_eq!(name(url), expected, "{url}");
        }
    }

    #[test]
    fn long_paths_stay_apart() {
        let long = |end: &str| name(&format!("https://example.com/{}{end}", "x".repeat(500)));
        assert_eq!(long("a").len(), NAME_LENGTH_MAX);
        assert_ne!(long("a"), long("b"));
    }

    /// Published test vectors of FNV-1a, 64 bits.
    #[test]
    fn the_digest_is_fnv_1a() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
