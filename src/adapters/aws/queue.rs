//! A queue of Amazon SQS: sends messages in batches, and says of each whether it was taken.

pub mod batch;
pub mod url;

use std::collections::VecDeque;
use std::time::Duration;

use aws_config::{Region, SdkConfig};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::BuildError;
use aws_sdk_sqs::types::{BatchResultErrorEntry, DeleteMessageBatchRequestEntry, SendMessageBatchRequestEntry};

use super::failure::{self, Failure, Kind};
use crate::adapters::random;

/// The most messages that one call gives.
pub const RECEIVED_MAX: usize = 10;
/// A message is hidden from others for so long once it is received: long enough to send it on.
pub const HIDDEN: Duration = Duration::from_secs(120);
/// Messages are waited for: asked for what is there at once, SQS looks at some of its servers, and may say that there is
/// nothing where there is. This is the shortest wait that has all of them looked at; it ends with the first message.
const WAITED: Duration = Duration::from_secs(1);
/// The pause before what the queue refused for the moment is sent again; it doubles, and a random part of it is taken.
const PAUSE_FIRST: Duration = Duration::from_millis(100);
const PAUSE_LONGEST: Duration = Duration::from_secs(5);
/// As IAM writes them: a batch needs what each of its messages would.
const SEND: &str = "sqs:SendMessage";
const DELETE: &str = "sqs:DeleteMessage";
/// Tries where the configuration names none; the SDK has the same.
const TRIES: u32 = 3;

/// A queue.
#[derive(Clone, Debug)]
pub struct Queue {
    client: Client,
    url: String,
    tries: u32,
}

/// What became of messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// How many the queue took.
    pub accepted: usize,
    /// The others, in the order in which they were given.
    pub unsent: Vec<Unsent>,
}

/// A message that the queue did not take.
///
/// Where the failure is [`Kind::Unanswered`] it may have been taken all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsent {
    /// Which of those given, from 0.
    pub place: usize,
    /// The message.
    pub message: String,
    /// Why.
    pub failure: Failure,
}

/// A message that was received and is hidden from others for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The message.
    pub message: String,
    /// What it is taken out of the queue by.
    pub receipt: Receipt,
}

/// By which the queue knows that a message was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt(String);

