//! The tables, and the way from one version of them to the next.

use rusqlite::{Connection, TransactionBehavior};

/// Marks the file as ours in its header: `PLLX`.
pub(super) const APPLICATION_ID: i64 = 0x504C_4C58;

/// Step n makes schema n of schema n - 1; schema 0 is an empty file. A step that was released never changes.
pub(super) const STEPS: &[&str] = &[
    "
    CREATE TABLE environment (
        id INTEGER PRIMARY KEY,
        content TEXT NOT NULL UNIQUE,
        samples INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE source (
        id INTEGER PRIMARY KEY,
        target TEXT NOT NULL,
        vantage TEXT NOT NULL,
        method TEXT NOT NULL,
        samples INTEGER NOT NULL,
        failures INTEGER NOT NULL,
        first_ms INTEGER NOT NULL,
        last_ms INTEGER NOT NULL,
        UNIQUE (target, vantage, method)
    ) STRICT;
    CREATE TABLE sample (
        id TEXT NOT NULL UNIQUE,
        source INTEGER NOT NULL REFERENCES source (id),
        environment INTEGER NOT NULL REFERENCES environment (id),
        slot_ms INTEGER,
        started_ms INTEGER NOT NULL,
        elapsed_us INTEGER NOT NULL,
        ok INTEGER NOT NULL,
        cold INTEGER,
        wire INTEGER NOT NULL,
        content TEXT NOT NULL
    ) STRICT;
    CREATE TABLE miss (
        target TEXT NOT NULL,
        vantage TEXT NOT NULL,
        method TEXT NOT NULL,
        slot_ms INTEGER NOT NULL,
        reason TEXT NOT NULL,
        PRIMARY KEY (target, vantage, method, slot_ms)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX miss_by_slot ON miss (slot_ms);
    CREATE INDEX sample_by_start ON sample (started_ms, id);
    CREATE INDEX sample_by_source ON sample (source, started_ms, id);
    CREATE INDEX sample_by_slot ON sample (source, slot_ms) WHERE slot_ms IS NOT NULL;
",
    "
    CREATE TABLE unshipped (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE
    ) STRICT;
",
];

/// The schema this program writes, and the newest it reads.
pub(super) fn newest(steps: &[&str]) -> i64 {
    i64::try_from(steps.len()).unwrap_or(i64::MAX)
}

/// What a file says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marks {
    pub application: i64,
    pub schema: i64,
    pub objects: i64,
}

pub(super) fn marks(connection: &Connection) -> rusqlite::Result<Marks> {
    let number = |sql| connection.query_row(sql, [], |row| row.get(0));
    Ok(Marks {
        application: number("PRAGMA application_id")?,
        schema: number("PRAGMA user_version")?,
        objects: number("SELECT count(*) FROM sqlite_schema")?,
    })
}

/// Brings a file forward to the newest schema, all steps or none; says what it was before.
///
/// A file that is neither empty nor ours, or newer, is left as it is.
pub(super) fn migrate(connection: &mut Connection, steps: &[&str]) -> rusqlite::Result<Marks> {
    // Immediate: of two programs that open a new file at once, the second waits and then finds the work done.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let before = marks(&transaction)?;
    let empty = before == Marks { application: 0, schema: 0, objects: 0 };
    if !empty && before.application != APPLICATION_ID {
        return Ok(before);
    }
    let Some(missing) = usize::try_from(before.schema).ok().and_then(|done| steps.get(done..)) else {
        return Ok(before);
    };
    for step in missing {
        transaction.execute_batch(step)?;
    }
    if !missing.is_empty() {
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", newest(steps))?;
    }
    transaction.commit()?;
    Ok(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEXT: &[&str] =
        &[STEPS[0], STEPS[1], "ALTER TABLE sample ADD COLUMN note TEXT; UPDATE sample SET note = 'old';"];

    fn with_a_row() -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, STEPS).unwrap();
        connection
            .execute_batch(
                "INSERT INTO environment VALUES (1, '{}', 1);
                 INSERT INTO source VALUES (1, 't', 'v', 'fresh', 1, 0, 5, 5);
                 INSERT INTO sample VALUES ('a', 1, 1, NULL, 5, 7, 1, NULL, 1, '{}');",
            )
            .unwrap();
        connection
    }

    #[test]
    fn an_empty_file_becomes_the_newest_schema_at_once() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, NEXT).unwrap();
        let now = marks(&connection).unwrap();
        assert_eq!((now.application, now.schema), (APPLICATION_ID, 3));
        connection.query_row("SELECT count(note) FROM sample", [], |row| row.get::<_, i64>(0)).unwrap();
    }

    #[test]
    fn an_older_file_takes_only_the_steps_it_lacks_and_keeps_its_rows() {
        let mut connection = with_a_row();
        assert_eq!(migrate(&mut connection, NEXT).unwrap().schema, 2);
        assert_eq!(marks(&connection).unwrap().schema, 3);
        let row: (String, String) =
            connection.query_row("SELECT id, note FROM sample", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        assert_eq!(row, ("a".to_owned(), "old".to_owned()));
        migrate(&mut connection, NEXT).unwrap();
    }

    #[test]
    fn an_archive_of_the_first_schema_has_nothing_to_send() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, &STEPS[..1]).unwrap();
        connection.execute_batch("INSERT INTO environment VALUES (1, '{}', 1);").unwrap();
        assert_eq!(migrate(&mut connection, STEPS).unwrap().schema, 1);
        let count = |table| connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0));
        assert_eq!((count("environment").unwrap(), count("unshipped").unwrap()), (1_i64, 0_i64));
    }

    #[test]
    fn a_step_that_fails_leaves_the_schema_before_it() {
        let mut connection = with_a_row();
        let broken: &[&str] = &[STEPS[0], STEPS[1], "ALTER TABLE sample ADD COLUMN note TEXT; SELECT nonsense;"];
        migrate(&mut connection, broken).unwrap_err();
        assert_eq!(marks(&connection).unwrap().schema, 2);
        connection.prepare("SELECT note FROM sample").unwrap_err();
    }

    #[test]
    fn a_newer_or_foreign_file_is_left_as_it_is() {
        let mut newer = with_a_row();
        newer.pragma_update(None, "user_version", 9).unwrap();
        assert_eq!(migrate(&mut newer, STEPS).unwrap().schema, 9);
        let mut foreign = Connection::open_in_memory().unwrap();
        foreign.execute_batch("CREATE TABLE theirs (x)").unwrap();
        migrate(&mut foreign, STEPS).unwrap();
        assert_eq!(marks(&foreign).unwrap(), Marks { application: 0, schema: 0, objects: 1 });
    }
}
