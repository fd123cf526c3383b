//! `parallax lab vantage`: one side of a run, a process of its own.

use std::io::{ErrorKind, stdin, stdout};

use parallax::lab::vantage::work;

use crate::exit::{Answer, Outcome, Problem};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {}

pub(super) fn run(_: &Arguments) -> Outcome {
    match work::run(stdin().lock(), stdout().lock()) {
        Ok(()) => Ok(Answer::Done),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Problem::ClosedPipe),
        Err(error) => Err(Problem::input(format!("this is what `parallax lab run` starts: {error}"))),
    }
}
