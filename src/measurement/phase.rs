//! The timeline of one hop: six phases that follow each other, and what lies between them.

use serde::{Deserialize, Serialize};

use super::units::Micros;

/// A stretch of one exchange, in the order in which they happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// From the name to its addresses.
    Resolve,
    /// From the first SYN to an established connection; happy eyeballs and a proxy's own answer included.
    Connect,
    /// The TLS handshake, to the point where the request may be sent.
    Tls,
    /// Handing the request to the kernel.
    Send,
    /// From the sent request to the first byte of the response header, after decryption.
    Wait,
    /// From the first header byte to the last byte of the body.
    Receive,
}

impl Phase {
    /// All six, in order.
    pub const ALL: [Self; 6] = [Self::Resolve, Self::Connect, Self::Tls, Self::Send, Self::Wait, Self::Receive];

    /// The name in JSON and on pages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Send => "send",
            Self::Wait => "wait",
            Self::Receive => "receive",
        }
    }
}

/// How long one phase took, and what is known of why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseTime {
    /// From the phase's start to its end.
    pub elapsed_us: Micros,
    /// The part spent waiting for a packet that had not arrived (by the kernel's receive timestamps).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_us: Option<Micros>,
    /// CPU time of the measuring thread within the phase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_us: Option<Micros>,
    /// Time the measuring thread was ready to run and was not let run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_delay_us: Option<Micros>,
}

impl PhaseTime {
    /// The rest of the phase: our own work, and packets that lay unread.
    #[must_use]
    pub fn local_us(&self) -> Option<Micros> {
        self.network_us.map(|network| self.elapsed_us.saturating_sub(network))
    }
}

/// The phases of one hop that took place.
///
/// A phase that did not happen is absent: no `tls` over plain HTTP, no `resolve` for an address, neither `resolve`,
/// `connect` nor `tls` on a kept connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phases {
    /// See [`Phase::Resolve`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolve: Option<PhaseTime>,
    /// See [`Phase::Connect`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect: Option<PhaseTime>,
    /// See [`Phase::Tls`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<PhaseTime>,
    /// See [`Phase::Send`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send: Option<PhaseTime>,
    /// See [`Phase::Wait`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<PhaseTime>,
    /// See [`Phase::Receive`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receive: Option<PhaseTime>,
}

impl Phases {
    /// One phase by name.
    #[must_use]
    pub fn get(&self, phase: Phase) -> Option<PhaseTime> {
        match phase {
            Phase::Resolve => self.resolve,
            Phase::Connect => self.connect,
            Phase::Tls => self.tls,
            Phase::Send => self.send,
            Phase::Wait => self.wait,
            Phase::Receive => self.receive,
        }
    }

    /// The place of one phase.
    pub fn slot(&mut self, phase: Phase) -> &mut Option<PhaseTime> {
        match phase {
            Phase::Resolve => &mut self.resolve,
            Phase::Connect => &mut self.connect,
            Phase::Tls => &mut self.tls,
            Phase::Send => &mut self.send,
            Phase::Wait => &mut self.wait,
            Phase::Receive => &mut self.receive,
        }
    }

    /// Those that took place, in order.
    pub fn present(&self) -> impl Iterator<Item = (Phase, PhaseTime)> + '_ {
        Phase::ALL.into_iter().filter_map(|phase| self.get(phase).map(|time| (phase, time)))
    }

    /// Their sum.
    #[must_use]
    pub fn elapsed_us(&self) -> Micros {
        self.present().map(|(_, time)| time.elapsed_us).sum()
    }
}
