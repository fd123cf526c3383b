//! `parallax lab list`: which scenarios there are.

use parallax::lab::scenario::{NAMES, Scenario, ScenarioError};
use parallax::report::json;
use serde::Serialize;

use crate::exit::{Answer, Outcome, Problem};
use crate::output::print;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Listed {
    schema: u32,
    scenarios: Vec<Scenario>,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let all: Result<Vec<Scenario>, ScenarioError> = NAMES.iter().map(|name| Scenario::named(name)).collect();
    let all = all.map_err(Problem::input)?;
    if arguments.json {
        print(&json::pretty(&Listed { schema: 1, scenarios: all }))?;
    } else {
        let width = NAMES.iter().map(|name| name.len()).max().unwrap_or(0);
        let sizes = |scenario: &Scenario| match &scenario.sizes[..] {
            [] => String::new(),
            sizes => format!(" [:{}]", sizes.join(", :")),
        };
        let line = |scenario: &Scenario| format!("{:width$}  {}{}\n", scenario.name, scenario.about, sizes(scenario));
        print(&all.iter().map(line).collect::<String>())?;
    }
    Ok(Answer::Done)
}
