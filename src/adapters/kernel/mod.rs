//! What the kernel knows of a measurement: when packets arrived, what TCP saw of the path, and what the thread got of
//! the processor.
//!
//! Linux tells all of it; elsewhere each answer is `None`, and whoever asks leaves the field out.

use std::time::Duration;

use crate::measurement::units::Micros;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::{
    connections::{consumed, tcp_facts_between},
    memory::keep_freed_memory,
    receive::{enable_receive_stamps, receive},
    tcp::tcp_facts,
    thread::{run_delay, steal, step_back, switches, thread_cpu},
};

#[cfg(not(target_os = "linux"))]
mod other;
#[cfg(not(target_os = "linux"))]
pub use other::{
    consumed, enable_receive_stamps, keep_freed_memory, receive, run_delay, steal, step_back, switches, tcp_facts,
    tcp_facts_between, thread_cpu,
};

pub mod stamping;

/// Whether this platform stamps packets as they arrive.
pub const HAS_RECEIVE_STAMPS: bool = cfg!(target_os = "linux");

/// When the kernel received what was read, on the wall clock: the time since 1970.
pub type Stamp = Duration;

/// What `TCP_INFO` says of one connection now.
///
/// An older kernel fills in less; what it leaves out is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpFacts {
    /// Smoothed round trip; right after the handshake it is the handshake's own.
    pub rtt: Option<Micros>,
    /// Smallest round trip.
    pub min_rtt: Option<Micros>,
    /// Segments sent again since the start, SYN included.
    pub retransmits: Option<u32>,
    /// Segments received.
    pub segments_in: Option<u32>,
    /// Segments sent.
    pub segments_out: Option<u32>,
    /// Maximum segment size for sending, in bytes.
    pub mss: Option<u32>,
    /// Segments of data that came before one that was sent earlier.
    pub out_of_order: Option<u32>,
}

/// How often the calling thread has left the processor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Switches {
    /// To wait for something.
    pub voluntary: u64,
    /// Because the kernel said so.
    pub involuntary: u64,
}
