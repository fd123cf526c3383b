//! Taking in: which samples are new, their metrics, the archive; then what is poison, aside.

use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsMessage};
use parallax::adapters::aws::failure::Failure;
use parallax::archive::error::ArchiveError;
use parallax::archive::marks::Touch;
use parallax::archive::port::{self, Append, Known};
use parallax::intake::arrival::Arrivals;
use parallax::intake::plan::decide;
use parallax::measurement::miss::Miss;
use parallax::measurement::refused::Refused;
use parallax::measurement::units::UnixMillis;
use parallax::measurement::wire::Record;
use parallax::metrics::datum::Datum;
use parallax::metrics::error::PublishError;
use parallax::metrics::gaps::gaps;
use parallax::metrics::observed::{Observed, observed};
use parallax::metrics::port::Publish;
use parallax::metrics::request::requests;

use crate::journal::{Journal, Line, short};
use crate::pace::{Pace, again, archive_may_pass};
use crate::rollup::grid;
use crate::settings::Settings;

use super::group::groups;
use super::message::Message;
use super::port::SetAside;

/// Of the time of an invocation, what is kept for setting messages aside: poison does not wait for an archive that does not
/// answer.
const TO_SET_ASIDE: Duration = Duration::from_secs(5);
/// But no more of it than one part in so many.
const PART_MAX: u32 = 4;

/// Where samples go, and how long there is.
pub struct TakeIn<'a, A, M, P, D, C> {
    /// The archive.
    pub archive: &'a mut A,
    /// The marks on its windows.
    pub marks: &'a mut M,
    /// The metrics.
    pub metrics: &'a mut P,
    /// The dead letters.
    pub dead_letters: &'a mut D,
    /// Time and chance.
    pub pace: &'a C,
    /// What is published, and how long samples are kept.
    pub settings: &'a Settings,
    /// The log.
    pub journal: Journal<'a>,
    /// When the answer has to be given: what is not done by then goes back to the queue.
    pub until: UnixMillis,
}

/// What is to be published and kept of a group of messages.
#[derive(Default)]
struct Load {
    messages: usize,
    sound: Vec<Record>,
    missed: Vec<Miss>,
    refused: Vec<Refused>,
}

impl Load {
    /// Takes over what a message has; whether that is anything.
    fn take(&mut self, message: &mut Message) -> bool {
        let Message { sound, missed, refused, .. } = message;
        let is_any = !(sound.is_empty() && missed.is_empty() && refused.is_none());
        self.sound.append(sound);
        self.missed.append(missed);
        self.refused.extend(refused.take());
        is_any
    }

    fn is_empty(&self) -> bool {
        self.sound.is_empty() && self.missed.is_empty() && self.refused.is_empty()
    }
}

/// Why messages go back to the queue.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error("the time of this invocation is over")]
    Time,
}

