//! One partition read in order, a page ahead of the reader.

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::archive::error::ArchiveError;
use crate::measurement::environment::Environment;
use crate::measurement::identity::Method;

use super::Archive;
use super::attributes::{self, Item};
use super::read::method_name;

/// One partition, read as far as it was asked for.
#[derive(Debug)]
pub(super) struct Stream {
    pub partition: String,
    places: RangeInclusive<String>,
    method: Option<Method>,
    /// Read and not yet taken.
    pub ahead: VecDeque<(Item, Arc<Environment>)>,
    next: Option<Item>,
    /// Nothing more is there to be read.
    pub ended: bool,
}

impl Stream {
    pub(super) fn new(partition: String, places: RangeInclusive<String>, method: Option<Method>) -> Self {
        let ended = places.is_empty();
        Self { partition, places, method, ahead: VecDeque::new(), next: None, ended }
    }

    /// The place of the next item.
    pub(super) fn front(&self) -> Option<String> {
        self.ahead.front().map(|(item, _)| attributes::read_key(item).place)
    }
}

impl Archive {
    /// The next items of a stream, at least one unless it ended.
    pub(super) async fn page(&self, stream: &Stream, limit: usize) -> Result<Page, ArchiveError> {
        let mut page = Page { next: stream.next.clone(), items: Vec::new() };
        loop {
            let query = self
                .client
                .query()
                .table_name(&self.table)
                .consistent_read(true)
                .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
                .expression_attribute_values(":pk", attributes::text(&stream.partition))
                .expression_attribute_values(":from", attributes::text(stream.places.start()))
                .expression_attribute_values(":to", attributes::text(stream.places.end()))
                .limit(i32::try_from(limit).unwrap_or(i32::MAX))
                .set_exclusive_start_key(page.next.take());
            let query = match &stream.method {
                None => query,
                Some(method) => query
                    .filter_expression("#m = :method")
                    .set_expression_attribute_names(Some(method_name()))
                    .expression_attribute_values(":method", attributes::text(method.as_str())),
            };
            let got = query.send().await.map_err(|error| self.named().failed("dynamodb:Query", &error))?;
            let now_s = self.now_s();
            page.items
                .extend(got.items.unwrap_or_default().into_iter().filter(|item| !attributes::is_expired(item, now_s)));
            page.next = got.last_evaluated_key;
            // A page can be all of other methods, or all expired.
            if page.next.is_none() || !page.items.is_empty() {
                return Ok(page);
            }
        }
    }
}

/// What one call read.
#[derive(Debug)]
pub(super) struct Page {
    next: Option<Item>,
    pub items: Vec<Item>,
}

impl Stream {
    /// Takes what was read, each item with its surroundings.
    pub(super) fn add(
        &mut self,
        page: Page,
        surroundings: impl Fn(&Item) -> Result<Arc<Environment>, ArchiveError>,
    ) -> Result<(), ArchiveError> {
        self.ended = page.next.is_none();
        self.next = page.next;
        for item in page.items {
            let environment = surroundings(&item)?;
            self.ahead.push_back((item, environment));
        }
        Ok(())
    }
}
