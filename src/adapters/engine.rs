//! The archive at a place, whichever engine keeps it: one type for commands that do not mind.

use std::ops::ControlFlow;

use crate::adapters::archive::{self, Mode, size::Size};
#[cfg(feature = "aws")]
use crate::adapters::aws;
use crate::archive::error::ArchiveError;
use crate::archive::port::{Append, Appended, Directory, Known, Scan, SourceLine};
use crate::archive::selection::Selection;
use crate::measurement::identity::SampleId;
use crate::measurement::wire::Record;

/// An open archive.
#[derive(Debug)]
pub enum Engine {
    /// A file on this machine.
    Sqlite(archive::Archive),
    /// A table in DynamoDB.
    #[cfg(feature = "aws")]
    Dynamodb(Box<aws::archive::Archive>),
}

/// What an archive takes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// A file.
    File(Size),
    /// A table.
    #[cfg(feature = "aws")]
    Table(aws::archive::Table),
}

/// Opens the archive at a place such as `sqlite:parallax.db` or `dynamodb:TABLE`. A table needs a runtime with IO and
/// time; what is written to it through this does not expire, for only the fleet knows how long it keeps.
///
/// # Errors
/// See [`ArchiveError`]; what is not an archive is left as it is.
pub async fn open(place: &str, mode: Mode) -> Result<Engine, ArchiveError> {
    #[cfg(feature = "aws")]
    if let Some(table) = archive::table(place)? {
        return dynamodb(table, place).await;
    }
    archive::open(place, mode).map(Engine::Sqlite)
}

#[cfg(feature = "aws")]
async fn dynamodb(table: &str, place: &str) -> Result<Engine, ArchiveError> {
    let config = aws::connection::config(None, aws::connection::Patience::COMMAND).await;
    if config.region().is_none() {
        return Err(ArchiveError::Place {
            place: place.to_owned(),
            reason: "no region is set; set AWS_REGION to the one the table is in, or AWS_PROFILE".to_owned(),
        });
    }
    let mut archive = aws::archive::Archive::new(&config, table, None);
    archive.table().await?;
    Ok(Engine::Dynamodb(Box::new(archive)))
}

/// The same call of whichever engine it is.
macro_rules! each {
    ($engine:expr, $archive:ident => $call:expr) => {
        match $engine {
            Engine::Sqlite($archive) => $call,
            #[cfg(feature = "aws")]
            Engine::Dynamodb($archive) => $call,
        }
    };
}

impl Engine {
    /// How large it is.
    ///
    /// # Errors
    /// It could not be read.
    pub async fn room(&mut self) -> Result<Room, ArchiveError> {
        match self {
            Self::Sqlite(archive) => archive.size().map(Room::File),
            #[cfg(feature = "aws")]
            Self::Dynamodb(archive) => archive.table().await.map(Room::Table),
        }
    }
}

impl Append for Engine {
    async fn append(&mut self, records: &[Record]) -> Result<Appended, ArchiveError> {
        each!(self, archive => archive.append(records).await)
    }
}

impl Known for Engine {
    async fn known(&mut self, records: &[Record]) -> Result<Vec<SampleId>, ArchiveError> {
        each!(self, archive => archive.known(records).await)
    }
}

impl Scan for Engine {
    async fn scan_while(
        &mut self,
        selection: &Selection,
        visit: &mut dyn FnMut(Record) -> ControlFlow<()>,
    ) -> Result<(), ArchiveError> {
        each!(self, archive => archive.scan_while(selection, visit).await)
    }
}

impl Directory for Engine {
    async fn sources(&mut self) -> Result<Vec<SourceLine>, ArchiveError> {
        each!(self, archive => archive.sources().await)
    }
}
