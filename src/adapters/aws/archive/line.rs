//! One line of the directory: a source's day, with a count an hour.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::archive::error::ArchiveError;
use crate::measurement::identity::{Method, TargetId, Vantage};
use crate::measurement::units::UnixMillis;

use super::Archive;
use super::attributes::{self, EXPIRES, Item};
use super::count::Count;
use super::key;

/// The expiry of what stays; DynamoDB removes nothing that is to expire in the year 9999.
pub(super) const FOREVER_S: i64 = 253_402_300_799;
/// Lines whose being there is remembered.
const REMEMBERED: usize = 100_000;
/// Set where slots of the day were missed.
pub(super) const MISSES: &str = "misses";
const HOURS: i64 = 24;
const HOUR_S: i64 = 3_600;

impl Archive {
    /// Makes sure that the directory has a source's day, before anything of that day is put.
    pub(super) async fn open_line(
        &mut self,
        (target, vantage, method): (&TargetId, &Vantage, &Method),
        at: UnixMillis,
    ) -> Result<(), ArchiveError> {
        let key = key::line(&key::day(at), target, vantage, method);
        if self.lines.contains(&key.place) {
            return Ok(());
        }
        let place = key.place.clone();
        self.updated(self.lasting(at, "").set_key(Some(attributes::at(key))).send().await)?;
        if self.lines.len() >= REMEMBERED {
            self.lines.clear();
        }
        self.lines.insert(place);
        Ok(())
    }

    /// Notes that slots of a source's day were missed.
    pub(super) async fn note_misses(
        &self,
        (target, vantage, method): (&TargetId, &Vantage, &Method),
        at: UnixMillis,
    ) -> Result<(), ArchiveError> {
        let key = key::line(&key::day(at), target, vantage, method);
        let update = self.lasting(at, ", misses = :yes");
        let yes = aws_sdk_dynamodb::types::AttributeValue::Bool(true);
        self.updated(update.set_key(Some(attributes::at(key))).expression_attribute_values(":yes", yes).send().await)
    }

    /// Raises the count of one hour. A count that is there and as high stays: samples are never taken away, so of two
    /// counts of one hour the higher one is the later one.
    pub(super) async fn raise(
        &self,
        (target, vantage, method): (&TargetId, &Vantage, &Method),
        at: UnixMillis,
        count: Count,
    ) -> Result<(), ArchiveError> {
        let key = key::line(&key::day(at), target, vantage, method);
        let [n, f, a, z] = names(key::hour(at));
        let update = self
            .lasting(at, &format!(", {n} = :n, {f} = :f, {a} = :a, {z} = :z"))
            .condition_expression(format!("attribute_not_exists({n}) OR {n} < :n"))
            .set_key(Some(attributes::at(key)))
            .expression_attribute_values(":n", attributes::number(count.samples))
            .expression_attribute_values(":f", attributes::number(count.failures))
            .expression_attribute_values(":a", attributes::number(count.first.0))
            .expression_attribute_values(":z", attributes::number(count.last.0));
        self.updated(update.send().await)
    }

    /// An update that leaves the line there as long as its samples: until the first expiry that was set, or for ever
    /// once something was put that stays.
    fn lasting(&self, at: UnixMillis, more: &str) -> UpdateItemFluentBuilder {
        let (expression, expires) = match self.expiry(key::end_of_day(at)) {
            Some(expires) => ("SET expires = if_not_exists(expires, :expires)", expires),
            None => ("SET expires = :expires", FOREVER_S),
        };
        self.client
            .update_item()
            .table_name(&self.table)
            .update_expression(format!("{expression}{more}"))
            .expression_attribute_values(":expires", attributes::number(expires))
    }

    fn updated<T>(&self, result: Result<T, SdkError<UpdateItemError, HttpResponse>>) -> Result<(), ArchiveError> {
        match result {
            Err(error)
                if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(())
            }
            result => result.map(drop).map_err(|error| self.named().failed("dynamodb:UpdateItem", &error)),
        }
    }
}

/// The attributes of one hour: samples, failures, first and last start.
fn names(hour: i64) -> [String; 4] {
    ["n", "f", "a", "z"].map(|name| format!("{name}{hour:02}"))
}

/// All of a line whose samples have not expired, to the hour.
pub(super) fn counted(item: &Item, now_s: i64) -> Option<Count> {
    let line_expires = attributes::read_number(item, EXPIRES).unwrap_or(FOREVER_S);
    let hours = (0..HOURS).filter_map(|hour| {
        let left = HOUR_S * (HOURS - 1 - hour);
        if line_expires != FOREVER_S && line_expires.saturating_sub(left) <= now_s {
            return None;
        }
        let [n, f, a, z] = names(hour).map(|name| attributes::read_number(item, &name));
        Some(Count { samples: n?, failures: f?, first: UnixMillis(a?), last: UnixMillis(z?) })
    });
    hours.reduce(Count::and)
}