impl<A, M, P, D, C> TakeIn<'_, A, M, P, D, C>
where
    A: Append + Known + port::Miss,
    M: Touch,
    P: Publish,
    D: SetAside,
    C: Pace,
{
    /// Takes in a batch. The messages that are named in the answer go back to the queue, the others are done with.
    pub async fn batch(mut self, messages: Vec<SqsMessage>) -> SqsBatchResponse {
        let now = self.pace.now();
        let for_poison = TO_SET_ASIDE.min(self.until.since(now) / PART_MAX);
        let for_samples = self.until.minus(for_poison);
        let messages = messages.into_iter().map(|message| Message::of(message, now)).collect();
        let mut response = SqsBatchResponse::default();
        for group in groups(messages) {
            for id in self.group(group, for_samples).await {
                response.add_failure(id);
            }
        }
        response
    }

    /// The ids of messages that are not done with.
    async fn group(&mut self, mut group: Vec<Message>, until: UnixMillis) -> Vec<String> {
        let mut load = Load { messages: group.len(), ..Load::default() };
        let waiting: Vec<bool> = group.iter_mut().map(|message| load.take(message)).collect();
        let kept = load.is_empty() || self.keep(load, until).await;
        let mut failed = Vec::new();
        for (message, waiting) in group.into_iter().zip(waiting) {
            // Aside comes last: a message that is given back would be set aside twice.
            let done = (kept || !waiting) && (message.poison.is_empty() || self.set_aside(&message).await);
            if !done {
                failed.push(message.id);
            }
        }
        failed
    }

    /// Whether all of this is published and kept.
    async fn keep(&mut self, load: Load, until: UnixMillis) -> bool {
        let (pace, messages) = (self.pace, load.messages);
        let kept = pace.within(until.since(pace.now()), self.publish_and_keep(load, until)).await;
        let reason = match kept {
            Some(Ok(())) => return true,
            Some(Err(stop)) => stop,
            None => Stop::Time,
        };
        (self.journal)(&Line::GivenBack { messages, reason: short(&reason) });
        false
    }

    async fn publish_and_keep(&mut self, load: Load, until: UnixMillis) -> Result<(), Stop> {
        let (pace, journal, settled) = (self.pace, self.journal, self.until);
        let Load { messages, sound, missed, refused } = load;
        let arrived = sound.len();
        let known = again(pace, until, archive_may_pass, async || self.archive.known(&sound).await).await?;
        let fresh = decide(Arrivals { sound, ..Arrivals::default() }, &known).fresh;
        if !fresh.is_empty() {
            let windows = grid::touched(&fresh, pace.now(), self.settings.keep);
            again(pace, until, archive_may_pass, async || self.marks.touch(&windows, settled).await).await?;
        }
        let Observed { mut datums, archived_only } = observed(&fresh, self.settings.metrics, pace.now());
        if !(fresh.is_empty() && refused.is_empty()) {
            datums.extend(gaps(&[], &refused, pace.now()));
        }
        self.publish(datums, until).await?;
        if !fresh.is_empty() {
            again(pace, until, archive_may_pass, async || self.archive.append(&fresh).await).await?;
        }
        if !missed.is_empty() {
            again(pace, until, archive_may_pass, async || self.archive.miss(&missed).await).await?;
            // Last, because an alarm adds them up: what is given back for any other reason would be counted again.
            self.publish(gaps(&missed, &[], pace.now()), until).await?;
        }
        let (new, repeated) = (fresh.len(), arrived - fresh.len());
        journal(&Line::TakenIn { messages, new, repeated, missed: missed.len(), archived_only });
        Ok(())
    }

    async fn publish(&mut self, datums: Vec<Datum>, until: UnixMillis) -> Result<(), Stop> {
        for request in requests(datums) {
            let publishing = async || self.metrics.publish(&request).await;
            match again(self.pace, until, PublishError::may_pass, publishing).await {
                // What CloudWatch will never take must not keep the archive from having it.
                Err(error @ PublishError::Refused { .. }) => {
                    let (datums, reason) = (request.datums().len(), short(&error));
                    (self.journal)(&Line::NotPublished { datums, reason });
                }
                published => published?,
            }
        }
        Ok(())
    }

    /// Whether the message is among the dead letters now.
    async fn set_aside(&mut self, message: &Message) -> bool {
        let (pace, until) = (self.pace, self.until);
        for poison in &message.poison {
            (self.journal)(&Line::poison(&message.id, poison));
        }
        let reason = message.poison.first().map(|poison| short(&poison.reason)).unwrap_or_default();
        let sending = again(
            pace,
            until,
            |failure: &Failure| failure.kind.may_pass(),
            async || self.dead_letters.set_aside(&message.body, &reason).await,
        );
        let reason = match pace.within(until.since(pace.now()), sending).await {
            Some(Ok(())) => {
                (self.journal)(&Line::SetAside { message: message.id.clone() });
                return true;
            }
            Some(Err(failure)) => short(&failure),
            None => short(&Stop::Time),
        };
        (self.journal)(&Line::GivenBack { messages: 1, reason });
        false
    }
}
