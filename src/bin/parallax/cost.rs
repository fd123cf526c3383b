//! `parallax cost FLEET.toml`: the month's bill of a fleet on AWS, before there is one.

pub(crate) mod meant;
mod page;

use std::path::PathBuf;

use parallax::cost::bill::{Bill, Terms, bill};
use parallax::cost::change::{Change, changes, cheapest};
use parallax::cost::deployment::Deployment;
use parallax::cost::prices::{Architecture, Assumption, BUILT_IN, Prices};
use parallax::report::json::pretty;
use parallax::report::terminal;
use serde::Serialize;

use crate::canvas::CanvasArguments;
use crate::exit::{Answer, Outcome, Problem};
use crate::output::print;

/// What was typed.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The fleet: see examples/fleet.toml
    #[arg(value_name = "FLEET.toml", required_unless_present = "print_prices")]
    fleet: Option<PathBuf>,
    /// The processors of all functions
    #[arg(long, value_name = "NAME", default_value = "x86_64", value_parser = ["x86_64", "arm64"])]
    architecture: String,
    /// Take off what is free each month in an account that does nothing else
    #[arg(long)]
    free_allowances: bool,
    /// Replace an assumption, as in `--set exchange_seconds=0.4`; they are listed below the bill
    #[arg(long, value_name = "NAME=NUMBER", value_parser = meant::assumption)]
    set: Vec<(String, f64)>,
    /// Prices, assumptions and formulas of your own, in the form that --print-prices prints
    #[arg(long, value_name = "PRICES.toml")]
    prices: Option<PathBuf>,
    /// Print the built-in prices, assumptions and formulas, and nothing else
    #[arg(long, conflicts_with_all = ["fleet", "prices", "json"])]
    print_prices: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    canvas: CanvasArguments,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Estimate<'a> {
    schema: u32,
    currency: &'a str,
    prices: Origin<'a>,
    architecture: Architecture,
    free_allowances: bool,
    days: f64,
    #[serde(flatten)]
    bill: &'a Bill,
    changes: &'a [Change],
    cheapest_change: Option<&'a Change>,
    assumptions: &'a std::collections::BTreeMap<String, Assumption>,
    left_out: &'a [String],
}

#[derive(Debug, Serialize)]
struct Origin<'a> {
    date: &'a str,
    region: &'a str,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let Some(fleet) = arguments.fleet.as_deref().filter(|_| !arguments.print_prices) else {
        print(BUILT_IN)?;
        return Ok(Answer::Done);
    };
    let prices = prices(arguments)?;
    let deployment: Deployment = meant::deployment(fleet)?;
    let architecture = if arguments.architecture == "arm64" { Architecture::Arm64 } else { Architecture::X86 };
    let terms = Terms { architecture, free_allowances: arguments.free_allowances };
    let bill = bill(&prices, &deployment, terms).map_err(Problem::input)?;
    let changes = changes(&prices, &deployment, terms).map_err(Problem::input)?;
    let estimate = Estimate {
        schema: 1,
        currency: &prices.currency,
        prices: Origin { date: &prices.date, region: &prices.region },
        architecture,
        free_allowances: arguments.free_allowances,
        days: prices.assumptions.get("days").map_or(0.0, |days| days.value),
        bill: &bill,
        cheapest_change: cheapest(&changes),
        changes: &changes,
        assumptions: &prices.assumptions,
        left_out: &prices.left_out,
    };
    match arguments.json {
        true => print(&pretty(&estimate))?,
        false => print(&terminal::text(&page::document(&estimate), arguments.canvas.meant()))?,
    }
    Ok(Answer::Done)
}

fn prices(arguments: &Arguments) -> Result<Prices, Problem> {
    let mut prices = match &arguments.prices {
        None => Prices::parse(BUILT_IN).map_err(Problem::unfinished)?,
        Some(path) => {
            let name = path.display();
            let text = meant::text(path, "a price file, or leave --prices out")?;
            Prices::parse(&text).map_err(|error| Problem::input(format!("{name}: {error}")))?
        }
    };
    for (name, value) in &arguments.set {
        prices
            .set(name, *value)
            .map_err(|error| Problem::input(format!("--set {}: {error}", name.escape_default())))?;
    }
    Ok(prices)
}
