//! `parallax lab show`: one scenario.

use parallax::lab::scenario::Scenario;
use parallax::report::json;

use crate::exit::{Answer, Outcome, Problem};
use crate::output::print;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Its name, as `parallax lab list` has it; also NAME:small, NAME:large, NAME+NAME, NAME:without-KEY
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
        print(&Scenario::source(&arguments.scenario).map_err(Problem::input)?)?;
    }
    Ok(Answer::Done)
}
