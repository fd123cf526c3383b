//! Which names are asked for when one is given: the search list.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What `localhost` means (RFC 6761, section 6.3).
pub(super) const LOOPBACK: [IpAddr; 2] = [IpAddr::V6(Ipv6Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::LOCALHOST)];

/// `localhost` and every name below it; no server is asked for these.
pub(super) fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// The absolute names to ask for, in order, without their last dot.
///
/// A name that ends in a dot is absolute. One with at least `ndots` dots is first tried as it stands and then with each
/// domain of the search list, one with fewer the other way round.
pub(super) fn candidates(name: &str, search: &[String], ndots: u32) -> Vec<String> {
    if let Some(absolute) = name.strip_suffix('.') {
        return vec![absolute.to_owned()];
    }
    let dots = name.bytes().filter(|byte| *byte == b'.').count();
    let first = dots >= usize::try_from(ndots).unwrap_or(usize::MAX);
    let searched = search.iter().map(|domain| match domain.trim_matches('.') {
        "" => name.to_owned(),
        domain => format!("{name}.{domain}"),
    });
    let as_given = || std::iter::once(name.to_owned());
    let mut names: Vec<String> =
        as_given().filter(|_| first).chain(searched).chain(as_given().filter(|_| !first)).collect();
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(name.to_ascii_lowercase()));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search() -> Vec<String> {
        vec!["corp.example".to_owned(), "example.".to_owned()]
    }

    #[test]
    fn the_number_of_dots_decides_what_is_tried_first() {
        assert_eq!(candidates("www", &search(), 1), ["www.corp.example", "www.example", "www"]);
        assert_eq!(candidates("a.b", &search(), 1), ["a.b", "a.b.corp.example", "a.b.example"]);
        assert_eq!(candidates("a.b", &search(), 2), ["a.b.corp.example", "a.b.example", "a.b"]);
        assert_eq!(candidates("www", &search(), 0), ["www", "www.corp.example", "www.example"]);
        assert_eq!(candidates("www", &[], 1), ["www"]);
    }

    #[test]
    fn a_last_dot_makes_a_name_absolute() {
        assert_eq!(candidates("www.", &search(), 5), ["www"]);
    }

    #[test]
    fn no_name_is_asked_for_twice() {
        let search = [".".to_owned(), "example".to_owned(), "EXAMPLE".to_owned()];
        assert_eq!(candidates("www", &search, 1), ["www", "www.example"]);
    }

    #[test]
    fn localhost_and_what_is_below_it_need_no_server() {
        for name in ["localhost", "LOCALHOST.", "a.b.localhost"] {
            assert!(is_localhost(name), "{name}");
        }
        for name in ["localhost.example", "notlocalhost", "", "."] {
            assert!(!is_localhost(name), "{name}");
        }
    }
}
