//! The system's resolver, on a thread of its own because it blocks.

use std::net::{IpAddr, ToSocketAddrs};

use tokio::sync::oneshot;

use super::error::{LookupError, shown};
use crate::adapters::clock::Timeline;
use crate::measurement::outcome::Cause;
use crate::probe::transcript::Wait;

/// `getaddrinfo`: one wait without a stamp, because what it did in that time cannot be seen.
///
/// A caller that gives up leaves the thread to the C library's own time limit.
pub(super) async fn addresses(
    name: &str,
    timeline: &Timeline,
    waits: &mut Vec<Wait>,
) -> Result<Vec<IpAddr>, LookupError> {
    let (sender, receiver) = oneshot::channel();
    let asked = name.to_owned();
    let from = timeline.now();
    let started = std::thread::Builder::new().name("getaddrinfo".to_owned()).spawn(move || {
        // The receiver is gone when the caller gave up: then nobody is interested.
        let _ =
            sender.send((asked.as_str(), 0).to_socket_addrs().map(|found| found.map(|a| a.ip()).collect::<Vec<_>>()));
    });
    let failed = |detail: String| LookupError::new(Cause::ResolverFailed, detail);
    started.map_err(|error| failed(format!("cannot start a thread for the system's resolver: {error}")))?;
    let answer = receiver.await;
    waits.push(Wait { from, to: timeline.now(), arrived: None });
    match answer {
        Ok(Ok(found)) if found.is_empty() => Err(LookupError::new(
            Cause::NameNotFound,
            format!("the system's resolver found no address for {}", shown(name)),
        )),
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => {
            let text = error.to_string();
            let cause = if is_temporary(&text) { Cause::ResolverFailed } else { Cause::NameNotFound };
            Err(LookupError::new(cause, format!("the system's resolver on {}: {text}", shown(name))))
        }
        Err(_) => Err(failed(format!("the system's resolver ended without an answer on {}", shown(name)))),
    }
}

/// The standard library gives the code of `getaddrinfo` only as the C library's text.
fn is_temporary(text: &str) -> bool {
    ["emporary failure", "ry again", "System error", "Memory", "Non-recoverable"].iter().any(|part| text.contains(part))
}
