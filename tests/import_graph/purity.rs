//! What pure code may not name.

use super::source::Source;

/// Crates that open something.
const CRATES: [&str; 14] = [
    "tokio",
    "hyper",
    "hyper_util",
    "reqwest",
    "rusqlite",
    "libc",
    "nix",
    "socket2",
    "rustls",
    "tokio_rustls",
    "tempfile",
    "indicatif",
    "futures_util",
    "getrandom",
];

/// Types and functions that touch the outside, each as the last words of a path.
const NAMES: [&str; 31] = [
    "Instant::now",
    "SystemTime::now",
    "OffsetDateTime::now_utc",
    "OffsetDateTime::now_local",
    "UtcDateTime::now",
    "Uuid::new_v4",
    "Uuid::now_v7",
    "env::var",
    "env::var_os",
    "env::vars",
    "env::args",
    "env::current_dir",
    "rand::rng",
    "rand::random",
    "thread_rng",
    "OsRng",
    "SysRng",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "UnixStream",
    "ToSocketAddrs",
    "std::fs",
    "std::process",
    "File::open",
    "File::create",
    "fs::read_to_string",
    "fs::write",
    "thread::spawn",
    "thread::sleep",
    "io::stdin",
];

/// Each place where `source` names one of them: line and name.
pub fn forbidden(source: &Source) -> Vec<(usize, &'static str)> {
    let crates = CRATES.into_iter().flat_map(|name| source.crate_uses(name).into_iter().map(move |line| (line, name)));
    let names = NAMES.into_iter().flat_map(|name| source.mentions(name).into_iter().map(move |line| (line, name)));
    let mut found: Vec<_> = crates.chain(names).collect();
    found.sort_unstable();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<(usize, &'static str)> {
        forbidden(&Source::new(text))
    }

    #[test]
    fn the_outside_is_seen() {
        assert_eq!(names("fn f() {\n let now = std::time::Instant::now();\n}"), [(2, "Instant::now")]);
        assert_eq!(names("use tokio::net::TcpStream;"), [(1, "TcpStream"), (1, "tokio")]);
        assert_eq!(names("use std::net::{IpAddr, UdpSocket};"), [(1, "UdpSocket")]);
        assert_eq!(names("let home = std::env::var(\"HOME\");"), [(1, "env::var")]);
        assert_eq!(names("let rng = rand :: rng();"), [(1, "rand::rng")]);
        assert_eq!(names("use std::{fmt, fs};"), [(1, "std::fs")]);
        assert_eq!(names("use {libc, serde::Serialize};"), [(1, "libc")]);
    }

    #[test]
    fn words_that_only_look_alike_are_left_alone() {
        assert!(names("use std::net::{IpAddr, SocketAddr}; use std::time::Duration;").is_empty());
        assert!(names("fn f(now: Instant) { g(my_tokio::x, self.tokio, Instant::nowhere); }").is_empty());
        assert!(names("/// Never `Instant::now()`.\nfn f() {} // tokio::spawn").is_empty());
    }
}
