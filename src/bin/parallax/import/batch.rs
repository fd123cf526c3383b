//! An import in two steps: everything is read and checked, and only then is anything kept.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, Write};

use parallax::adapters::archive::Mode;
use parallax::adapters::export::line;
use parallax::archive::port::{Append, Appended};
use parallax::measurement::counted::counted;
use parallax::measurement::units::UnixMillis;
use parallax::measurement::wire::Record;
use serde_json::json;

use super::Common;
use super::input::{self, Rejected};
use super::lengths::Lengths;
use crate::archive;
use crate::exit::{Answer, Outcome, Problem};
use crate::output::{print, tell};

/// Records kept in one transaction.
const BATCH: usize = 1_000;
/// Bad rows shown.
const SHOWN: usize = 10;
/// What was read so far; the records themselves wait in a file, so that an import of any length fits in memory.
pub(super) struct Checked {
    waiting: BufWriter<File>,
    rows: u64,
    bad: u64,
    shown: Vec<String>,
    lengths: Lengths,
    window: Option<(UnixMillis, UnixMillis)>,
}

impl Checked {
    pub(super) fn new() -> Result<Self, Problem> {
        let waiting = BufWriter::new(tempfile::tempfile().map_err(|error| unwritten(&error))?);
        let shown = Vec::new();
        Ok(Self { waiting, rows: 0, bad: 0, shown, lengths: Lengths::default(), window: None })
    }

    pub(super) fn good(&mut self, record: &Record) -> Result<(), Problem> {
        let started = record.sample.started_at_ms;
        let (first, last) = self.window.unwrap_or((started, started));
        self.window = Some((first.min(started), last.max(started)));
        self.rows += 1;
        self.lengths.count(record);
        line(&mut self.waiting, record).map_err(|error| unwritten(&error))
    }

    pub(super) fn bad(&mut self, message: String) {
        self.bad += 1;
        if self.shown.len() < SHOWN {
            self.shown.push(message);
        }
    }

    /// More than half of the values are too long, or too short, to be pages.
    pub(super) fn doubtful(&self) -> Option<&'static str> {
        self.lengths.doubtful()
    }

    /// Keeps what was good, or refuses all of it.
    pub(super) fn keep(mut self, common: &Common, rejected: Rejected) -> Outcome {
        let name = input::name(&common.file);
        if self.bad > 0 && !common.skip_bad {
            return Err(Problem::input(format!(
                "{name}: {} bad, so nothing was imported; correct them, or leave them out with --skip-bad{}",
                rows(self.bad),
                self.list()
            )));
        }
        if self.bad > 0 {
            let place = rejected.settle()?;
            tell(format_args!("parallax: {name}: {} left out, see {place}{}", rows(self.bad), self.list()));
        }
        if self.rows == 0 {
            tell(format_args!("parallax: {name} has no rows to import"));
            return Ok(Answer::Negative);
        }
        let appended = self.append(&common.archive)?;
        print(&if common.json {
            self.document(appended).to_string()
        } else {
            self.sentence(appended, &common.archive)
        })?;
        Ok(if self.bad > 0 { Answer::Negative } else { Answer::Done })
    }

    fn list(&self) -> String {
        let more = self.bad - self.shown.len() as u64;
        let lines: String = self.shown.iter().map(|line| format!("\n  {line}")).collect();
        if more > 0 { format!("{lines}\n  and {more} more") } else { lines }
    }

    fn append(&mut self, place: &str) -> Result<Appended, Problem> {
        self.waiting.flush().and_then(|()| self.waiting.get_mut().rewind()).map_err(|error| unwritten(&error))?;
        let mut lines = BufReader::new(self.waiting.get_ref()).lines();
        archive::with(place, Mode::Write, async |archive| {
            let mut appended = Appended::default();
            loop {
                let batch: Vec<Record> = lines.by_ref().take(BATCH).map(reread).collect::<Result<_, _>>()?;
                if batch.is_empty() {
                    return Ok(appended);
                }
                let some = archive.append(&batch).await?;
                appended.new += some.new;
                appended.repeated += some.repeated;
            }
        })
    }

    fn document(&self, appended: Appended) -> serde_json::Value {
        json!({
            "schema": 1, "rows": self.rows + self.bad, "new": appended.new, "repeated": appended.repeated,
            "rejected": self.bad, "first_ms": self.window.map(|window| window.0), "last_ms": self.window.map(|window| window.1),
        })
    }

    fn sentence(&self, appended: Appended, place: &str) -> String {
        let (new, repeated) = (appended.new, appended.repeated);
        format!("{}: {new} new in {place}, {repeated} there before, {} left out", rows(self.rows + self.bad), self.bad)
    }
}

fn reread(line: io::Result<String>) -> Result<Record, Problem> {
    let line = line.map_err(|error| unwritten(&error))?;
    serde_json::from_str(&line).map_err(|error| Problem::unfinished(format!("the temporary file was damaged: {error}")))
}

pub(super) fn rows(count: u64) -> String {
    counted(count, "row")
}

fn unwritten(error: &io::Error) -> Problem {
    Problem::unfinished(format!("cannot use a temporary file: {error}; set TMPDIR to a directory with room"))
}
