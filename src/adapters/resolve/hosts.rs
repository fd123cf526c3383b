//! The hosts file.

use std::collections::HashMap;
use std::net::IpAddr;

/// Names and their addresses, as an administrator wrote them down.
#[derive(Clone, Debug, Default)]
pub(super) struct Hosts(HashMap<String, Vec<IpAddr>>);

impl Hosts {
    /// Reads `address name...` lines; what follows `#` and lines that are something else are left out.
    pub(super) fn parse(text: &str) -> Self {
        let mut hosts: HashMap<String, Vec<IpAddr>> = HashMap::new();
        for line in text.lines() {
            let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
            let Some(Ok(address)) = words.next().map(|word| word.split('%').next().unwrap_or(word).parse()) else {
                continue;
            };
            for name in words {
                hosts.entry(key(name)).or_default().push(address);
            }
        }
        Self(hosts)
    }

    /// The addresses of one name, in the order of the file; none if it is not in it.
    pub(super) fn addresses(&self, name: &str) -> Vec<IpAddr> {
        self.0.get(&key(name)).cloned().unwrap_or_default()
    }
}

fn key(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_the_addresses_of_all_its_lines() {
        let hosts =
            Hosts::parse("127.0.0.1 localhost\n# 9.9.9.9 www\n10.0.0.1\tWWW.Corp www # 8.8.8.8 other\n\n::1 www\r\n");
        assert_eq!(hosts.addresses("www"), ["10.0.0.1".parse::<IpAddr>().unwrap(), "::1".parse().unwrap()]);
        assert_eq!(hosts.addresses("www.corp.").len(), 1);
        assert!(hosts.addresses("other").is_empty() && hosts.addresses("").is_empty());
    }

    #[test]
    fn lines_that_make_no_sense_are_left_out() {
        let hosts =
            Hosts::parse("no.address here\n1.2.3 bad\n999.1.1.1 bad\n1.2.3.4\n\u{0}\u{1}\nfe80::1%lo0 scoped\n");
        assert!(hosts.addresses("bad").is_empty() && hosts.addresses("here").is_empty());
        assert_eq!(hosts.addresses("scoped").len(), 1);
    }
}
