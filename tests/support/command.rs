//! The program itself, run as a person would run it.

use std::path::Path;
use std::process::{Command, Output};

use super::stamps;

/// `parallax` with these words, in a directory, with an environment that changes nothing by accident, on a machine that
/// stamps already.
pub fn parallax(directory: &Path, words: &[&str]) -> Command {
    stamps::held();
    let mut command = Command::new(env!("CARGO_BIN_EXE_parallax"));
    command
        .args(words)
        .current_dir(directory)
        .env("COLUMNS", "100")
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE");
    command
}

/// What a finished run left.
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// Runs to the end.
pub fn run(directory: &Path, words: &[&str]) -> Run {
    finished(parallax(directory, words).output().unwrap())
}

/// The output of a process that exited by itself.
pub fn finished(output: Output) -> Run {
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
