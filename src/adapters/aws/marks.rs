//! Marks on windows, and splits of the spread, in the archive's table.

use std::collections::HashMap;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::archive::error::ArchiveError;
use crate::archive::marks::{KeepSplit, Mark, Touch, Touched};
use crate::archive::selection::Window;
use crate::measurement::units::UnixMillis;
use crate::summary::variance::collector::VarianceSummary;

use super::failure;

const PUT: &str = "dynamodb:PutItem";
const QUERY: &str = "dynamodb:Query";
const DELETE: &str = "dynamodb:DeleteItem";
/// The partition of all marks; no source's is named so, since those have a `#`.
const TOUCHED: &str = "touched";

/// The archive's table, as far as marks and splits go.
#[derive(Clone, Debug)]
pub struct Marks {
    client: Client,
    table: String,
    keep: Duration,
}

type Item = HashMap<String, AttributeValue>;

impl Marks {
    /// In that table. What is kept lasts as long as the samples.
    #[must_use]
    pub fn new(config: &SdkConfig, table: &str, keep: Duration) -> Self {
        Self { client: Client::new(config), table: table.to_owned(), keep }
    }

    fn error<E>(&self, action: &'static str, error: &SdkError<E, HttpResponse>) -> ArchiveError
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let failure = failure::of(action, format!("table {}", self.table), error);
        ArchiveError::Service {
            place: format!("dynamodb:{}", self.table),
            may_pass: failure.kind.may_pass(),
            reason: failure.to_string(),
        }
    }

    fn item(&self, partition: String, sort: String, window: UnixMillis) -> Item {
        let expires = window.plus(self.keep).0.div_euclid(1_000);
        HashMap::from([
            ("pk".to_owned(), AttributeValue::S(partition)),
            ("sk".to_owned(), AttributeValue::S(sort)),
            ("expires".to_owned(), AttributeValue::N(expires.to_string())),
        ])
    }
}

/// Thirteen digits order as numbers do, from 1970 to 2286.
fn sort(moment: UnixMillis) -> String {
    format!("{:013}", moment.0.max(0))
}

fn number(moment: UnixMillis) -> AttributeValue {
    AttributeValue::N(moment.0.to_string())
}

/// A condition that does not hold is an answer here: somebody else was there first.
fn is_overtaken<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    matches!(error, SdkError::ServiceError(context)
        if context.err().code() == Some("ConditionalCheckFailedException"))
}

impl Touch for Marks {
    async fn touch(&mut self, windows: &[UnixMillis], settled: UnixMillis) -> Result<(), ArchiveError> {
        for window in windows {
            let put = self
                .client
                .put_item()
                .table_name(&self.table)
                .set_item(Some(self.item(TOUCHED.to_owned(), sort(*window), *window)))
                .item("settled", number(settled))
                .condition_expression("attribute_not_exists(settled) OR settled < :settled")
                .expression_attribute_values(":settled", number(settled));
            match put.send().await {
                Err(error) if !is_overtaken(&error) => return Err(self.error(PUT, &error)),
                _ => (),
            }
        }
        Ok(())
    }
}

impl Touched for Marks {
    async fn touched(&mut self, most: usize) -> Result<Vec<Mark>, ArchiveError> {
        let (mut marks, mut next) = (Vec::new(), None);
        while marks.len() < most {
            let query = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :touched")
                .expression_attribute_values(":touched", AttributeValue::S(TOUCHED.to_owned()))
                .consistent_read(true)
                .set_exclusive_start_key(next.take());
            let page = query.send().await.map_err(|error| self.error(QUERY, &error))?;
            marks.extend(page.items.unwrap_or_default().iter().filter_map(mark));
            next = page.last_evaluated_key;
            if next.is_none() {
                break;
            }
        }
        marks.truncate(most);
        Ok(marks)
    }

    async fn done(&mut self, mark: Mark) -> Result<(), ArchiveError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key("pk", AttributeValue::S(TOUCHED.to_owned()))
            .key("sk", AttributeValue::S(sort(mark.window)))
            .condition_expression("settled = :settled")
            .expression_attribute_values(":settled", number(mark.settled));
        match delete.send().await {
            Err(error) if !is_overtaken(&error) => Err(self.error(DELETE, &error)),
            _ => Ok(()),
        }
    }
}

fn mark(item: &Item) -> Option<Mark> {
    let window = item.get("sk")?.as_s().ok()?.parse().ok()?;
    let settled = item.get("settled")?.as_n().ok()?.parse().ok()?;
    Some(Mark { window: UnixMillis(window), settled: UnixMillis(settled) })
}

impl KeepSplit for Marks {
    async fn keep_split(&mut self, stretch: Window, split: &VarianceSummary) -> Result<(), ArchiveError> {
        for stratum in &split.strata {
            let figures = serde_json::to_string(stratum).map_err(|error| ArchiveError::Service {
                place: format!("dynamodb:{}", self.table),
                reason: format!("a split of {} cannot be written as JSON: {error}", stratum.target),
                may_pass: false,
            })?;
            let sort = format!("{}#{}#{}", sort(stretch.from), sort(stretch.to), stratum.method);
            let put = self
                .client
                .put_item()
                .table_name(&self.table)
                .set_item(Some(self.item(format!("split#{}", stratum.target), sort, stretch.to)))
                .item("figures", AttributeValue::S(figures));
            put.send().await.map_err(|error| self.error(PUT, &error))?;
        }
        Ok(())
    }
}
