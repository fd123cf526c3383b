//! The thread that tells what happened, so that a slow reader holds up nobody.

use std::sync::mpsc::{Receiver, Sender};

use super::event::{Event, Journal};
use super::inbox::Happened;

/// Tells until nobody sends any more; where the reader is gone the agent is asked to end, once.
pub(super) fn tell(events: &Receiver<Event>, mut journal: Box<dyn Journal>, agent: &Sender<Happened>) {
    let mut heard = true;
    for event in events {
        if heard && journal.take(&event).is_err() {
            heard = false;
            // The agent may have ended already; then nobody needs to be told.
            let _ = agent.send(Happened::Unheard);
        }
    }
}
