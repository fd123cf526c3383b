//! Letting go.

use rusqlite::{Transaction, TransactionBehavior};

use crate::archive::error::ArchiveError;
use crate::archive::port::Forget;
use crate::measurement::units::UnixMillis;

use super::Archive;
use super::fault::Doing;

impl Forget for Archive {
    async fn forget_before(&mut self, moment: UnixMillis) -> Result<u64, ArchiveError> {
        self.stand()?;
        let failed = |error: rusqlite::Error| Doing { verb: "write", place: &self.place }.failed(&error);
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        let removed = remove(&transaction, moment.0).map_err(failed)?;
        transaction.commit().map_err(failed)?;
        Ok(removed)
    }
}

/// Counts are taken from the rows that go, never from the rows that stay: those may be millions. A sample that waits to
/// be sent stays until it was: however long an outage lasts, it loses nothing.
fn remove(transaction: &Transaction, moment: i64) -> rusqlite::Result<u64> {
    const OLD: &str = "started_ms < ?1 AND id NOT IN (SELECT id FROM unshipped)";
    transaction.execute(
        &format!(
            "UPDATE environment SET samples = environment.samples - gone.samples
             FROM (SELECT environment, count(*) AS samples FROM sample WHERE {OLD} GROUP BY environment) AS gone
             WHERE environment.id = gone.environment"
        ),
        [moment],
    )?;
    transaction.execute(
        &format!(
            "UPDATE source SET
                samples = source.samples - gone.samples,
                failures = source.failures - gone.failures,
                first_ms = coalesce(
                    (SELECT min(started_ms) FROM sample WHERE source = gone.source AND NOT ({OLD})), first_ms)
             FROM (SELECT source, count(*) AS samples, sum(NOT ok) AS failures
                   FROM sample WHERE {OLD} GROUP BY source) AS gone
             WHERE source.id = gone.source"
        ),
        [moment],
    )?;
    transaction.execute("DELETE FROM miss WHERE slot_ms < ?1", [moment])?;
    let removed = transaction.execute(&format!("DELETE FROM sample WHERE {OLD}"), [moment])?;
    if removed > 0 {
        transaction.execute("DELETE FROM source WHERE samples = 0", [])?;
        transaction.execute("DELETE FROM environment WHERE samples = 0", [])?;
    }
    Ok(u64::try_from(removed).unwrap_or(u64::MAX))
}
