//! Items as DynamoDB has them: a name, and a value of one of a few kinds.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use super::key::Key;

/// One item.
pub(super) type Item = HashMap<String, AttributeValue>;

pub(super) const PARTITION: &str = "pk";
pub(super) const PLACE: &str = "sk";
pub(super) const EXPIRES: &str = "expires";
pub(super) const DATA: &str = "d";
pub(super) const METHOD: &str = "method";
pub(super) const BAD: &str = "bad";
pub(super) const ENVIRONMENT: &str = "env";

pub(super) fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(super) fn number(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

pub(super) fn bytes(bytes: impl Into<Vec<u8>>) -> AttributeValue {
    AttributeValue::B(Blob::new(bytes))
}

/// An item of nothing but its key.
pub(super) fn at(key: Key) -> Item {
    Item::from([(PARTITION.to_owned(), text(key.partition)), (PLACE.to_owned(), text(key.place))])
}

pub(super) fn read_key(item: &Item) -> Key {
    let part = |name| read_text(item, name).unwrap_or_default().to_owned();
    Key { partition: part(PARTITION), place: part(PLACE) }
}

pub(super) fn read_text<'i>(item: &'i Item, name: &str) -> Option<&'i str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

pub(super) fn read_number(item: &Item, name: &str) -> Option<i64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

pub(super) fn read_bytes<'i>(item: &'i Item, name: &str) -> Option<&'i [u8]> {
    item.get(name)?.as_b().ok().map(AsRef::as_ref)
}

/// Whether its time is over although it is still there.
pub(super) fn is_expired(item: &Item, now_s: i64) -> bool {
    read_number(item, EXPIRES).is_some_and(|expires| expires <= now_s)
}

/// What DynamoDB counts of it: names and values, in bytes.
pub(super) fn size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + size_of_value(value)).sum()
}

fn size_of_value(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        // A byte for two digits, and one more; another one for a minus.
        AttributeValue::N(digits) => {
            digits.trim_start_matches('-').len().div_ceil(2) + 1 + usize::from(digits.starts_with('-'))
        }
        // Flags are one byte; nothing else is written here.
        _ => 1,
    }
}
