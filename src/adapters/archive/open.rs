//! Opening: what is there is looked at before anything is done to it.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::archive::error::ArchiveError;

use super::Mode;
use super::fault::Doing;
use super::schema::{self, APPLICATION_ID, Marks, STEPS};

/// How long another program's lock is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const HEADER: usize = 100;
const APPLICATION_ID_AT: usize = 68;

/// What lies at a path, by its first bytes.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    Empty,
    Database { application: i64 },
    Other,
}

pub(super) fn connection(path: &Path, place: &str, mode: Mode) -> Result<Connection, ArchiveError> {
    let doing = Doing { verb: "open", place };
    let foreign = |reason: String| ArchiveError::Foreign { place: place.to_owned(), reason };
    let found = look(path).map_err(|error| doing.unusable(advised(path, &error)))?;
    match (found, mode) {
        (Found::Other, _) => Err(foreign("it is not a SQLite database".to_owned())),
        (Found::Database { application }, _) if application != APPLICATION_ID => {
            Err(foreign(format!("a SQLite database of another application, id {application:#010x}")))
        }
        (Found::Nothing, Mode::Read) => Err(ArchiveError::Missing { place: place.to_owned() }),
        (Found::Empty, Mode::Read) => Err(foreign("the file is empty".to_owned())),
        (Found::Database { .. }, Mode::Read) => to_read(path, doing),
        (_, Mode::Write) => to_write(path, doing),
    }
}

fn look(path: &Path) -> std::io::Result<Found> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
        file => file?,
    };
    let kind = file.metadata()?.file_type();
    if kind.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    if !kind.is_file() {
        return Ok(Found::Other);
    }
    let mut header = Vec::with_capacity(HEADER);
    file.by_ref().take(HEADER as u64).read_to_end(&mut header)?;
    let application = header.get(APPLICATION_ID_AT..APPLICATION_ID_AT + 4);
    Ok(match application.and_then(|bytes| <[u8; 4]>::try_from(bytes).ok()) {
        _ if header.is_empty() => Found::Empty,
        Some(id) if header.starts_with(MAGIC) => Found::Database { application: u32::from_be_bytes(id).into() },
        _ => Found::Other,
    })
}

fn advised(path: &Path, error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::IsADirectory => format!("{} is a directory; name a file in it", path.display()),
        ErrorKind::NotADirectory => "a part of the path is a file, not a directory".to_owned(),
        ErrorKind::PermissionDenied => "this user may not read it".to_owned(),
        _ => error.to_string(),
    }
}

fn to_write(path: &Path, doing: Doing) -> Result<Connection, ArchiveError> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent.filter(|parent| !parent.is_dir()) {
        return Err(doing.unusable(format!("there is no directory {}; make it first", parent.display())));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let failed = |error: rusqlite::Error| doing.failed(&error);
    let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(PATIENCE).map_err(failed)?;
    // Heard only by a file that is still empty. A two-hop sample is 2.4 KB: of the default 4 KiB pages each would take one.
    connection.pragma_update(None, "page_size", 8_192).map_err(failed)?;
    let before = schema::migrate(&mut connection, STEPS).map_err(failed)?;
    accept(before, doing)?;
    // The write-ahead log lets readers read while a batch is written. FULL: a commit returns once the log is on the
    // disk; with NORMAL a power cut could take back a batch that was acknowledged.
    log_ahead(&connection).map_err(failed)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(failed)?;
    Ok(connection)
}

/// SQLite gives up at once where two programs turn the same new file to the log: here it is not waited for as elsewhere.
fn log_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let until = Instant::now() + PATIENCE;
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && Instant::now() < until => {
                std::thread::sleep(Duration::from_millis(5));
            }
            turned => return turned,
        }
    }
}

fn to_read(path: &Path, doing: Doing) -> Result<Connection, ArchiveError> {
    // A log needs files beside the database, and only who may write takes them away again: so it is opened to be
    // written, where this user may, and then writes nothing.
    let opened = opened_to_read(path, OpenFlags::SQLITE_OPEN_READ_WRITE).or_else(|error| {
        // Where they cannot be made and none is left behind, no writer is at work, and the file may be read as it is.
        let flags = OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_READ_ONLY;
        if log_is_empty(path) { opened_to_read(&immutable(path), flags) } else { Err(error) }
    });
    let (connection, marks) = opened.map_err(|error| doing.failed(&error))?;
    accept(marks, doing)?;
    if marks.schema < schema::newest(STEPS) {
        return Err(doing.unusable(format!(
            "its schema {} is older than {}; any command that writes to it brings it forward",
            marks.schema,
            schema::newest(STEPS)
        )));
    }
    Ok(connection)
}

fn opened_to_read(path: &Path, flags: OpenFlags) -> rusqlite::Result<(Connection, Marks)> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "query_only", true)?;
    let marks = schema::marks(&connection)?;
    Ok((connection, marks))
}

fn log_is_empty(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(log).map_or(true, |log| log.len() == 0)
}

fn immutable(path: &Path) -> PathBuf {
    let escaped: String = path
        .to_string_lossy()
        .chars()
        .map(|c| match c {
            '%' => "%25".to_owned(),
            '?' => "%3f".to_owned(),
            '#' => "%23".to_owned(),
            c => c.to_string(),
        })
        .collect();
    PathBuf::from(format!("file:{escaped}?immutable=1"))
}

fn accept(found: Marks, doing: Doing) -> Result<(), ArchiveError> {
    let known = schema::newest(STEPS);
    if found.application != APPLICATION_ID && found != (Marks { application: 0, schema: 0, objects: 0 }) {
        let reason = format!("a SQLite database of another application, id {:#010x}", found.application);
        return Err(ArchiveError::Foreign { place: doing.place.to_owned(), reason });
    }
    if found.schema > known {
        return Err(ArchiveError::Newer { place: doing.place.to_owned(), found: found.schema, known });
    }
    Ok(())
}
