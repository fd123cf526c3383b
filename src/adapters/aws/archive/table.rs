//! The table itself: whether it is ours, before anything is written to it.

use aws_sdk_dynamodb::types::{KeyType, ScalarAttributeType, TableDescription, TableStatus};

use crate::archive::error::ArchiveError;

use super::Archive;
use super::attributes::{self, PARTITION, PLACE};
use super::key;

/// The layout this program writes, and the newest it reads.
const SCHEMA: i64 = 1;
const SCHEMA_NAME: &str = "schema";

/// The table as DynamoDB describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// The layout's version; that of a new archive where nothing was written yet.
    pub schema: i64,
    /// Bytes of all items; DynamoDB counts them every six hours or so.
    pub bytes: Option<u64>,
    /// Items of all kinds, counted as seldom.
    pub items: Option<u64>,
}

impl Archive {
    /// Looks at the table: its key, and the mark of an archive.
    ///
    /// # Errors
    /// It is not there, may not be looked at, has another key or holds something else, or was written by a later version.
    pub async fn table(&mut self) -> Result<Table, ArchiveError> {
        let described = self.client.describe_table().table_name(&self.table).send().await;
        let described = described.map_err(|error| self.named().failed("dynamodb:DescribeTable", &error))?;
        let described = described.table.unwrap_or_else(|| TableDescription::builder().build());
        if let Err(found) = is_ours(&described) {
            return Err(self
                .named()
                .foreign(format!("its key is {found}, and an archive's is {PARTITION} and {PLACE}, both strings")));
        }
        if described.table_status == Some(TableStatus::Creating) {
            return Err(self.named().refused("the table is still being made; try again in a minute".to_owned()));
        }
        let schema = match self.read_mark().await? {
            Some(schema) => schema,
            None if self.is_empty().await? => SCHEMA,
            None => {
                return Err(self.named().foreign("it holds items, and none that marks it as an archive".to_owned()));
            }
        };
        let count = |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok());
        Ok(Table { schema, bytes: count(described.table_size_bytes), items: count(described.item_count) })
    }

    /// Makes sure that the table is marked as ours, before the first item is written.
    pub(super) async fn claim(&mut self) -> Result<(), ArchiveError> {
        if self.marked {
            return Ok(());
        }
        if self.read_mark().await?.is_none() {
            let mut item = attributes::at(key::mark());
            item.insert(SCHEMA_NAME.to_owned(), attributes::number(SCHEMA));
            let put = self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await;
            put.map_err(|error| self.named().failed("dynamodb:PutItem", &error))?;
        }
        self.marked = true;
        Ok(())
    }

    /// The layout's version where there is a mark; a later one is an error.
    async fn read_mark(&self) -> Result<Option<i64>, ArchiveError> {
        let got = self.get_all(vec![attributes::at(key::mark())], None).await?;
        match got.first().map(|item| attributes::read_number(item, SCHEMA_NAME).unwrap_or(i64::MAX)) {
            Some(found) if found > SCHEMA => Err(self.named().newer(found, SCHEMA)),
            schema => Ok(schema),
        }
    }

    /// Asked only of a table without a mark: some items are enough to know. Those of a rollup may be there before any
    /// sample is.
    async fn is_empty(&self) -> Result<bool, ArchiveError> {
        let page = self.client.scan().table_name(&self.table).limit(100).consistent_read(true).send().await;
        let page = page.map_err(|error| self.named().failed("dynamodb:Scan", &error))?;
        Ok(page.items().iter().all(|item| attributes::read_text(item, PARTITION) == Some(key::ROLLUP)))
    }
}

/// Or else the key that it has.
fn is_ours(table: &TableDescription) -> Result<(), String> {
    let kind = |name: &str| {
        let defined = table.attribute_definitions().iter().find(|defined| defined.attribute_name() == name);
        defined.map(|defined| defined.attribute_type().clone())
    };
    let mut keys: Vec<_> = table.key_schema().iter().collect();
    keys.sort_by_key(|key| *key.key_type() != KeyType::Hash);
    let names: Vec<_> = keys.iter().map(|key| key.attribute_name()).collect();
    let strings = names.iter().all(|name| kind(name) == Some(ScalarAttributeType::S));
    if names == [PARTITION, PLACE] && strings {
        return Ok(());
    }
    let said = |name: &&str| {
        let kind = kind(name).map_or_else(String::new, |kind| format!(" ({})", kind.as_str()));
        format!("{}{kind}", name.escape_default())
    };
    Err(if names.is_empty() { "unknown".to_owned() } else { names.iter().map(said).collect::<Vec<_>>().join(" and ") })
}
