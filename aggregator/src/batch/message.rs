//! One message of the queue, read.

use aws_lambda_events::event::sqs::SqsMessage;
use parallax::intake::arrival::{Arrivals, Poison, decode};
use parallax::measurement::miss::Miss;
use parallax::measurement::refused::Refused;
use parallax::measurement::units::UnixMillis;
use parallax::measurement::wire::Record;

/// What is in it, and its text, in case that it has to be set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// By which the queue knows it; empty where it does not say.
    pub id: String,
    /// As it was sent.
    pub body: String,
    /// Samples that can be true.
    pub sound: Vec<Record>,
    /// Slots without one.
    pub missed: Vec<Miss>,
    /// Rows of the sender's table of pages that are no pages.
    pub refused: Option<Refused>,
    /// The rest.
    pub poison: Vec<Poison>,
}

impl Message {
    /// Reads one; nothing in it can make this fail.
    #[must_use]
    pub fn of(message: SqsMessage, now: UnixMillis) -> Self {
        let body = message.body.unwrap_or_default();
        let Arrivals { sound, missed, refused, poison } = decode(body.as_bytes(), now);
        Self { id: message.message_id.unwrap_or_default(), body, sound, missed, refused, poison }
    }
}
