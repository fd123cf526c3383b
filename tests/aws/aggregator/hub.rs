//! A hub on ministack: queue, dead letters, archive and pages, as the template makes them; and the aggregator's program.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, Message, QueueAttributeName,
    SendMessageBatchRequestEntry,
};
use parallax::adapters::aws::archive::Archive;
use parallax::archive::port::Scan;
use parallax::archive::selection::{Selection, Source, Window};
use parallax::measurement::wire::Record;
use serde_json::{Value, json};

use crate::aws::wait;
use crate::support::ministack::Account;

pub const HOME: &str = "ap-northeast-1";
const ARCHIVE: &str = "parallax-archive";
const PAGES: &str = "parallax-targets";
/// Of a fleet that has not the usual name.
pub const NAMESPACE: &str = "Parallax/team-a";

/// The hub's parts.
pub struct Hub {
    pub account: Account,
    pub queue: String,
    pub dead_letters: String,
    sqs: aws_sdk_sqs::Client,
}

impl Hub {
    pub fn new(account: Account) -> Self {
        let config = account.config(HOME);
        let sqs = aws_sdk_sqs::Client::new(&config);
        let queue = |name: &'static str, seconds: &'static str| {
            let made = sqs.create_queue().queue_name(name).attributes(QueueAttributeName::VisibilityTimeout, seconds);
            wait(made.send()).unwrap().queue_url.unwrap()
        };
        let (dead_letters, queue) = (queue("parallax-dead-letters", "1"), queue("parallax-queue", "600"));
        table(&config, ARCHIVE, &[("pk", KeyType::Hash), ("sk", KeyType::Range)]);
        table(&config, PAGES, &[("id", KeyType::Hash)]);
        Self { account, queue, dead_letters, sqs }
    }

    /// The environment of the function; all services at `endpoint`.
    pub fn environment(&self, endpoint: &str) -> Vec<(String, String)> {
        let own = [
            ("PARALLAX_ARCHIVE_TABLE", ARCHIVE),
            ("PARALLAX_TARGETS_TABLE", PAGES),
            ("PARALLAX_DEAD_LETTERS_URL", &self.dead_letters),
            ("PARALLAX_NAMESPACE", NAMESPACE),
            ("PARALLAX_METRICS", "latency,availability"),
            ("PARALLAX_KEEP_DAYS", "90"),
            ("PARALLAX_REGIONS", "eu-west-1,us-east-1"),
            ("PARALLAX_QUORUM", "2"),
            ("PARALLAX_EVERY_MINUTES", "1"),
            ("AWS_ENDPOINT_URL", endpoint),
        ];
        let of_account = self.account.environment(HOME).into_iter().filter(|(name, _)| *name != "AWS_ENDPOINT_URL");
        own.map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into_iter()
            .chain(of_account.map(|(name, value)| (name.to_owned(), value)))
            .collect()
    }

    /// Puts messages into the queue, in order.
    pub fn send(&self, bodies: &[String]) {
        for (n, bodies) in bodies.chunks(10).enumerate() {
            let entry = |(at, body): (usize, &String)| {
                SendMessageBatchRequestEntry::builder().id(format!("{n}-{at}")).message_body(body).build().unwrap()
            };
            let entries = bodies.iter().enumerate().map(entry).collect();
            let sent = self.sqs.send_message_batch().queue_url(&self.queue).set_entries(Some(entries)).send();
            assert_eq!(wait(sent).unwrap().failed, []);
        }
    }

    /// As an event source mapping would: up to ten messages, invisible to others.
    pub fn receive(&self) -> Vec<Message> {
        let asked = self.sqs.receive_message().queue_url(&self.queue).max_number_of_messages(10).send();
        wait(asked).unwrap().messages.unwrap_or_default()
    }

    /// Done with: as the event source mapping does after an answer.
    pub fn delete(&self, messages: &[&Message]) {
        if messages.is_empty() {
            return;
        }
        let entry = |(at, message): (usize, &&Message)| {
            let handle = message.receipt_handle.as_ref().unwrap();
            DeleteMessageBatchRequestEntry::builder().id(at.to_string()).receipt_handle(handle).build().unwrap()
        };
        let entries = messages.iter().enumerate().map(entry).collect();
        let done = self.sqs.delete_message_batch().queue_url(&self.queue).set_entries(Some(entries)).send();
        assert_eq!(wait(done).unwrap().failed, []);
    }

