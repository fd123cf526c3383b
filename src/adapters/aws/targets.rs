//! The table of watched pages in one region: each row is a page, and a bad row is refused alone.

use std::collections::HashMap;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};

use super::failure::{self, Failure};
use crate::probe::fleet::Page;
use crate::probe::fleet::row::Row;

/// The key.
const ID: &str = "id";
/// The page, as [`Row::text`].
const PAGE: &str = "page";
/// The tag of a table that says how many minutes lie between two invocations of those that read it.
pub const EVERY_MINUTES: &str = "parallax:every-minutes";

/// A table of pages.
#[derive(Clone, Debug)]
pub struct Targets {
    client: Client,
    table: String,
}

/// All rows of a table.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// The pages, by their names.
    pub pages: Vec<Page>,
    /// Rows that are no page, by their ids.
    pub refused: Vec<Refused>,
}

/// A row that is no page; the others are not touched by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its key, whatever it is.
    pub id: String,
    /// What is wrong, and what to change.
    pub reason: String,
}

impl Targets {
    /// The table of that name in the configuration's region.
    #[must_use]
    pub fn new(config: &SdkConfig, table: impl Into<String>) -> Self {
        Self { client: Client::new(config), table: table.into() }
    }

    /// Reads all rows, as they are after every write that has ended.
    ///
    /// # Errors
    /// The table cannot be read.
    pub async fn list(&self) -> Result<Listing, Failure> {
        let mut listing = Listing::default();
        let mut from = None;
        loop {
            let call = self.client.scan().table_name(&self.table).consistent_read(true);
            let output = call.set_exclusive_start_key(from).send().await;
            let output = output.map_err(|error| failure::of("dynamodb:Scan", &self.table, &error))?;
            for item in output.items.unwrap_or_default() {
                let id = item.get(ID).and_then(|id| id.as_s().ok()).cloned().unwrap_or_default();
                match page(&id, &item) {
                    Ok(page) => listing.pages.push(page),
                    Err(reason) => listing.refused.push(Refused { id, reason }),
                }
            }
            from = output.last_evaluated_key.filter(|key| !key.is_empty());
            if from.is_none() {
                break;
            }
        }
        listing.pages.sort_by(|a, b| a.target.id.cmp(&b.target.id));
        listing.refused.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(listing)
    }

    /// Writes a row, in the place of one with the same id.
    ///
    /// # Errors
    /// Whether it was written is not known where there was no answer; writing it again does no harm.
    pub async fn put(&self, row: &Row) -> Result<(), Failure> {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let call = self.client.put_item().table_name(&self.table).item(ID, text(&row.id)).item(PAGE, text(&row.text));
        call.send().await.map_err(|error| failure::of("dynamodb:PutItem", &self.table, &error))?;
        Ok(())
    }

    /// Takes a row out, by its key as it stands there; says whether there was one.
    ///
    /// # Errors
    /// Whether it is gone is not known where there was no answer; taking it out again does no harm.
    pub async fn remove(&self, id: &str) -> Result<bool, Failure> {
        let call = self.client.delete_item().table_name(&self.table).key(ID, AttributeValue::S(id.to_owned()));
        let output = call.return_values(ReturnValue::AllOld).send().await;
        let output = output.map_err(|error| failure::of("dynamodb:DeleteItem", &self.table, &error))?;
        Ok(output.attributes.is_some_and(|attributes| !attributes.is_empty()))
    }

    /// How many minutes lie between two invocations of the region's probes, as the stack says that made the table; nothing
    /// where it has no such tag.
    ///
    /// # Errors
    /// The tags cannot be read.
    pub async fn every_minutes(&self) -> Result<Option<u32>, Failure> {
        let described = self.client.describe_table().table_name(&self.table).send().await;
        let described = described.map_err(|error| failure::of("dynamodb:DescribeTable", &self.table, &error))?;
        let arn = described.table.and_then(|table| table.table_arn).unwrap_or_default();
        let mut from = None;
        loop {
            let call = self.client.list_tags_of_resource().resource_arn(&arn).set_next_token(from);
            let output = call.send().await;
            let output = output.map_err(|error| failure::of("dynamodb:ListTagsOfResource", &self.table, &error))?;
            if let Some(tag) = output.tags().iter().find(|tag| tag.key() == EVERY_MINUTES) {
                return Ok(tag.value().parse().ok().filter(|minutes| *minutes > 0));
            }
            from = output.next_token.filter(|token| !token.is_empty());
            if from.is_none() {
                return Ok(None);
            }
        }
    }
}

fn page(id: &str, item: &HashMap<String, AttributeValue>) -> Result<Page, String> {
    let text = match item.get(PAGE) {
        Some(AttributeValue::S(text)) => text.clone(),
        Some(_) => return Err(format!("its `{PAGE}` is no string; write the page as JSON text")),
        None => return Err(format!("it has no `{PAGE}`; add a string with the page as JSON text")),
    };
    Row { id: id.to_owned(), text }.page().map_err(|error| error.to_string())
}
