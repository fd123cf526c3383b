//! What an exchange leaves behind: instants and waits, from which phases are made.

use crate::measurement::units::Micros;

/// An instant of one exchange: the time since its first instant, rounded down to the microsecond.
pub type Instant = Micros;

/// A stretch in which the thread had nothing to do but wait for the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The read found nothing.
    pub from: Instant,
    /// The read that followed found something.
    pub to: Instant,
    /// When the kernel received what was found; absent where the platform does not say.
    pub arrived: Option<Instant>,
}

impl Wait {
    /// The part of the wait in which the packet was still on its way: `clamp(arrived − from, 0, to − from)`.
    #[must_use]
    pub fn network(&self) -> Option<Micros> {
        self.arrived.map(|arrived| arrived.min(self.to).saturating_sub(self.from))
    }
}