    /// Given back: visible again at once, where a real queue waits for the visibility timeout.
    pub fn give_back(&self, messages: &[&Message]) {
        if messages.is_empty() {
            return;
        }
        let entry = |(at, message): (usize, &&Message)| {
            ChangeMessageVisibilityBatchRequestEntry::builder()
                .id(at.to_string())
                .receipt_handle(message.receipt_handle.as_ref().unwrap())
                .visibility_timeout(0)
                .build()
                .unwrap()
        };
        let entries = messages.iter().enumerate().map(entry).collect();
        let done = self.sqs.change_message_visibility_batch().queue_url(&self.queue).set_entries(Some(entries)).send();
        assert_eq!(wait(done).unwrap().failed, []);
    }

    /// The bodies of all dead letters, with their reasons.
    pub fn set_aside(&self) -> Vec<(String, String)> {
        let mut letters = Vec::new();
        loop {
            let asked = self
                .sqs
                .receive_message()
                .queue_url(&self.dead_letters)
                .max_number_of_messages(10)
                .message_attribute_names("All")
                .visibility_timeout(600)
                .send();
            let messages = wait(asked).unwrap().messages.unwrap_or_default();
            if messages.is_empty() {
                return letters;
            }
            letters.extend(messages.into_iter().map(|message| {
                let reason = message.message_attributes.and_then(|mut of| of.remove("Reason")?.string_value);
                (message.body.unwrap(), reason.unwrap_or_default())
            }));
        }
    }

    /// The archive, as a command would open it.
    pub fn archive(&self) -> Archive {
        Archive::new(&self.account.config(HOME), ARCHIVE, None)
    }

    /// Every sample of the archive, in order.
    pub fn archived(&self) -> Vec<Record> {
        let (mut archive, mut records) = (self.archive(), Vec::new());
        let all = Selection { source: Source::default(), window: Window::ALWAYS };
        wait(archive.scan(&all, &mut |record| records.push(record))).unwrap();
        records
    }
}

/// The event of an event source mapping.
pub fn event(messages: &[Message]) -> String {
    let record = |message: &Message| {
        json!({
            "messageId": message.message_id, "receiptHandle": message.receipt_handle, "body": message.body,
            "attributes": { "ApproximateReceiveCount": "1" }, "messageAttributes": {}, "md5OfBody": message.md5_of_body,
            "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:ap-northeast-1:1:parallax-queue", "awsRegion": HOME,
        })
    };
    json!({ "Records": messages.iter().map(record).collect::<Vec<_>>() }).to_string()
}

/// The ids of messages that an answer gives back.
pub fn given_back(answer: &str) -> Vec<String> {
    let answer: Value = serde_json::from_str(answer).unwrap();
    let failures = answer["batchItemFailures"].as_array().unwrap();
    failures.iter().map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned()).collect()
}

fn table(config: &aws_config::SdkConfig, name: &str, keys: &[(&str, KeyType)]) {
    let client = aws_sdk_dynamodb::Client::new(config);
    let attribute = |(name, _): &(&str, KeyType)| {
        let kind = ScalarAttributeType::S;
        AttributeDefinition::builder().attribute_name(*name).attribute_type(kind).build().unwrap()
    };
    let key = |(name, kind): &(&str, KeyType)| {
        KeySchemaElement::builder().attribute_name(*name).key_type(kind.clone()).build().unwrap()
    };
    let made = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(keys.iter().map(attribute).collect()))
        .set_key_schema(Some(keys.iter().map(key).collect()))
        .send();
    wait(made).unwrap();
}

/// The aggregator's program, as this build makes it.
///
/// It is of another package, so that Cargo does not name it to this one's tests; what is asked for here has been built
/// with the tests of the workspace, and else is built now.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        // That package's test, and no more: with it the same features are chosen as for this very program.
        let wanted = ["test", "--no-run", "--quiet", "--workspace", "--features", "aws,lambda", "--test", "handlers"];
        let mut build = Command::new(cargo);
        // What Cargo tells this process of this package would make it build crates anew that look at such variables.
        for (name, _) in std::env::vars_os() {
            let of_package =
                ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_", "OUT_DIR"];
            if of_package.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
                build.env_remove(name);
            }
        }
        let built = build
            .args(wanted)
            .args((!cfg!(debug_assertions)).then_some("--release"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let program = Path::new(env!("CARGO_BIN_EXE_parallax")).with_file_name("aggregator");
        assert!(program.exists(), "{}", program.display());
        program
    })
}
