//! Kept samples in one SQLite file: the embedded archive.
//!
//! One writer at a time and any number of readers, in any number of processes, by SQLite's own locks; readers see whole
//! batches only. What a sample is selected by stands in columns, the sample itself beside them as JSON, its
//! surroundings once for all samples that share them, and one line a source is kept up to date with every batch.

mod append;
mod directory;
mod fault;
mod footing;
mod forget;
mod miss;
mod open;
mod place;
mod scan;
mod schema;
pub mod size;
pub mod unshipped;

#[cfg(feature = "aws")]
pub use place::table;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::archive::error::ArchiveError;

use self::fault::Doing;
use self::footing::Footing;

/// What an archive is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// To read what is there; works beside a writer, and from a place that cannot be written.
    Read,
    /// To add and remove; makes the archive where there is none.
    Write,
}

/// An open archive.
#[derive(Debug)]
pub struct Archive {
    connection: Connection,
    place: String,
    stands: Stands,
    /// What is kept is to be sent to a queue, too.
    ship: bool,
}

/// What is known of the file behind a connection.
#[derive(Debug)]
enum Stands {
    /// Only read: whoever reads a file that is gone has read it.
    Unwatched,
    On(Footing),
    /// The file was taken away; the connection leads nowhere.
    Lost,
}

/// Opens the archive at a place such as `sqlite:parallax.db`.
///
/// # Errors
/// See [`ArchiveError`]; a file of another kind is left as it is.
pub fn open(place: &str, mode: Mode) -> Result<Archive, ArchiveError> {
    let path = place::path(place)?;
    let connection = open::connection(path, place, mode)?;
    let mut archive = Archive { connection, place: place.to_owned(), stands: Stands::Unwatched, ship: false };
    if mode == Mode::Write {
        archive.watch()?;
    }
    Ok(archive)
}

impl Archive {
    /// Fails once where the file is no longer the one that was opened, and from then on until one can be opened in its
    /// place.
    fn stand(&mut self) -> Result<(), ArchiveError> {
        match &mut self.stands {
            Stands::Unwatched => Ok(()),
            Stands::On(footing) => {
                let Err(reason) = footing.look() else { return Ok(()) };
                self.let_go();
                Err(Doing { verb: "write", place: &self.place }.unusable(reason))
            }
            Stands::Lost => {
                self.connection = open::connection(place::path(&self.place)?, &self.place, Mode::Write)?;
                self.whole()?;
                self.watch()
            }
        }
    }

    fn watch(&mut self) -> Result<(), ArchiveError> {
        let footing = Footing::of(place::path(&self.place)?)
            .map_err(|error| Doing { verb: "open", place: &self.place }.unusable(error.to_string()))?;
        self.stands = Stands::On(footing);
        Ok(())
    }

    /// Closed before another is opened, or its locks and its log would be taken for that one's.
    fn let_go(&mut self) {
        self.stands = Stands::Lost;
        // What the log still holds belongs to a file that is no more.
        let _ = self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        if let Ok(nowhere) = Connection::open_in_memory() {
            self.connection = nowhere;
        }
    }

    /// A file that was cut short can look whole from its beginning.
    fn whole(&self) -> Result<(), ArchiveError> {
        let doing = Doing { verb: "open", place: &self.place };
        let said: Result<String, _> = self.connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0));
        match said.map_err(|error| doing.failed(&error))?.as_str() {
            "ok" => Ok(()),
            damage => {
                Err(doing.unusable(format!("the file is damaged ({damage}): put a copy in its place, or remove it")))
            }
        }
    }
}
