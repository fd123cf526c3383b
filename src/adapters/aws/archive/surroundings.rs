//! Where samples were measured: once for all samples of one sandbox, under its hash.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use uuid::Uuid;

use crate::archive::error::ArchiveError;
use crate::measurement::environment::Environment;
use crate::measurement::wire::Record;

use super::attributes::{self, DATA, EXPIRES, Item};
use super::codec::{self, Unreadable};
use super::item::{self, ITEM_MAX};
use super::key;
use super::{Archive, line};

/// Surroundings held at once: each sandbox of a fleet has its own.
const HELD: usize = 1_024;

/// Those that were written or read before.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    /// Until when they stay, in seconds.
    written: HashMap<Uuid, i64>,
    read: HashMap<Uuid, Arc<Environment>>,
}

impl Archive {
    /// Puts the surroundings of all records, to stay at least as long as their samples; before the samples, so that no
    /// reader finds a sample without them.
    pub(super) async fn put_surroundings(&mut self, records: &[Record]) -> Result<(), ArchiveError> {
        let mut wanted: HashMap<Uuid, (&Environment, i64)> = HashMap::new();
        for record in records {
            // A whole day's samples have one expiry here, so that a sandbox is written once a day and not each time.
            let until = self.expiry(key::end_of_day(record.sample.started_at_ms)).unwrap_or(line::FOREVER_S);
            let entry = wanted.entry(item::hash(&record.environment)).or_insert((&record.environment, until));
            entry.1 = entry.1.max(until);
        }
        wanted.retain(|hash, (_, until)| self.surroundings.written.get(hash).is_none_or(|written| written < until));
        for (hash, (environment, until)) in wanted {
            self.put_one(hash, environment, until).await?;
            if self.surroundings.written.len() >= HELD {
                self.surroundings.written.clear();
            }
            self.surroundings.written.insert(hash, until);
        }
        Ok(())
    }

    async fn put_one(&self, hash: Uuid, environment: &Environment, until: i64) -> Result<(), ArchiveError> {
        let text = serde_json::to_vec(environment)
            .map_err(|error| self.named().refused(format!("an environment cannot be written as JSON: {error}")))?;
        let mut item = attributes::at(key::environment(&hash));
        item.insert(DATA.to_owned(), attributes::bytes(codec::encode(&text, b"")));
        item.insert(EXPIRES.to_owned(), attributes::number(until));
        if attributes::size(&item) > ITEM_MAX {
            return Err(self.named().refused(format!("the environment {hash} is larger than an item can be")));
        }
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(expires) OR expires < :until")
            .expression_attribute_values(":until", attributes::number(until))
            .send()
            .await;
        match put {
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(())
            }
            put => put.map(drop).map_err(|error| self.named().failed("dynamodb:PutItem", &error)),
        }
    }

    /// The surroundings that these items name, each read once.
    pub(super) async fn read_surroundings<'i>(
        &mut self,
        items: impl Iterator<Item = &'i Item>,
    ) -> Result<HashMap<Uuid, Arc<Environment>>, ArchiveError> {
        let named = self.named();
        let wanted = items.map(|item| item::environment_of(item, &named)).collect::<Result<HashSet<Uuid>, _>>()?;
        let unknown: Vec<Uuid> =
            wanted.iter().filter(|hash| !self.surroundings.read.contains_key(hash)).copied().collect();
        let keys = unknown.iter().map(|hash| attributes::at(key::environment(hash))).collect();
        let found = self.get_all(keys, None).await?;
        let mut all: HashMap<Uuid, Arc<Environment>> = HashMap::new();
        for item in found {
            let (hash, environment) = self.read_one(&item)?;
            all.insert(hash, Arc::new(environment));
        }
        all.extend(wanted.iter().filter_map(|hash| Some((*hash, Arc::clone(self.surroundings.read.get(hash)?)))));
        if self.surroundings.read.len() + all.len() > HELD {
            self.surroundings.read.clear();
        }
        self.surroundings.read.extend(all.iter().map(|(hash, environment)| (*hash, Arc::clone(environment))));
        if let Some(missing) = wanted.iter().find(|hash| !all.contains_key(hash)) {
            return Err(named.damaged(&key::environment(missing), "is not there, although samples name it"));
        }
        Ok(all)
    }

    fn read_one(&self, item: &Item) -> Result<(Uuid, Environment), ArchiveError> {
        let key = attributes::read_key(item);
        let data = item.get(DATA).and_then(|value: &AttributeValue| value.as_b().ok());
        let text = codec::decode(data.map(AsRef::as_ref).unwrap_or_default(), b"")
            .map_err(|fault| self.named().unreadable(&key, &fault))?;
        let environment: Environment = serde_json::from_slice(&text)
            .map_err(|error| self.named().damaged(&key, &format!("is damaged: {error}")))?;
        // By its key: of what a later version wrote some fields are lost on us, and the hash of the rest is another one.
        let hash = key.partition.rsplit('#').next().and_then(|hash| Uuid::parse_str(hash).ok());
        let hash = hash.ok_or_else(|| self.named().unreadable(&key, &Unreadable::Damaged("its key is no hash")))?;
        Ok((hash, environment))
    }
}
