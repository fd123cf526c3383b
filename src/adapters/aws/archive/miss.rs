//! Slots that were missed, beside the samples of their day.
//!
//! A sample that comes later takes its slot out when the directory is read, not when it is written: nearly none ever
//! does, and all samples would pay for it.

use std::collections::BTreeSet;

use crate::archive::error::ArchiveError;
use crate::archive::port;
use crate::measurement::miss::Miss;

use super::attributes::{self, EXPIRES};
use super::{Archive, key};

impl port::Miss for Archive {
    async fn miss(&mut self, missed: &[Miss]) -> Result<(), ArchiveError> {
        if missed.is_empty() {
            return Ok(());
        }
        self.claim().await?;
        let mut noted = BTreeSet::new();
        for miss in missed {
            let source = (&miss.target, &miss.vantage, &miss.method);
            if noted.insert((source, key::day(miss.slot_ms))) {
                self.note_misses(source, miss.slot_ms).await?;
            }
            let mut item = attributes::at(key::miss(miss));
            item.insert("reason".to_owned(), attributes::text(miss.reason.as_str()));
            if let Some(expires) = self.expiry(miss.slot_ms) {
                item.insert(EXPIRES.to_owned(), attributes::number(expires));
            }
            let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
            match put.condition_expression("attribute_not_exists(pk)").send().await {
                Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {}
                put => drop(put.map_err(|error| self.named().failed("dynamodb:PutItem", &error))?),
            }
        }
        Ok(())
    }
}
