//! What reaches an agent while it runs, and how it is asked to stop.

use std::sync::mpsc::{Receiver, Sender, channel};

use crate::measurement::units::UnixMillis;
use crate::measurement::wire::Record;

/// What reaches the agent.
pub(super) enum Happened {
    /// An exchange has ended.
    Measured { line: usize, record: Box<Record> },
    /// The archive's answer after the clock went back.
    Slots(Vec<Vec<UnixMillis>>),
    /// Somebody asks for the end.
    Stop,
    /// Nobody reads what is told.
    Unheard,
    /// The archive thread has ended.
    Written { lost: usize, reason: String },
    /// A measuring thread cannot go on.
    NoProber(String),
}

/// Asks a running agent to stop; asked again, it stops at once.
#[derive(Clone)]
pub struct Stop(Sender<Happened>);

impl Stop {
    /// Asks.
    pub fn ask(&self) {
        // An agent that has ended needs no asking.
        let _ = self.0.send(Happened::Stop);
    }
}

/// Where an agent hears what happens.
pub struct Inbox {
    pub(super) sender: Sender<Happened>,
    pub(super) receiver: Receiver<Happened>,
}

/// The two ends by which an agent is stopped.
#[must_use]
pub fn stop() -> (Stop, Inbox) {
    let (sender, receiver) = channel();
    (Stop(sender.clone()), Inbox { sender, receiver })
}
