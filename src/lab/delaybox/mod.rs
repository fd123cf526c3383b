//! A path of known length: two namespaces joined by a box in user space that holds every packet for a set time.
//!
//! Each end is a TUN device, so what the kernels on both sides do is what they do on any link. The box keeps account of
//! what it really did: the truth is the realised delay, not the setting. Kernels without netem can run it.

mod forward;
mod link;
mod segment;
mod tun;

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::namespace::{Namespace, NamespaceError};

pub use link::Link;
pub use segment::{Kind, Segment};

/// The device in both namespaces.
pub const DEVICE: &str = "delay0";
/// The address of the near end.
pub const NEAR: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
/// The address of the far end.
pub const FAR: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 2);
/// The second address of the far end, where a path of its own may lead.
pub const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 3);

/// Why there is no box.
#[derive(Debug, thiserror::Error)]
pub enum DelayError {
    /// See there.
    #[error(transparent)]
    Namespace(#[from] NamespaceError),
    /// The device or the thread was refused.
    #[error("cannot {what} for the delay box: {reason}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        reason: io::Error,
    },
}

/// What became of one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passage {
    /// Towards the far end.
    pub outward: bool,
    /// Bytes, IP header included.
    pub length: usize,
    /// When the box read it.
    pub arrived: Instant,
    /// From the box's reading it to its writing it.
    pub held: Duration,
    /// What it is.
    pub kind: Kind,
}

/// A packet that the box let vanish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drop {
    /// Towards the far end.
    pub outward: bool,
    /// When the box read it.
    pub arrived: Instant,
    /// What it was.
    pub kind: Kind,
}

/// What a box did in its life.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// Each packet, in the order in which they left; the first million.
    pub passages: Vec<Passage>,
    /// Each packet that was lost on purpose, and each of IPv6, likewise.
    pub drops: Vec<Drop>,
    /// Packets the far side's device did not take.
    pub lost: u64,
    /// The thread had real-time priority.
    pub realtime: bool,
}

/// A running box; it stops when it is finished or dropped.
#[derive(Debug)]
pub struct DelayBox {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Account>>,
}

impl DelayBox {
    /// Joins two namespaces: [`NEAR`] in one, [`FAR`] in the other, `one_way` apart in either direction.
    ///
    /// # Errors
    /// See [`DelayError`]; needs root and `/dev/net/tun`.
    pub fn between(near: &Namespace, far: &Namespace, one_way: Duration) -> Result<Self, DelayError> {
        Self::joining(near, far, Link::of(one_way))
    }

    /// Joins two namespaces by a link of any kind. Packets of IPv6 are let in, and vanish.
    ///
    /// # Errors
    /// As [`DelayBox::between`].
    pub fn joining(near: &Namespace, far: &Namespace, link: Link) -> Result<Self, DelayError> {
        let ends = [tun::open(near, NEAR, FAR)?, tun::open(far, FAR, NEAR)?];
        near.ip(&format!("route add {ELSEWHERE} dev {DEVICE}"))?;
        far.ip(&format!("addr add {ELSEWHERE} peer {NEAR} dev {DEVICE}"))?;
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("delay box".to_owned())
            .spawn(move || forward::until(&told, &ends, link))
            .map_err(|reason| DelayError::Io { what: "start a thread", reason })?;
        Ok(Self { stop, thread: Some(thread) })
    }

    /// Stops the box and tells what it did.
    #[must_use]
    pub fn finish(mut self) -> Account {
        self.end().unwrap_or_default()
    }

    fn end(&mut self) -> Option<Account> {
        self.stop.store(true, Ordering::Relaxed);
        // A panic over there has been printed by its own thread.
        self.thread.take()?.join().ok()
    }
}

impl std::ops::Drop for DelayBox {
    fn drop(&mut self) {
        self.end();
    }
}
