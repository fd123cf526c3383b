//! A record as an item, and back.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::archive::error::ArchiveError;
use crate::measurement::environment::Environment;
use crate::measurement::sample::Sample;
use crate::measurement::wire::{self, Record, WireError};

use super::attributes::{self, BAD, DATA, ENVIRONMENT, EXPIRES, Item, METHOD};
use super::codec::{self, Unreadable};
use super::fault::Named;
use super::key::{self, Key};

/// The most that DynamoDB takes as one item, in bytes.
pub(super) const ITEM_MAX: usize = 409_600;

#[derive(Serialize)]
struct Written<'r> {
    schema: u32,
    sample: &'r Sample,
}

#[derive(Deserialize)]
struct Read {
    schema: u32,
    sample: Sample,
}

/// The item of a record's sample; its surroundings are another item, named by their hash.
pub(super) fn of(record: &Record, expires: Option<i64>, named: &Named) -> Result<Item, ArchiveError> {
    let sample = &record.sample;
    let refused = |why: String| named.refused(format!("sample {}: {why}", sample.id));
    let text = serde_json::to_vec(&Written { schema: record.schema, sample })
        .map_err(|error| refused(format!("it cannot be written as JSON: {error}")))?;
    let key = key::sample(sample);
    let data = codec::encode(&text, hint(&key, sample.method.as_str()).as_bytes());
    let mut item = attributes::at(key);
    item.insert(DATA.to_owned(), attributes::bytes(data));
    item.insert(METHOD.to_owned(), attributes::text(sample.method.as_str()));
    item.insert(ENVIRONMENT.to_owned(), attributes::bytes(hash(&record.environment)));
    if !sample.outcome.is_good() {
        item.insert(BAD.to_owned(), AttributeValue::Bool(true));
    }
    if let Some(expires) = expires {
        item.insert(EXPIRES.to_owned(), attributes::number(expires));
    }
    match attributes::size(&item) {
        0..=ITEM_MAX => Ok(item),
        bytes => Err(refused(format!("it takes {bytes} bytes, and DynamoDB keeps at most {ITEM_MAX} in one item"))),
    }
}

/// A sample as the item that a table would have of it.
#[derive(Clone, Debug)]
pub struct Packed(Item);

impl Packed {
    /// Of a record's sample, with an expiry.
    ///
    /// # Errors
    /// It is larger than DynamoDB takes.
    pub fn of(record: &Record) -> Result<Self, ArchiveError> {
        of(record, Some(record.sample.started_at_ms.0.div_euclid(1_000)), &nowhere()).map(Self)
    }

    /// Bytes as DynamoDB counts them: the key, all names of attributes, all values.
    #[must_use]
    pub fn bytes(&self) -> usize {
        attributes::size(&self.0)
    }

    /// Units that are billed for writing it.
    #[must_use]
    pub fn write_units(&self) -> usize {
        self.bytes().div_ceil(1_024)
    }

    /// The record again.
    ///
    /// # Errors
    /// None, of what [`Packed::of`] made.
    pub fn unpack(&self, environment: &Arc<Environment>) -> Result<Record, ArchiveError> {
        record(&self.0, environment, &nowhere())
    }
}

fn nowhere() -> Named {
    Named { table: "(none)".to_owned() }
}

/// How the text begins, as far as the key says it, and when it began.
fn hint(key: &Key, method: &str) -> String {
    let mut names = key.partition.split('#');
    let [target, vantage] = [names.next(), names.next()].map(Option::unwrap_or_default);
    let (began, id) = key.place.split_once('#').unwrap_or_default();
    format!(
        r#""started_at_ms":{began},{{"schema":1,"sample":{{"id":"{id}","target":"{target}","vantage":"{vantage}","method":"{method}","stopwatch":""#
    )
}

/// The name of surroundings: the same ones have the same name, wherever they are written.
pub(super) fn hash(environment: &Environment) -> Uuid {
    // What cannot be written as JSON is refused with its sample.
    Uuid::new_v5(&Uuid::NAMESPACE_OID, &serde_json::to_vec(environment).unwrap_or_default())
}

/// Which surroundings an item's sample has.
pub(super) fn environment_of(item: &Item, named: &Named) -> Result<Uuid, ArchiveError> {
    let bytes = attributes::read_bytes(item, ENVIRONMENT).unwrap_or_default();
    Uuid::from_slice(bytes)
        .map_err(|_| named.damaged(&attributes::read_key(item), "is damaged: it names no environment"))
}

/// The record of an item and its surroundings.
pub(super) fn record(item: &Item, environment: &Arc<Environment>, named: &Named) -> Result<Record, ArchiveError> {
    let key = attributes::read_key(item);
    let method = attributes::read_text(item, METHOD).unwrap_or_default();
    let data = attributes::read_bytes(item, DATA).unwrap_or_default();
    let text = codec::decode(data, hint(&key, method).as_bytes()).map_err(|fault| named.unreadable(&key, &fault))?;
    let Read { schema, sample } = wire::decode(&text).map_err(|error| match error {
        WireError::Newer { found } => named.newer(i64::try_from(found).unwrap_or(i64::MAX), wire::SCHEMA.into()),
        other => named.damaged(&key, &format!("is damaged: {other}")),
    })?;
    if key::sample(&sample) != key {
        return Err(named.unreadable(&key, &Unreadable::Damaged("it is the sample of another key")));
    }
    Ok(Record { schema, sample, environment: Environment::clone(environment) })
}
