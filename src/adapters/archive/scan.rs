//! Reading back, a row at a time.

use std::collections::HashMap;

use rusqlite::types::Value;
use rusqlite::{CachedStatement, Connection, Row, params_from_iter};

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
    async fn scan(&mut self, selection: &Selection, visit: &mut dyn FnMut(Record)) -> Result<(), ArchiveError> {
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
            visit(record(row, &mut surroundings, doing)?);
        }
        Ok(())
    }
}

fn record(row: &Row, surroundings: &mut Surroundings, doing: Doing) -> Result<Record, ArchiveError> {
    let failed = |error: rusqlite::Error| doing.failed(&error);
    let id = row.get_ref(0).map_err(failed)?.as_str().unwrap_or_default();
    let content = row.get_ref(2).map_err(failed)?.as_str().unwrap_or_default();
    let damaged = |error: serde_json::Error| doing.unusable(format!("sample {id} is damaged: {error}"));
    Ok(Record {
        schema: row.get(1).map_err(failed)?,
        sample: serde_json::from_str(content).map_err(damaged)?,
        environment: surroundings.get(row.get(3).map_err(failed)?, doing)?,
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
        "SELECT id, wire, content, environment FROM sample INDEXED BY {index}
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

    fn get(&mut self, id: i64, doing: Doing) -> Result<Environment, ArchiveError> {
        if let Some(held) = self.held.get(&id) {
            return Ok(held.clone());
        }
        let content: String = self.statement.query_row([id], |row| row.get(0)).map_err(|error| doing.failed(&error))?;
        let environment: Environment = serde_json::from_str(&content)
            .map_err(|error| doing.unusable(format!("environment {id} is damaged: {error}")))?;
        if self.held.len() >= ENVIRONMENTS {
            self.held.clear();
        }
        self.held.insert(id, environment.clone());
        Ok(environment)
    }
}
