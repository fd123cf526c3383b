//! Samples that cannot be read, and so are left out.

use parallax::adapters::archive::Archive;
use parallax::adapters::engine::Engine;
use parallax::archive::error::ArchiveError;
use parallax::measurement::counted::does;

use crate::exit::Problem;

/// As many are named.
const SHOWN: usize = 10;

/// Which were left out.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    count: usize,
    shown: Vec<String>,
}

impl LeftOut {
    pub(super) fn add(&mut self, damaged: &ArchiveError) {
        self.count += 1;
        if self.shown.len() < SHOWN {
            self.shown.push(match damaged {
                ArchiveError::Damaged { reason, source_name, began, .. } => {
                    format!("\n  {reason} ({source_name}, began {began})")
                }
                other => format!("\n  {other}"),
            });
        }
    }

    /// In words; nothing where none was.
    pub(super) fn said(&self) -> Option<String> {
        let more = self.count - self.shown.len();
        let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
        let samples = does(self.count, "sample", ["is damaged and was", "are damaged and were"]);
        (self.count > 0).then(|| format!("{samples} left out:{}{more}", self.shown.concat()))
    }
}

/// The archive where it is a file: only there can one sample be damaged and the others be whole.
pub(super) fn file(archive: &mut Engine) -> Result<&mut Archive, Problem> {
    match archive {
        Engine::Sqlite(archive) => Ok(archive),
        #[cfg(feature = "aws")]
        Engine::Dynamodb(_) => Err(Problem::input(
            "--skip-damaged is for an archive in a file (sqlite:PATH); of a table, remove the item that the message names",
        )),
    }
}
