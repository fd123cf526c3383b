//! `parallax lab show`: one scenario.

use parallax::lab::scenario::{Scenario, text};
use parallax::report::json;

use crate::exit::{Answer, Outcome, Problem};
use crate::output::print;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Its name, as `parallax lab list` has it
    scenario: String,
    /// Print JSON: all of it, with what the file leaves out
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let scenario = Scenario::named(&arguments.scenario).map_err(Problem::input)?;
    if arguments.json {
        print(&json::pretty(&scenario))?;
    } else {
        print(text(&arguments.scenario).unwrap_or_default())?;
    }
    Ok(Answer::Done)
}
