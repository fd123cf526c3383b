//! Names to addresses, asked by ourselves so that the answer is timed on the wire.
//!
//! A system resolver works behind the caller's back: in its own thread, with its own cache, and its waits cannot be told
//! from its work. Here the questions go out of the measuring thread's own UDP socket, and each wait for an answer is
//! kept with the kernel's receive stamp. Hosts file, search list, `ndots`, timeouts and the order of servers are those
//! of the C library; `nsswitch.conf` is not read.

pub mod configuration;
mod datagram;
pub mod error;
mod hosts;
mod message;
mod names;
mod order;
mod questions;
mod stream;
mod system;
mod waiting;

use std::net::IpAddr;

use configuration::Configuration;
use error::LookupError;

use super::clock::Timeline;
use crate::measurement::outcome::Cause;
use crate::probe::guard;
use crate::probe::target::{AddressFamily, Resolver};
use crate::probe::transcript::Wait;

/// The addresses of a name, in the order in which to try them: IPv6 first, then by turns (RFC 8305, section 4).
///
/// An address in place of a name is its own answer. Waits for both families to be answered, as curl does. Each wait for
/// the network is added to `waits`, also when the returned future is dropped halfway. Must run on a tokio runtime with
/// I/O and time.
///
/// # Errors
/// `NameNotFound` when every server asked says that there is no such name, or no such address; `Timeout` when none
/// answered in the time that the configuration gives them; `ResolverFailed` for every other answer. What one family
/// fails with is not an error if the other has an address.
pub async fn lookup(
    name: &str,
    family: AddressFamily,
    resolver: Resolver,
    configuration: &Configuration,
    timeline: &Timeline,
    waits: &mut Vec<Wait>,
) -> Result<Vec<IpAddr>, LookupError> {
    if let Some(address) = guard::literal(name) {
        return order::wanted(vec![address], family).ok_or_else(|| {
            LookupError::new(Cause::NameNotFound, format!("{address} is not of the family that the target asks for"))
        });
    }
    if resolver == Resolver::System {
        let found = system::addresses(name, timeline, waits).await?;
        return order::wanted(found, family).ok_or_else(|| {
            LookupError::new(Cause::NameNotFound, format!("{} has no address of that family", error::shown(name)))
        });
    }
    if let Some(found) = order::wanted(configuration.hosts.addresses(name), family) {
        return Ok(found);
    }
    if names::is_localhost(name) {
        return Ok(order::wanted(names::LOOPBACK.to_vec(), family).unwrap_or_default());
    }
    questions::search(name, family, configuration, timeline, waits).await.map(order::interleaved)
}
