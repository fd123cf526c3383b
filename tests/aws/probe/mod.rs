//! The probe as a function: the very binary, in a sandbox that behaves as Lambda's.

mod cut_off;
mod deadline;
mod freezing;
mod glibc;
mod headers;
mod settings;
mod slots;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use parallax::adapters::aws::queue::Queue;
use parallax::adapters::aws::targets::Targets;
use parallax::adapters::clock;
use parallax::intake::arrival::{Arrivals, decode};
use parallax::measurement::units::UnixMillis;
use parallax::probe::fleet;
use parallax::probe::fleet::row::Row;
use serde_json::Value;

use super::wait;
use crate::support::certificates::Authority;
use crate::support::fake_lambda::FakeLambda;
use crate::support::ministack::{Account, ministack};
use crate::support::pages::HTTPS;
use crate::support::road::Relay;
use crate::support::server::Server;

/// Where the probe is, and where its samples go.
const HERE: &str = "eu-west-1";
const HOME: &str = "ap-northeast-1";
/// Enough for anything on a busy machine.
const AMPLE: Duration = Duration::from_secs(60);

/// A region with a table, a spool and a site to watch, and a home with a queue, each behind a relay.
struct Fleet {
    account: Account,
    site: Server,
    home: Relay,
    near: Relay,
    queue: Queue,
    spool: Queue,
    targets: Targets,
}

impl Fleet {
    fn deploy(test: &str) -> Option<Self> {
        let account = ministack(test)?.account();
        let queue = |region: &str, name: &str| {
            let config = account.config(region);
            let client = aws_sdk_sqs::Client::new(&config);
            let url = wait(client.create_queue().queue_name(name).send()).unwrap().queue_url.unwrap();
            Queue::new(&config, url)
        };
        let (queue, spool) = (queue(HOME, "queue"), queue(HERE, "spool"));
        table(&account);
        let targets = Targets::new(&account.config(HERE), "targets");
        let server = account.endpoint().trim_start_matches("http://").parse().unwrap();
        let (home, near) = (Relay::to(server), Relay::to(server));
        Some(Self { site: HTTPS.start(), account, home, near, queue, spool, targets })
    }

    /// Watches pages of the site: the lines of their `[[target]]` tables, with `PATH` in their addresses.
    fn watch(&self, pages: &[&str]) {
        let trust = Authority::get().pem_file().display().to_string();
        let mut text = "schema = 1\nevery = \"1m\"\n".to_owned();
        for page in pages {
            text += &format!("[[target]]\nallow_private = true\ntrust = \"{trust}\"\n{page}\n");
        }
        let text = text.replace("SITE", self.site.url("").as_str().trim_end_matches('/'));
        for page in fleet::parse(&text, &|_| None).unwrap_or_else(|error| panic!("{error}")).pages {
            wait(self.targets.put(&Row::of(&page).unwrap())).unwrap();
        }
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        let behind = |relay: &Relay, queue: &Queue| {
            queue.url().replace(self.account.endpoint().trim_start_matches("http://"), &relay.address.to_string())
        };
        let mut variables = self.account.environment(HERE);
        variables.extend([
            ("PARALLAX_QUEUE_URL", behind(&self.home, &self.queue)),
            ("PARALLAX_HOME_REGION", HOME.to_owned()),
            ("PARALLAX_SPOOL_URL", behind(&self.near, &self.spool)),
            ("PARALLAX_TARGETS_TABLE", "targets".to_owned()),
            ("PARALLAX_METHOD", "fresh".to_owned()),
            ("PARALLAX_EVERY_MINUTES", "1".to_owned()),
        ]);
        variables
    }

    /// A sandbox with the probe in it.
    fn sandbox(&self) -> FakeLambda {
        self.sandbox_with(&[])
    }

    fn sandbox_with(&self, more: &[(&'static str, &str)]) -> FakeLambda {
        let mut variables = self.variables();
        variables.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        FakeLambda::start(Path::new(env!("CARGO_BIN_EXE_probe")), HERE, &variables)
    }

    /// Everything that is in the queue, taken out.
    fn arrived(&self) -> Arrivals {
        taken_from(&self.queue)
    }
}

fn taken_from(queue: &Queue) -> Arrivals {
    let mut all = Arrivals::default();
    loop {
        let held = wait(queue.receive(10)).unwrap();
        if held.is_empty() {
            assert!(all.poison.is_empty(), "{:?}", all.poison);
            return all;
        }
        for held in held {
            let arrivals = decode(held.message.as_bytes(), clock::wall());
            all.sound.extend(arrivals.sound);
            all.missed.extend(arrivals.missed);
            all.refused = arrivals.refused.or(all.refused);
            all.poison.extend(arrivals.poison);
            wait(queue.delete(&[held.receipt])).unwrap();
        }
    }
}

fn table(account: &Account) {
    let client = aws_sdk_dynamodb::Client::new(&account.config(HERE));
    let id =
        AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S).build().unwrap();
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash).build().unwrap();
    let call = client.create_table().table_name("targets").billing_mode(BillingMode::PayPerRequest);
    wait(call.attribute_definitions(id).key_schema(key).send()).unwrap();
}

/// A slot some minutes before these tests began, at which pages of every second minute are due.
fn slot() -> UnixMillis {
    static SLOT: OnceLock<UnixMillis> = OnceLock::new();
    *SLOT.get_or_init(|| UnixMillis(clock::wall().0.div_euclid(120_000) * 120_000 - 1_200_000))
}

/// An event as the schedule makes it.
fn event(slot: UnixMillis) -> String {
    use time::format_description::well_known::Rfc3339;
    let moment = time::OffsetDateTime::from_unix_timestamp(slot.0 / 1_000).unwrap();
    format!(r#"{{"slot": "{}"}}"#, moment.format(&Rfc3339).unwrap())
}

/// Page and slot of each sample, none of them twice.
fn seen(arrivals: &Arrivals) -> BTreeSet<(String, i64)> {
    let ids: BTreeSet<_> = arrivals.sound.iter().map(|record| record.sample.id.clone()).collect();
    assert_eq!(ids.len(), arrivals.sound.len(), "a sample came twice");
    let seen: BTreeSet<_> = arrivals
        .sound
        .iter()
        .map(|record| (record.sample.target.to_string(), record.sample.slot_ms.unwrap().0))
        .collect();
    assert_eq!(seen.len(), arrivals.sound.len(), "a slot was measured twice");
    seen
}

/// The last of so many lines that the function logged.
fn logged(sandbox: &FakeLambda, count: usize) -> Value {
    let lines = sandbox.lines(count);
    assert_eq!(lines.len(), count, "one line an invocation: {lines:?}");
    serde_json::from_str(&lines[count - 1]).unwrap()
}
