//! What the log says: one JSON object a line, which CloudWatch Logs can be searched by.

use serde::Serialize;

use parallax::intake::arrival::Poison;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Line {
    /// A group of messages was taken in.
    TakenIn {
        /// Messages.
        messages: usize,
        /// Samples kept now.
        new: usize,
        /// Samples kept before, or twice in the group.
        repeated: usize,
        /// Missed slots.
        missed: usize,
        /// Samples too old for CloudWatch, or too far ahead.
        archived_only: usize,
    },
    /// Something cannot be taken in, and why.
    Poison {
        /// The message's id.
        message: String,
        /// The sample's, where it could be read.
        sample: Option<String>,
        /// What is wrong.
        reason: String,
    },
    /// A message was set aside, in the queue of dead letters.
    SetAside {
        /// The message's id.
        message: String,
    },
    /// Messages go back to the queue.
    GivenBack {
        /// How many.
        messages: usize,
        /// Why: action, resource, and what is missing.
        reason: String,
    },
    /// CloudWatch refuses a request, and would again; its samples are in the archive alone.
    NotPublished {
        /// The request's datums.
        datums: usize,
        /// Why.
        reason: String,
    },
    /// A minute was rolled up.
    Minute {
        /// Targets that a place has enough samples of.
        targets: usize,
        /// Those that are down in enough places.
        down: usize,
        /// Regions from which nothing came.
        silent: usize,
        /// Rows of the target table that cannot be read.
        refused: usize,
    },
    /// A window was summarised.
    Window {
        /// Its first millisecond.
        from_ms: i64,
        /// Its samples.
        samples: u64,
    },
    /// Windows that are left for the next run.
    WindowsLeft {
        /// How many at least.
        windows: usize,
        /// Why.
        reason: String,
    },
}

impl Line {
    /// Of a part of a message.
    #[must_use]
    pub fn poison(message: &str, poison: &Poison) -> Self {
        Self::Poison {
            message: message.to_owned(),
            sample: poison.id.as_ref().map(ToString::to_string),
            reason: short(&poison.reason),
        }
    }

    /// As it is written.
    #[must_use]
    pub fn json(&self) -> String {
        // Strings and numbers only: this does not fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The longest reason in a line, in characters: a message may have a thousand of them.
const REASON_MAX: usize = 300;

/// A reason in few words, with no character that a terminal or a queue would not take.
#[must_use]
pub fn short(reason: &impl ToString) -> String {
    let plain = |c: char| if c.is_ascii_graphic() || c == ' ' || c.is_alphanumeric() { c } else { '?' };
    reason.to_string().chars().take(REASON_MAX).map(plain).collect()
}

/// Where lines go.
pub type Journal<'a> = &'a dyn Fn(&Line);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_whatever_is_in_it() {
        let reason = short(&format!("a\n\u{1b}[2J\u{feff}µs {}", "x".repeat(5_000)));
        assert!(reason.starts_with("a??[2J?µs x") && reason.chars().count() == REASON_MAX, "{reason}");
        let line = Line::SetAside { message: "a\nb".to_owned() }.json();
        assert_eq!(line, r#"{"event":"set_aside","message":"a\nb"}"#);
    }
}
