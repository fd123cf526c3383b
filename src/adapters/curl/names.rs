//! Which addresses a hop may go to: looked up, checked, and then pinned.

use std::net::{IpAddr, ToSocketAddrs};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use url::{Host, Url};

use crate::measurement::outcome::{Cause, Failure};
use crate::measurement::phase::Phase;
use crate::measurement::units::Micros;
use crate::probe::guard;
use crate::probe::target::{AddressFamily, Target};

/// What a hop may be asked of.
#[derive(Debug, Default)]
pub(super) struct Allowed {
    /// The addresses to pin; empty where curl may look the name up itself, or has nothing to look up.
    pub(super) pinned: Vec<IpAddr>,
    /// How long our own lookup took, where there was one.
    pub(super) lookup: Option<Micros>,
}

/// Checks where a hop would go to, and looks its name up where curl must not.
///
/// A proxy looks names up where we cannot see it: through one, only addresses in the URL itself can be checked.
pub(super) fn allowed(target: &Target, url: &Url, limit: Duration) -> Result<Allowed, Failure> {
    let check = |address: IpAddr| {
        guard::check(address, target.allow_private)
            .map_err(|refused| failure(Phase::Connect, Cause::AddressRefused, refused.to_string()))
    };
    let name = match url.host() {
        None => return Err(failure(Phase::Resolve, Cause::Other, "the URL has no host".to_owned())),
        Some(Host::Ipv4(address)) => return check(address.into()).map(|()| Allowed::default()),
        Some(Host::Ipv6(address)) => return check(address.into()).map(|()| Allowed::default()),
        Some(Host::Domain(name)) => name.to_owned(),
    };
    if let Some(address) = guard::literal(&name) {
        check(address)?;
    }
    if target.allow_private || target.proxy.is_some() {
        return Ok(Allowed::default());
    }
    let asked = Instant::now();
    let mut addresses = look_up(name.clone(), limit)?;
    let lookup = Some(Micros::from(asked.elapsed()));
    addresses.retain(|address| match target.family {
        AddressFamily::Both => true,
        AddressFamily::Ipv4 => address.is_ipv4(),
        AddressFamily::Ipv6 => address.is_ipv6(),
    });
    if addresses.is_empty() {
        return Err(failure(
            Phase::Resolve,
            Cause::NameNotFound,
            format!("{name} has no address of the family asked for"),
        ));
    }
    addresses.iter().try_for_each(|address| check(*address))?;
    Ok(Allowed { pinned: addresses, lookup })
}

/// The system's answer, as curl would ask for it, which has no time limit of its own: it is given up, not stopped.
fn look_up(name: String, limit: Duration) -> Result<Vec<IpAddr>, Failure> {
    let (answer, answered) = mpsc::channel();
    let asked = name.clone();
    std::thread::spawn(move || {
        let found = (asked.as_str(), 0).to_socket_addrs().map(|found| found.map(|address| address.ip()).collect());
        let _ = answer.send(found);
    });
    let found: std::io::Result<Vec<IpAddr>> = answered.recv_timeout(limit).map_err(|_| {
        failure(Phase::Resolve, Cause::Timeout, format!("looking up {name} took longer than {limit:?}"))
    })?;
    let mut addresses = found.map_err(|error| {
        let detail = error.to_string();
        let temporary = detail.contains("emporary failure") || detail.contains("ry again");
        failure(Phase::Resolve, if temporary { Cause::ResolverFailed } else { Cause::NameNotFound }, detail)
    })?;
    let mut seen = std::collections::HashSet::new();
    addresses.retain(|address| seen.insert(*address));
    Ok(addresses)
}

fn failure(phase: Phase, cause: Cause, detail: String) -> Failure {
    Failure { phase, cause, detail }
}
