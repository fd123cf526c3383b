//! Setting messages aside in a queue of their own, each with the reason beside it.

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::MessageAttributeValue;

use super::failure::{self, Failure};

const SEND: &str = "sqs:SendMessage";
/// The name of the attribute that holds the reason.
pub const REASON: &str = "Reason";
/// Bytes of a message with its attributes at most: what SQS takes.
const MESSAGE_MAX: usize = 1_048_576;
/// Bytes of the attribute beside the reason itself: its name and its type.
const ATTRIBUTE: usize = REASON.len() + "String".len();

/// The queue of dead letters.
///
/// Messages are sent here and not left to a redrive policy: that counts receipts, and a sound message that was received
/// whenever the function was ended or throttled would be among them.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    client: Client,
    url: String,
}

impl DeadLetters {
    /// By the queue's URL.
    #[must_use]
    pub fn new(config: &SdkConfig, url: &str) -> Self {
        Self { client: Client::new(config), url: url.to_owned() }
    }

    /// Sends one. The reason is left out where both together would be too large.
    ///
    /// # Errors
    /// What SQS said; a message that was not answered may be there all the same.
    pub async fn send(&self, body: &str, reason: &str) -> Result<(), Failure> {
        let attribute = MessageAttributeValue::builder().data_type("String").string_value(reason).build();
        let fits = !reason.is_empty() && body.len() + reason.len() + ATTRIBUTE <= MESSAGE_MAX;
        let mut message = self.client.send_message().queue_url(&self.url).message_body(body);
        if let Some(attribute) = attribute.ok().filter(|_| fits) {
            message = message.message_attributes(REASON, attribute);
        }
        message.send().await.map(|_| ()).map_err(|error| failure::of(SEND, &self.url, &error))
    }
}
