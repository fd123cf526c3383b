//! What the archive takes up.

use crate::archive::error::ArchiveError;

use super::Archive;
use super::fault::Doing;
use super::schema;

/// The archive as a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// The schema's version.
    pub schema: i64,
    /// Bytes of the database, its log not counted.
    pub bytes: u64,
    /// Of those, bytes of forgotten samples that new ones will use.
    pub free_bytes: u64,
}

impl Archive {
    /// How large it is.
    ///
    /// # Errors
    /// It could not be read.
    pub fn size(&self) -> Result<Size, ArchiveError> {
        let number = |sql: &str| self.connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        let measured = || {
            let page = number("PRAGMA page_size")?;
            let marks = schema::marks(&self.connection)?;
            let bytes = |pages: i64| (page * pages).unsigned_abs();
            Ok(Size {
                schema: marks.schema,
                bytes: bytes(number("PRAGMA page_count")?),
                free_bytes: bytes(number("PRAGMA freelist_count")?),
            })
        };
        measured().map_err(|error: rusqlite::Error| Doing { verb: "read", place: &self.place }.failed(&error))
    }
}
