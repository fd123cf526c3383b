//! What is said of an invocation: one line of JSON.

use serde::Serialize;

use crate::measurement::environment::Init;

/// More notes than these are left out.
const NOTES_MAX: usize = 20;
/// The longest note, in characters.
const NOTE_MAX: usize = 400;

/// One invocation; numbers are of samples unless they are said to be of something else.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    /// The slot, in ISO 8601.
    pub slot: String,
    /// `event`, or `clock` where the event named none.
    pub slot_from: &'static str,
    /// How the sandbox came to be ready.
    pub init: Init,
    /// Which invocation of the sandbox.
    pub invocation: u64,
    /// Pages in the table.
    pub pages: usize,
    /// `read` for this invocation or within the last minute, `kept` from an earlier reading because this one failed, `none`.
    pub table: &'static str,
    /// Rows of the table that are no pages.
    pub refused_rows: usize,
    /// Pages due now.
    pub due: usize,
    /// Pages measured, failures of the page included.
    pub measured: usize,
    /// Pages due that were not measured.
    pub missed: usize,
    /// Taken by the queue, those held from earlier invocations included.
    pub sent: usize,
    /// Taken by the region's own spool instead.
    pub spooled: usize,
    /// Messages that went from the spool to the queue.
    pub drained: usize,
    /// Taken by neither, and still in this sandbox's memory.
    pub held: usize,
    /// Gone for good.
    pub lost: usize,
    /// Missed slots, of this invocation or an earlier one, that neither queue was told of yet.
    pub missed_held: usize,
    /// Missed slots that nobody will be told of.
    pub missed_lost: usize,
    /// What went wrong, in words; never a secret.
    #[serde(skip_serializing_if = "Notes::is_empty")]
    pub notes: Notes,
}

/// What went wrong, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Notes(Vec<String>);

impl Notes {
    /// Takes one down, cut to a length; of a long list the rest is left out, and that is said.
    pub fn take(&mut self, note: &str) {
        match self.0.len() {
            NOTES_MAX => self.0.push("and more".to_owned()),
            len if len > NOTES_MAX => {}
            _ => self.0.push(note.chars().filter(|c| !c.is_control()).take(NOTE_MAX).collect()),
        }
    }

    /// All of them as one text.
    #[must_use]
    pub fn joined(&self) -> String {
        self.0.join("; ")
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Account {
    /// As it is logged: one line.
    #[must_use]
    pub fn line(&self) -> String {
        // Only numbers and texts are in it: it can be written.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_stay_few_and_short_and_of_one_line() {
        let mut notes = Notes::default();
        (0..100).for_each(|_| notes.take(&"a\nb".repeat(1_000)));
        assert_eq!(notes.0.len(), 21);
        assert!(notes.0.iter().all(|note| note.len() <= 400 && !note.contains('\n')));
        assert_eq!(notes.0[20], "and more");
    }
}
