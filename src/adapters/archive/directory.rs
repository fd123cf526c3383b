//! What is there, without reading samples.

use rusqlite::Row;

use crate::archive::error::ArchiveError;
use crate::archive::port::{Directory, Slots, SourceLine, Span};
use crate::archive::selection::Window;
use crate::measurement::identity::{Method, NameError, TargetId, Vantage};
use crate::measurement::units::UnixMillis;

use super::Archive;
use super::fault::Doing;

impl Directory for Archive {
    async fn sources(&mut self) -> Result<Vec<SourceLine>, ArchiveError> {
        let doing = Doing { verb: "read", place: &self.place };
        let failed = |error: rusqlite::Error| doing.failed(&error);
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT target, vantage, method, sum(samples), sum(failures), sum(missed), max(first_ms), max(last_ms)
                 FROM (SELECT target, vantage, method, samples, failures, 0 AS missed, first_ms, last_ms FROM source
                       UNION ALL
                       SELECT target, vantage, method, 0, 0, count(*), NULL, NULL FROM miss
                       GROUP BY target, vantage, method)
                 GROUP BY target, vantage, method ORDER BY target, vantage, method",
            )
            .map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        let mut lines = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            let typed = Typed::read(row).map_err(failed)?;
            lines.push(typed.checked().map_err(|error| doing.unusable(format!("a source is damaged: {error}")))?);
        }
        Ok(lines)
    }
}

struct Typed {
    names: [String; 3],
    counts: [i64; 3],
    first: Option<i64>,
    last: Option<i64>,
}

impl Typed {
    fn read(row: &Row) -> rusqlite::Result<Self> {
        Ok(Self {
            names: [row.get(0)?, row.get(1)?, row.get(2)?],
            counts: [row.get(3)?, row.get(4)?, row.get(5)?],
            first: row.get(6)?,
            last: row.get(7)?,
        })
    }

    fn checked(self) -> Result<SourceLine, NameError> {
        let ([target, vantage, method], [samples, failures, missed]) = (self.names, self.counts);
        Ok(SourceLine {
            target: TargetId::new(&target)?,
            vantage: Vantage::new(&vantage)?,
            method: Method::try_from(method)?,
            samples: samples.unsigned_abs(),
            failures: failures.unsigned_abs(),
            missed: missed.unsigned_abs(),
            span: self
                .first
                .zip(self.last)
                .map(|(first, last)| Span { first: UnixMillis(first), last: UnixMillis(last) }),
        })
    }
}

impl Slots for Archive {
    async fn slots(
        &mut self,
        target: &TargetId,
        vantage: &Vantage,
        method: &Method,
        window: Window,
    ) -> Result<Vec<UnixMillis>, ArchiveError> {
        self.stand()?;
        let failed = |error: rusqlite::Error| Doing { verb: "read", place: &self.place }.failed(&error);
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT DISTINCT slot_ms FROM sample
                 WHERE source = (SELECT id FROM source WHERE target = ?1 AND vantage = ?2 AND method = ?3)
                 AND slot_ms >= ?4 AND slot_ms < ?5 ORDER BY slot_ms",
            )
            .map_err(failed)?;
        let names = (target.as_str(), vantage.as_str(), method.as_str(), window.from.0, window.to.0);
        let slots = statement.query_map(names, |row| row.get(0).map(UnixMillis)).map_err(failed)?;
        slots.collect::<rusqlite::Result<_>>().map_err(failed)
    }
}
