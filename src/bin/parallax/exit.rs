//! How a command ends: exit codes 0 to 3.

use std::fmt::Display;
use std::process::ExitCode;

use parallax::archive::error::ArchiveError;

use crate::explained::Samples;
use crate::output::tell;

/// The command did its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Exit code 0.
    Done,
    /// Exit code 1: the answer is negative (a check failed, nothing in the window).
    Negative,
}

/// The command did not do its work.
#[derive(Debug)]
pub(crate) enum Problem {
    /// Exit code 2: bad input; the message says what, where and what to change.
    Input(String),
    /// Exit code 3: it could not finish (network, service, interrupted).
    Unfinished(String),
    /// The reader of our output went away: not an error, exit code 0.
    ClosedPipe,
}

impl Problem {
    /// Bad input.
    pub(crate) fn input(message: impl Display) -> Self {
        Self::Input(message.to_string())
    }

    /// Could not finish.
    pub(crate) fn unfinished(message: impl Display) -> Self {
        Self::Unfinished(message.to_string())
    }

    /// What a person is told.
    pub(crate) fn words(self) -> String {
        match self {
            Self::Input(words) | Self::Unfinished(words) => words,
            Self::ClosedPipe => "nobody reads".to_owned(),
        }
    }
}

impl From<ArchiveError> for Problem {
    fn from(error: ArchiveError) -> Self {
        match error {
            // It was there and open, and then failed: nothing that was typed can be changed.
            ArchiveError::Unusable { verb, .. } if verb != "open" => Self::unfinished(error),
            ArchiveError::Service { may_pass: true, .. } => Self::unfinished(error),
            ArchiveError::Damaged { ref place, .. } => {
                let archive = Samples::new(place, None, None).place();
                Self::unfinished(format!(
                    "{error}; save all others by `parallax export jsonl{archive} --skip-damaged --output FILE`, and make a \
                     new archive of them by `parallax import jsonl FILE --archive sqlite:NEW.db`"
                ))
            }
            error => Self::input(error),
        }
    }
}

/// What every command returns.
pub(crate) type Outcome = Result<Answer, Problem>;

/// Says the message, if there is one, and picks the code.
pub(crate) fn code(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(Answer::Done) | Err(Problem::ClosedPipe) => ExitCode::SUCCESS,
        Ok(Answer::Negative) => ExitCode::from(1),
        Err(Problem::Input(message)) => say(&message, 2),
        Err(Problem::Unfinished(message)) => say(&message, 3),
    }
}

fn say(message: &str, code: u8) -> ExitCode {
    tell(format_args!("parallax: {message}"));
    ExitCode::from(code)
}
