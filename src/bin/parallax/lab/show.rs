//! `parallax lab show`: one scenario.

use parallax::report::json;

use crate::exit::{Answer, Outcome};
use crate::output::print;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Its name, as `parallax lab list` has it; also NAME:small, NAME:large, NAME+NAME, NAME:without-KEY; or a file, FILE.toml
    scenario: String,
    /// Print JSON: all of it, with what the file leaves out
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let (scenario, text) = super::scenario(&arguments.scenario)?;
    print(&if arguments.json { json::pretty(&scenario) } else { text })?;
    Ok(Answer::Done)
}
