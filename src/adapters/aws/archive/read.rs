//! Reading many items at once, always as they are at that moment.

use std::ops::RangeInclusive;
use std::time::Duration;

use aws_sdk_dynamodb::types::KeysAndAttributes;

use crate::archive::error::ArchiveError;

use super::Archive;
use super::attributes::{self, Item};

/// The most keys that one call takes.
const KEYS_MAX: usize = 100;
/// How often what DynamoDB did not get to is asked for again before that is an error.
const TRIES: u32 = 8;
/// Before the second try; twice as long before each one after it.
const PAUSE: Duration = Duration::from_millis(50);

impl Archive {
    /// Those of these keys that are there, in no order. No key may stand twice.
    pub(super) async fn get_all(&self, keys: Vec<Item>, only: Option<&str>) -> Result<Vec<Item>, ArchiveError> {
        let mut found = Vec::new();
        for keys in keys.chunks(KEYS_MAX) {
            let mut left = keys.to_vec();
            for attempt in 0.. {
                if attempt == TRIES {
                    return Err(self.named().throttled("dynamodb:BatchGetItem"));
                }
                if attempt > 0 {
                    tokio::time::sleep(PAUSE * 2_u32.pow(attempt - 1)).await;
                }
                let asked = KeysAndAttributes::builder()
                    .set_keys(Some(left))
                    .consistent_read(true)
                    .set_projection_expression(only.map(str::to_owned))
                    .build();
                let asked = asked.map_err(|error| self.named().refused(error.to_string()))?;
                let got = self.client.batch_get_item().request_items(&self.table, asked).send().await;
                let got = got.map_err(|error| self.named().failed("dynamodb:BatchGetItem", &error))?;
                found.extend(got.responses.unwrap_or_default().into_values().flatten());
                left = got.unprocessed_keys.unwrap_or_default().into_values().flat_map(|keys| keys.keys).collect();
                if left.is_empty() {
                    break;
                }
            }
        }
        Ok(found)
    }

    /// All items of a partition whose place lies in a range, in order; only some of their attributes where said so.
    pub(super) async fn query_all(
        &self,
        partition: &str,
        places: &RangeInclusive<String>,
        only: Option<&str>,
    ) -> Result<Vec<Item>, ArchiveError> {
        let (mut found, mut next) = (Vec::new(), None);
        // A range that ends before it begins is refused there, and means nothing.
        if places.is_empty() {
            return Ok(found);
        }
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.table)
                .consistent_read(true)
                .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
                .expression_attribute_values(":pk", attributes::text(partition))
                .expression_attribute_values(":from", attributes::text(places.start()))
                .expression_attribute_values(":to", attributes::text(places.end()))
                .set_projection_expression(only.map(str::to_owned))
                .set_expression_attribute_names(only.filter(|only| only.contains("#m")).map(|_| method_name()))
                .set_exclusive_start_key(next)
                .send()
                .await
                .map_err(|error| self.named().failed("dynamodb:Query", &error))?;
            found.extend(page.items.unwrap_or_default());
            next = page.last_evaluated_key;
            if next.is_none() {
                return Ok(found);
            }
        }
    }
}

/// `method` is a word of DynamoDB's own.
pub(super) fn method_name() -> std::collections::HashMap<String, String> {
    [("#m".to_owned(), attributes::METHOD.to_owned())].into()
}
