//! What stands around a probe: addresses, names, curl, and a place for samples.

use std::net::{Ipv6Addr, TcpListener};
use std::path::Path;

use nix::unistd::{AccessFlags, access};
use parallax::adapters::archive::{self, Mode};
use parallax::adapters::curl::Curl;
use parallax::adapters::resolve::configuration::Configuration;
use parallax::archive::error::ArchiveError;

use super::signal::Signal;

pub(super) fn signals(archive: &str) -> Vec<Signal> {
    vec![
        Signal::tried("curl", curl(), "no method `curl`: what a shell script sees cannot be measured"),
        Signal::tried("name servers", name_servers(), "names cannot be resolved on the wire; use --resolver system"),
        Signal::tried("IPv6 on loopback", ipv6(), "pages are reached over IPv4 only"),
        Signal::tried("place for samples", place(archive), "nothing can be kept there"),
    ]
}

/// A curl that can measure is one that writes its figures as JSON.
fn curl() -> Result<String, String> {
    Curl::find().map(|curl| format!("{}, writes JSON", curl.version())).map_err(|error| error.to_string())
}

fn name_servers() -> Result<String, String> {
    let configuration = Configuration::read();
    let servers = configuration.resolvers();
    if servers.is_empty() {
        return Err("/etc/resolv.conf names none".to_owned());
    }
    Ok(format!("{} (none was asked: this stays on the machine)", servers.join(", ")))
}

fn ipv6() -> Result<String, String> {
    TcpListener::bind((Ipv6Addr::LOCALHOST, 0))
        .map(|_| "[::1] can be bound".to_owned())
        .map_err(|error| format!("[::1] cannot be bound: {error}"))
}

/// Whether samples could be kept there; nothing is made or changed to find out.
fn place(archive: &str) -> Result<String, String> {
    match archive::open(archive, Mode::Read) {
        Ok(_) => writable(path(archive)).map(|()| format!("{archive} is an archive, and can be written")),
        Err(ArchiveError::Missing { .. }) => {
            let parent = path(archive).parent().filter(|parent| !parent.as_os_str().is_empty());
            writable(parent.unwrap_or(Path::new("."))).map(|()| format!("{archive} can be made"))
        }
        Err(error) => Err(error.to_string()),
    }
}

fn path(archive: &str) -> &Path {
    Path::new(archive.split_once(':').map_or(archive, |(_, path)| path))
}

fn writable(path: &Path) -> Result<(), String> {
    access(path, AccessFlags::W_OK).map_err(|error| format!("{} cannot be written: {error}", path.display()))
}
