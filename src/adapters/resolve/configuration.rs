//! What the system says of its name servers.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV6};
use std::path::Path;
use std::time::Duration;

use resolv_conf::{Config, ScopedIp};

use super::hosts::Hosts;

/// The C library's limits (`resolv.h`): name servers, seconds a try, tries, dots.
const SERVERS_MAX: usize = 3;
const TIMEOUT_MAX: u32 = 30;
const ATTEMPTS_MAX: u32 = 5;
const NDOTS_MAX: u32 = 15;

/// Name servers, how to ask them, and the hosts file.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// Asked in this order; never empty.
    pub servers: Vec<SocketAddr>,
    /// The search list.
    pub search: Vec<String>,
    /// A name with so many dots is first tried as it stands.
    pub ndots: u32,
    /// What one server gets for its first answer.
    pub timeout: Duration,
    /// How often the servers are asked in turn.
    pub attempts: u32,
    /// Begin with another server each time.
    pub rotate: bool,
    /// Ask over TCP from the start.
    pub tcp: bool,
    /// Ask for A and AAAA one after the other.
    pub single_request: bool,
    /// Do not ask for AAAA.
    pub no_aaaa: bool,
    pub(super) hosts: Hosts,
}

impl Configuration {
    /// Reads `/etc/resolv.conf` and `/etc/hosts`; a file that is not there counts as empty.
    #[must_use]
    pub fn read() -> Self {
        Self::read_from(Path::new("/etc/resolv.conf"), Path::new("/etc/hosts"))
    }

    /// Reads these files; a file that cannot be read counts as empty.
    #[must_use]
    pub fn read_from(resolv_conf: &Path, hosts: &Path) -> Self {
        let text = |path| fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        let mut configuration = Self::parse(&text(resolv_conf), &text(hosts));
        if configuration.search.is_empty() {
            // As the C library does: the host's own domain, when the file names none.
            let (config, _) = Config::parse_with_errors(text(resolv_conf).as_bytes());
            configuration.search = config.get_system_domain().into_iter().filter(|domain| !domain.is_empty()).collect();
        }
        configuration
    }

    /// From the texts of `resolv.conf` and `hosts`; lines that make no sense are left out, as the C library does.
    ///
    /// Without a name server it is 127.0.0.1. Numbers are held to the C library's limits, and to at least 1.
    #[must_use]
    pub fn parse(resolv_conf: &str, hosts: &str) -> Self {
        let (config, _) = Config::parse_with_errors(resolv_conf.as_bytes());
        let mut servers: Vec<SocketAddr> = config.nameservers.iter().take(SERVERS_MAX).map(socket).collect();
        if servers.is_empty() {
            servers.push(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 53));
        }
        Self {
            servers,
            search: config.get_last_search_or_domain().cloned().collect(),
            ndots: config.ndots.min(NDOTS_MAX),
            timeout: Duration::from_secs(u64::from(config.timeout.clamp(1, TIMEOUT_MAX))),
            attempts: config.attempts.clamp(1, ATTEMPTS_MAX),
            rotate: config.rotate,
            tcp: config.use_vc,
            single_request: config.single_request || config.single_request_reopen,
            no_aaaa: config.no_aaaa,
            hosts: Hosts::parse(hosts),
        }
    }

    /// The servers as text, for the environment of a sample.
    #[must_use]
    pub fn resolvers(&self) -> Vec<String> {
        let shown =
            |server: &SocketAddr| if server.port() == 53 { server.ip().to_string() } else { server.to_string() };
        self.servers.iter().map(shown).collect()
    }
}

fn socket(server: &ScopedIp) -> SocketAddr {
    match server {
        ScopedIp::V4(address) => SocketAddr::new(IpAddr::V4(*address), 53),
        ScopedIp::V6(address, scope) => SocketAddrV6::new(*address, 53, 0, scope.as_deref().map_or(0, scope_id)).into(),
    }
}

/// The index of an interface, given by name or as a number; 0 for one that does not exist.
fn scope_id(scope: &str) -> u32 {
    scope.parse().ok().or_else(|| nix::net::if_::if_nametoindex(scope).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_file_means_a_server_on_this_host() {
        let configuration = Configuration::read_from(Path::new("/nonexistent/a"), Path::new("/nonexistent/b"));
        assert_eq!(configuration.servers, ["127.0.0.1:53".parse().unwrap()]);
        assert_eq!((configuration.ndots, configuration.attempts, configuration.timeout.as_secs()), (1, 2, 5));
    }

    #[test]
    fn options_are_held_to_the_limits_of_the_c_library() {
        let text = "options ndots:99 timeout:0 attempts:99 rotate use-vc\nnameserver 1.1.1.1\nnameserver 2::2\n\
                    nameserver 3.3.3.3\nnameserver 4.4.4.4\ndomain a.example\nsearch b.example c.example\n";
        let found = Configuration::parse(text, "");
        assert_eq!(
            (found.ndots, found.timeout.as_secs(), found.attempts, found.rotate, found.tcp),
            (15, 1, 5, true, true)
        );
        assert_eq!(found.resolvers(), ["1.1.1.1", "2::2", "3.3.3.3"]);
        assert_eq!(found.search, ["b.example", "c.example"]);
    }

    #[test]
    fn a_bad_line_does_not_hide_the_good_ones() {
        let found =
            Configuration::parse("garbage\nnameserver\nnameserver x\noptions nonsense:9\nnameserver 9.9.9.9\n", "");
        assert_eq!(found.resolvers(), ["9.9.9.9"]);
        let scoped = Configuration::parse("nameserver fe80::1%lo\nnameserver fe80::1%no-such-interface\n", "");
        assert_eq!(scoped.servers.len(), 2);
    }
}
