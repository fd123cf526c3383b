//! `parallax stopwatch`: what each monitor's number means, and what it would have shown.

mod list;
mod markdown;
mod remarks;
mod replay;
mod sample;
mod show;
mod tally;

use parallax::stopwatch::catalogue;
use parallax::stopwatch::definition::Definition;

use crate::exit::{Outcome, Problem};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// All of them, one line each
    List(list::Arguments),
    /// One of them, whole
    Show(show::Arguments),
    /// What each tool would have shown for samples of ours
    Replay(Box<replay::Arguments>),
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    match &arguments.verb {
        Verb::List(arguments) => list::run(arguments),
        Verb::Show(arguments) => show::run(arguments),
        Verb::Replay(arguments) => replay::run(arguments),
    }
}

fn found(name: &str) -> Result<&'static Definition, Problem> {
    catalogue::find(name).map_err(|unknown| Problem::input(format!("{unknown}; see `parallax stopwatch list`")))
}
