//! Samples that are still to be sent to a queue, known by their ids: no clock and no order of arrival can make one be
//! passed over.

use rusqlite::{Transaction, TransactionBehavior};

use crate::archive::error::ArchiveError;
use crate::measurement::sample::Sample;
use crate::measurement::units::UnixMillis;
use crate::measurement::wire::Record;

use super::Archive;
use super::fault::Doing;

/// A kept sample that was not sent yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Unshipped {
    /// Its place among those to be sent; later ones have higher numbers while it waits.
    pub number: i64,
    /// The sample.
    pub record: Record,
}

/// What waits to be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// How many samples.
    pub samples: u64,
    /// When the first of them began.
    pub oldest: Option<UnixMillis>,
}

pub(super) fn mark(transaction: &Transaction, sample: &Sample) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("INSERT INTO unshipped (id) VALUES (?1) ON CONFLICT DO NOTHING")?
        .execute([sample.id.as_str()])
        .map(drop)
}

impl Archive {
    /// The same archive; what is kept through it from now on is to be sent to a queue, too.
    ///
    /// A sample is marked in the transaction that keeps it, so none is kept and not marked.
    #[must_use]
    pub fn to_be_shipped(mut self) -> Self {
        self.ship = true;
        self
    }

    /// The first samples that wait, in the order in which they were kept.
    ///
    /// # Errors
    /// The archive cannot be read.
    pub fn unshipped(&mut self, most: usize) -> Result<Vec<Unshipped>, ArchiveError> {
        self.stand()?;
        let doing = Doing { verb: "read", place: &self.place };
        let failed = |error: rusqlite::Error| doing.failed(&error);
        let damaged = |error: serde_json::Error| doing.unusable(format!("a sample to be sent is damaged: {error}"));
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT unshipped.number, sample.wire, sample.content, environment.content
                 FROM unshipped JOIN sample ON sample.id = unshipped.id
                 JOIN environment ON environment.id = sample.environment
                 ORDER BY unshipped.number LIMIT ?1",
            )
            .map_err(failed)?;
        let mut rows = statement.query([i64::try_from(most).unwrap_or(i64::MAX)]).map_err(failed)?;
        let mut unshipped = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            let text = |column| row.get_ref(column).map_err(failed).map(|text| text.as_str().unwrap_or_default());
            let record = Record {
                schema: row.get(1).map_err(failed)?,
                sample: serde_json::from_str(text(2)?).map_err(damaged)?,
                environment: serde_json::from_str(text(3)?).map_err(damaged)?,
            };
            unshipped.push(Unshipped { number: row.get(0).map_err(failed)?, record });
        }
        Ok(unshipped)
    }

    /// These were sent and wait no longer.
    ///
    /// # Errors
    /// All of them still wait.
    pub fn shipped(&mut self, numbers: &[i64]) -> Result<(), ArchiveError> {
        self.stand()?;
        let failed = |error: rusqlite::Error| Doing { verb: "write", place: &self.place }.failed(&error);
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        for number in numbers {
            transaction
                .prepare_cached("DELETE FROM unshipped WHERE number = ?1")
                .and_then(|mut statement| statement.execute([number]))
                .map_err(failed)?;
        }
        transaction.commit().map_err(failed)
    }

    /// How much waits.
    ///
    /// # Errors
    /// The archive cannot be read.
    pub fn backlog(&self) -> Result<Backlog, ArchiveError> {
        let read = self.connection.query_row(
            "SELECT count(*), min(sample.started_ms) FROM unshipped JOIN sample ON sample.id = unshipped.id",
            [],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?)),
        );
        let (samples, oldest) = read.map_err(|error| Doing { verb: "read", place: &self.place }.failed(&error))?;
        Ok(Backlog { samples: samples.unsigned_abs(), oldest: oldest.map(UnixMillis) })
    }
}
