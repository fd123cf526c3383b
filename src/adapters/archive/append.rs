//! Keeping: a batch is one transaction.

use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};

use crate::archive::error::ArchiveError;
use crate::archive::port::{Append, Appended, Known};
use crate::measurement::environment::Init;
use crate::measurement::identity::SampleId;
use crate::measurement::wire::Record;

use super::Archive;
use super::fault::Doing;
use super::{miss, unshipped};

impl Append for Archive {
    async fn append(&mut self, records: &[Record]) -> Result<Appended, ArchiveError> {
        self.stand()?;
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
            match row.keep(&transaction, self.ship).map_err(failed)? {
                true => appended.new += 1,
                false => appended.repeated += 1,
            }
        }
        transaction.commit().map_err(failed)?;
        // A file that is not there any more has taken it all the same.
        self.stand()?;
        Ok(appended)
    }
}

impl Known for Archive {
    async fn known(&mut self, records: &[Record]) -> Result<Vec<SampleId>, ArchiveError> {
        self.stand()?;
        let failed = |error: rusqlite::Error| Doing { verb: "read", place: &self.place }.failed(&error);
        let transaction = self.connection.transaction().map_err(failed)?;
        let mut statement = transaction.prepare_cached("SELECT 1 FROM sample WHERE id = ?1").map_err(failed)?;
        let mut known = Vec::new();
        for Record { sample, .. } in records {
            if statement.exists([sample.id.as_str()]).map_err(failed)? {
                known.push(sample.id.clone());
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
    fn keep(&self, transaction: &Transaction, ship: bool) -> rusqlite::Result<bool> {
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
        miss::take_out(transaction, sample)?;
        if ship {
            unshipped::mark(transaction, sample)?;
        }
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

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use serde_json::json;

    use super::*;
    use crate::adapters::archive::{Mode, open};

    fn now<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => done,
            Poll::Pending => panic!("it waited"),
        }
    }

    fn record(id: usize) -> Record {
        serde_json::from_value(json!({
            "schema": 1,
            "sample": {
                "id": format!("sample-{id}"), "target": "t", "vantage": "v", "method": "zabbix", "stopwatch": "s",
                "started_at_ms": 1_767_225_600_000_i64, "elapsed_us": 5, "outcome": { "kind": "answered" },
            },
            "environment": { "platform": "host", "architecture": "x".repeat(3_000), "probe_version": "0" },
        }))
        .unwrap()
    }

    #[test]
    fn a_full_disk_takes_the_whole_batch_back_and_says_so() {
        let directory = tempfile::TempDir::new().unwrap();
        let place = format!("sqlite:{}", directory.path().join("a.db").display());
        let mut archive = open(&place, Mode::Write).unwrap();
        now(archive.append(&[record(0)])).unwrap();
        // SQLite's own limit fails as a full disk does.
        archive.connection.pragma_update(None, "max_page_count", 20).unwrap();
        let many: Vec<Record> = (0..2_000).map(record).collect();
        let message = now(archive.append(&many)).unwrap_err().to_string();
        assert!(message.contains("cannot write") && message.contains("the disk is full"), "{message}");
        let kept = now(archive.known(&many)).unwrap();
        assert_eq!(kept, [many[0].sample.id.clone()]);
    }
}
