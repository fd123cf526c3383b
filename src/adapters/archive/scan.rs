//! Reading back, a row at a time.

use std::collections::HashMap;
use std::ops::ControlFlow;

use rusqlite::types::Value;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, params_from_iter};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::archive::error::ArchiveError;
use crate::archive::port::Scan;
use crate::archive::selection::{Selection, Source};
use crate::measurement::environment::Environment;
use crate::measurement::wire::Record;

use super::Archive;
use super::fault::Doing;

/// Surroundings held at once while scanning: each sandbox of a fleet has its own.
const ENVIRONMENTS: usize = 1_024;

impl Scan for Archive {
    async fn scan_while(
        &mut self,
        selection: &Selection,
        visit: &mut dyn FnMut(Record) -> ControlFlow<()>,
    ) -> Result<(), ArchiveError> {
        let mut damage = Ok(());
        self.scan_what_is_whole(selection, &mut |found| match found {
            Ok(record) => visit(record),
            Err(damaged) => {
                damage = Err(damaged);
                ControlFlow::Break(())
            }
        })?;
        damage
    }
}

impl Archive {
    /// As [`Scan::scan_while`], but a sample that cannot be read ends nothing: the visitor is shown what is wrong with it
    /// in its place.
    ///
    /// # Errors
    /// The file could not be read, or is damaged beyond single samples.
    pub fn scan_what_is_whole(
        &mut self,
        selection: &Selection,
        visit: &mut dyn FnMut(Result<Record, ArchiveError>) -> ControlFlow<()>,
    ) -> Result<(), ArchiveError> {
        let doing = Doing { verb: "read", place: &self.place };
        let failed = |error: rusqlite::Error| doing.failed(&error);
        let transaction = self.connection.transaction().map_err(failed)?;
        let sources = sources(&transaction, &selection.source).map_err(failed)?;
        if sources.as_ref().is_some_and(Vec::is_empty) {
            return Ok(());
        }
        let (sql, values) = query(selection, sources.as_deref());
        let mut statement = transaction.prepare_cached(&sql).map_err(failed)?;
        let mut surroundings = Surroundings::of(&transaction).map_err(failed)?;
        let mut rows = statement.query(params_from_iter(values)).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let found = match record(row, &mut surroundings).map_err(failed)? {
                Ok(record) => Ok(record),
                Err(reason) => Err(damaged(row, reason, &transaction, doing).map_err(failed)?),
            };
            if visit(found).is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// The record of a row, or why its sample cannot be read.
fn record(row: &Row, surroundings: &mut Surroundings) -> rusqlite::Result<Result<Record, String>> {
    let id = || row.get_ref(0).map(|id| id.as_str().unwrap_or_default().escape_debug().to_string());
    let content = row.get_ref(2)?.as_str().unwrap_or_default();
    let sample = match serde_json::from_str(content) {
        Ok(sample) => sample,
        Err(error) => return Ok(Err(format!("sample {} is damaged: {error}", id()?))),
    };
    Ok(match surroundings.get(row.get(3)?)? {
        Ok(environment) => Ok(Record { schema: row.get(1)?, sample, environment }),
        Err(reason) => Err(format!("sample {} has no environment: {reason}", id()?)),
    })
}

/// What else is known of a sample that cannot be read: its row says so beside it.
fn damaged(row: &Row, reason: String, connection: &Connection, doing: Doing) -> rusqlite::Result<ArchiveError> {
    let began = OffsetDateTime::from_unix_timestamp_nanos(i128::from(row.get::<_, i64>(4)?) * 1_000_000);
    let named = connection
        .query_row("SELECT target, vantage, method FROM source WHERE id = ?1", [row.get::<_, i64>(5)?], |row| {
            let name = |column| row.get::<_, String>(column);
            Ok(format!("target={},vantage={},method={}", name(0)?, name(1)?, name(2)?))
        })
        .optional()?;
    Ok(ArchiveError::Damaged {
        place: doing.place.to_owned(),
        reason,
        source_name: named.unwrap_or_else(|| "no source that is there".to_owned()).escape_debug().to_string(),
        began: began
            .ok()
            .and_then(|began| began.format(&Rfc3339).ok())
            .unwrap_or_else(|| "at no time that can be".to_owned()),
    })
}

/// The ids of the sources a filter leaves, or nothing where it leaves all of them.
fn sources(connection: &Connection, source: &Source) -> rusqlite::Result<Option<Vec<i64>>> {
    if source.target.is_none() && source.vantage.is_none() && source.method.is_none() {
        return Ok(None);
    }
    connection
        .prepare_cached(
            "SELECT id FROM source WHERE (?1 IS NULL OR target = ?1) AND (?2 IS NULL OR vantage = ?2)
             AND (?3 IS NULL OR method = ?3)",
        )?
        .query_map(
            (
                source.target.as_ref().map(|target| target.as_str()),
                source.vantage.as_ref().map(|vantage| vantage.as_str()),
                source.method.as_ref().map(|method| method.as_str()),
            ),
            |row| row.get(0),
        )?
        .collect::<rusqlite::Result<_>>()
        .map(Some)
}

fn query(selection: &Selection, sources: Option<&[i64]>) -> (String, Vec<Value>) {
    let mut values = vec![Value::from(selection.window.from.0), Value::from(selection.window.to.0)];
    // One source is read along its own index. Several are read along the index of all and passed over one by one (the
    // plus hides the column from the planner): sorting them would hold all of them.
    let (index, chosen) = match sources {
        None => ("sample_by_start", String::new()),
        Some([one]) => {
            values.push(Value::from(*one));
            ("sample_by_source", " AND source = ?3".to_owned())
        }
        Some(several) => {
            let ids: Vec<String> = several.iter().map(i64::to_string).collect();
            ("sample_by_start", format!(" AND +source IN ({})", ids.join(",")))
        }
    };
    let cold = match selection.source.cold {
        None => "",
        Some(true) => " AND cold = 1",
        Some(false) => " AND cold = 0",
    };
    let sql = format!(
        "SELECT id, wire, content, environment, started_ms, source FROM sample INDEXED BY {index}
         WHERE started_ms >= ?1 AND started_ms < ?2{chosen}{cold} ORDER BY started_ms, id"
    );
    (sql, values)
}

struct Surroundings<'c> {
    statement: CachedStatement<'c>,
    held: HashMap<i64, Environment>,
}

impl<'c> Surroundings<'c> {
    fn of(connection: &'c Connection) -> rusqlite::Result<Self> {
        let statement = connection.prepare_cached("SELECT content FROM environment WHERE id = ?1")?;
        Ok(Self { statement, held: HashMap::new() })
    }

    /// One of them, or why there is none.
    fn get(&mut self, id: i64) -> rusqlite::Result<Result<Environment, String>> {
        if let Some(held) = self.held.get(&id) {
            return Ok(Ok(held.clone()));
        }
        let found = self.statement.query_row([id], |row| Ok(row.get_ref(0)?.as_bytes().unwrap_or_default().to_vec()));
        let Some(content) = found.optional()? else {
            return Ok(Err(format!("row {id} of the table `environment` is not there")));
        };
        let environment: Environment = match serde_json::from_slice(&content) {
            Ok(environment) => environment,
            Err(error) => return Ok(Err(format!("row {id} of the table `environment` is damaged: {error}"))),
        };
        if self.held.len() >= ENVIRONMENTS {
            self.held.clear();
        }
        self.held.insert(id, environment.clone());
        Ok(Ok(environment))
    }
}
