//! Slots that were missed, in a table of their own: they are no samples, and no percentile may meet them.

use rusqlite::{Transaction, TransactionBehavior};

use crate::archive::error::ArchiveError;
use crate::archive::port;
use crate::measurement::miss::Miss;
use crate::measurement::sample::Sample;

use super::Archive;
use super::fault::Doing;

impl port::Miss for Archive {
    async fn miss(&mut self, missed: &[Miss]) -> Result<(), ArchiveError> {
        self.stand()?;
        let failed = |error: rusqlite::Error| Doing { verb: "write", place: &self.place }.failed(&error);
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        for miss in missed {
            keep(&transaction, miss).map_err(failed)?;
        }
        transaction.commit().map_err(failed)?;
        self.stand()
    }
}

fn keep(transaction: &Transaction, miss: &Miss) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO miss SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS (
                 SELECT 1 FROM sample
                 WHERE source = (SELECT id FROM source WHERE target = ?1 AND vantage = ?2 AND method = ?3)
                 AND slot_ms = ?4)
             ON CONFLICT DO NOTHING",
        )?
        .execute((
            miss.target.as_str(),
            miss.vantage.as_str(),
            miss.method.as_str(),
            miss.slot_ms.0,
            miss.reason.as_str(),
        ))
        .map(drop)
}

/// A slot that has a sample is not missed: a clock that was set back gives it another turn.
pub(super) fn take_out(transaction: &Transaction, sample: &Sample) -> rusqlite::Result<()> {
    let Some(slot) = sample.slot_ms else { return Ok(()) };
    transaction
        .prepare_cached("DELETE FROM miss WHERE target = ?1 AND vantage = ?2 AND method = ?3 AND slot_ms = ?4")?
        .execute((sample.target.as_str(), sample.vantage.as_str(), sample.method.as_str(), slot.0))
        .map(drop)
}
