//! Keeping: a batch is one transaction.

use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};

use crate::archive::error::ArchiveError;
use crate::archive::port::{Append, Appended, Known};
use crate::measurement::environment::Init;
use crate::measurement::identity::SampleId;
use crate::measurement::wire::Record;

use super::Archive;
use super::fault::Doing;

impl Append for Archive {
    async fn append(&mut self, records: &[Record]) -> Result<Appended, ArchiveError> {
        let doing = Doing { verb: "write", place: &self.place };
        let rows = records
            .iter()
            .map(Row::new)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| doing.unusable(format!("a sample cannot be written as JSON: {error}")))?;
        let failed = |error: rusqlite::Error| doing.failed(&error);
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        let mut appended = Appended::default();
        for row in &rows {
            match row.keep(&transaction).map_err(failed)? {
                true => appended.new += 1,
                false => appended.repeated += 1,
            }
        }
        transaction.commit().map_err(failed)?;
        Ok(appended)
    }
}

impl Known for Archive {
    async fn known(&mut self, ids: &[SampleId]) -> Result<Vec<SampleId>, ArchiveError> {
        let failed = |error: rusqlite::Error| Doing { verb: "read", place: &self.place }.failed(&error);
        let transaction = self.connection.transaction().map_err(failed)?;
        let mut statement = transaction.prepare_cached("SELECT 1 FROM sample WHERE id = ?1").map_err(failed)?;
        let mut known = Vec::new();
        for id in ids {
            if statement.exists([id.as_str()]).map_err(failed)? {
                known.push(id.clone());
            }
        }
        Ok(known)
    }
}

struct Row<'a> {
    record: &'a Record,
    content: String,
    environment: String,
}

impl<'a> Row<'a> {
    fn new(record: &'a Record) -> serde_json::Result<Self> {
        Ok(Self {
            record,
            content: serde_json::to_string(&record.sample)?,
            environment: serde_json::to_string(&record.environment)?,
        })
    }

    /// Whether it was new.
    fn keep(&self, transaction: &Transaction) -> rusqlite::Result<bool> {
        let sample = &self.record.sample;
        let known = transaction.prepare_cached("SELECT 1 FROM sample WHERE id = ?1")?.exists([sample.id.as_str()])?;
        if known {
            return Ok(false);
        }
        let (source, environment) = (self.source(transaction)?, self.environment(transaction)?);
        transaction.prepare_cached("INSERT INTO sample VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")?.execute(
            params![
                sample.id.as_str(),
                source,
                environment,
                sample.slot_ms.map(|slot| slot.0),
                sample.started_at_ms.0,
                i64::try_from(sample.elapsed_us.0).unwrap_or(i64::MAX),
                sample.outcome.is_good(),
                sample.invocation.map(|invocation| invocation.init == Init::Cold),
                self.record.schema,
                self.content,
            ],
        )?;
        Ok(true)
    }

    fn source(&self, transaction: &Transaction) -> rusqlite::Result<i64> {
        let sample = &self.record.sample;
        transaction
            .prepare_cached(
                "INSERT INTO source (target, vantage, method, samples, failures, first_ms, last_ms)
                 VALUES (?1, ?2, ?3, 1, ?4, ?5, ?5)
                 ON CONFLICT (target, vantage, method) DO UPDATE SET
                    samples = samples + 1,
                    failures = failures + excluded.failures,
                    first_ms = min(first_ms, excluded.first_ms),
                    last_ms = max(last_ms, excluded.last_ms)
                 RETURNING id",
            )?
            .query_row(
                params![
                    sample.target.as_str(),
                    sample.vantage.as_str(),
                    sample.method.as_str(),
                    !sample.outcome.is_good(),
                    sample.started_at_ms.0,
                ],
                |row| row.get(0),
            )
    }

    fn environment(&self, transaction: &Transaction) -> rusqlite::Result<i64> {
        let counted = transaction
            .prepare_cached("UPDATE environment SET samples = samples + 1 WHERE content = ?1 RETURNING id")?
            .query_row([&self.environment], |row| row.get(0))
            .optional()?;
        match counted {
            Some(id) => Ok(id),
            None => transaction
                .prepare_cached("INSERT INTO environment (content, samples) VALUES (?1, 1) RETURNING id")?
                .query_row([&self.environment], |row| row.get(0)),
        }
    }
}