impl Queue {
    /// The queue at a URL, in the region that the URL names, else in that of the configuration.
    ///
    /// What is refused for the moment is sent again as often as the configuration's `retry_config` tries.
    #[must_use]
    pub fn new(config: &SdkConfig, url: impl Into<String>) -> Self {
        let url = url.into();
        let mut own = aws_sdk_sqs::config::Builder::from(config);
        if let Some(region) = url::region(&url) {
            own.set_region(Some(Region::new(region)));
        }
        let tries = config.retry_config().map_or(TRIES, aws_config::retry::RetryConfig::max_attempts);
        Self { client: Client::from_conf(own.build()), url, tries }
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Sends messages, in batches of as many as one call takes.
    ///
    /// Messages refused one by one are tried again where that may help. A whole call that fails was tried again already;
    /// what has not been sent by then is not tried: it would wait as long, and fail alike.
    pub async fn send(&self, messages: Vec<String>) -> Sent {
        let mut sent = Sent::default();
        let mut waiting: Vec<(usize, String)> = Vec::new();
        for (place, message) in messages.into_iter().enumerate() {
            if message.len() > batch::BYTES_MAX {
                let detail = format!("{} bytes, and a message has at most {}", message.len(), batch::BYTES_MAX);
                let failure = self.failure(SEND, Kind::Refused, detail);
                sent.unsent.push(Unsent { place, message, failure });
            } else {
                waiting.push((place, message));
            }
        }
        let mut pause = PAUSE_FIRST;
        for tried in 1.. {
            let (refused, broken) = self.round(waiting, &mut sent).await;
            let (again, lost): (Vec<_>, Vec<_>) =
                refused.into_iter().partition(|unsent| unsent.failure.kind.may_pass() && !broken && tried < self.tries);
            sent.unsent.extend(lost);
            if again.is_empty() {
                break;
            }
            waiting = again.into_iter().map(|unsent| (unsent.place, unsent.message)).collect();
            tokio::time::sleep(part_of(pause)).await;
            pause = (pause * 2).min(PAUSE_LONGEST);
        }
        sent.unsent.sort_by_key(|unsent| unsent.place);
        sent
    }

    /// Sends all of them once; gives back those that were not taken, and whether there is no use in going on.
    async fn round(&self, messages: Vec<(usize, String)>, sent: &mut Sent) -> (Vec<Unsent>, bool) {
        let mut refused = Vec::new();
        let mut broken: Option<Failure> = None;
        let mut batches = VecDeque::from(batch::batches(messages, |(_, message)| message.len()));
        while let Some(batch) = batches.pop_front() {
            let outcome = match &broken {
                Some(failure) => Err(failure.clone()),
                None => self.call(&batch).await,
            };
            match outcome {
                Ok(failed) => {
                    for (index, (place, message)) in batch.into_iter().enumerate() {
                        match failed.iter().find(|entry| entry.id() == index.to_string()) {
                            None => sent.accepted += 1,
                            Some(entry) => refused.push(Unsent { place, message, failure: self.entry(SEND, entry) }),
                        }
                    }
                }
                // One message that cannot be taken has the whole call refused: each is tried alone.
                Err(Failure { kind: Kind::Refused, .. }) if batch.len() > 1 => {
                    batch.into_iter().rev().for_each(|alone| batches.push_front(vec![alone]));
                }
                Err(failure) => {
                    let unsent = |(place, message)| Unsent { place, message, failure: failure.clone() };
                    refused.extend(batch.into_iter().map(unsent));
                    broken = broken.or((failure.kind != Kind::Refused).then_some(failure));
                }
            }
        }
        (refused, broken.is_some())
    }

    async fn call(&self, batch: &[(usize, String)]) -> Result<Vec<BatchResultErrorEntry>, Failure> {
        let mut call = self.client.send_message_batch().queue_url(&self.url);
        for (index, (_, message)) in batch.iter().enumerate() {
            let entry = SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(message).build();
            let refused = |error: BuildError| self.failure(SEND, Kind::Refused, error.to_string());
            call = call.entries(entry.map_err(refused)?);
        }
        let output = call.send().await.map_err(|error| failure::of(SEND, &self.url, &error))?;
        Ok(output.failed)
    }

    fn entry(&self, action: &'static str, entry: &BatchResultErrorEntry) -> Failure {
        let kind = failure::kind(entry.code(), if entry.sender_fault() { 400 } else { 500 });
        let detail = [entry.code(), entry.message().unwrap_or_default()].join(": ");
        self.failure(action, kind, detail)
    }

    fn failure(&self, action: &'static str, kind: Kind, detail: String) -> Failure {
        Failure { action, resource: self.url.clone(), kind, detail }
    }

    /// Up to `most` messages that are there, at most [`RECEIVED_MAX`]; where there is none, it takes a second to know.
    ///
    /// They are hidden from others for [`HIDDEN`]; what is not deleted by then comes again.
    ///
    /// # Errors
    /// The queue cannot be read.
    pub async fn receive(&self, most: usize) -> Result<Vec<Held>, Failure> {
        let most = i32::try_from(most.clamp(1, RECEIVED_MAX)).unwrap_or(1);
        let seconds = |time: Duration| i32::try_from(time.as_secs()).unwrap_or(i32::MAX);
        let call = self.client.receive_message().queue_url(&self.url).max_number_of_messages(most);
        let output = call
            .visibility_timeout(seconds(HIDDEN))
            .wait_time_seconds(seconds(WAITED))
            .send()
            .await
            .map_err(|error| failure::of("sqs:ReceiveMessage", &self.url, &error))?;
        let held = |message: aws_sdk_sqs::types::Message| {
            Some(Held { message: message.body?, receipt: Receipt(message.receipt_handle?) })
        };
        Ok(output.messages.unwrap_or_default().into_iter().filter_map(held).collect())
    }

    /// Takes received messages out of the queue, at most [`RECEIVED_MAX`] of them.
    ///
    /// # Errors
    /// One at least is still there, and comes again.
    pub async fn delete(&self, receipts: &[Receipt]) -> Result<(), Failure> {
        let mut call = self.client.delete_message_batch().queue_url(&self.url);
        for (index, Receipt(handle)) in receipts.iter().enumerate() {
            let entry = DeleteMessageBatchRequestEntry::builder().id(index.to_string()).receipt_handle(handle).build();
            let refused = |error: BuildError| self.failure(DELETE, Kind::Refused, error.to_string());
            call = call.entries(entry.map_err(refused)?);
        }
        if receipts.is_empty() {
            return Ok(());
        }
        let output = call.send().await.map_err(|error| failure::of(DELETE, &self.url, &error))?;
        output.failed.first().map_or(Ok(()), |entry| Err(self.entry(DELETE, entry)))
    }
}

/// From half of a pause to all of it, so that many senders do not come again together.
fn part_of(pause: Duration) -> Duration {
    let [byte] = random::bytes::<1>();
    pause / 2 + pause / 2 * u32::from(byte) / 256
}
