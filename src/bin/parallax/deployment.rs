//! `parallax deployment FLEET.toml`: what a fleet file asks of AWS, checked, and in the values that the templates of
//! `infra/` take.

use std::path::PathBuf;

use parallax::measurement::counted::counted;
use parallax::probe::fleet::deployment::Deployment;
use parallax::probe::fleet::row::rows;
use parallax::report::json::pretty;
use serde::Serialize;

use crate::cost::meant;
use crate::exit::{Answer, Outcome, Problem};
use crate::output::print;

/// What was typed.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The fleet: see examples/fleet.toml
    #[arg(value_name = "FLEET.toml")]
    fleet: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Lambda ends an invocation after so many seconds, at most.
const TIMEOUT_MAX_S: u32 = 900;

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Wanted {
    schema: u32,
    /// What its parts are named after, where the file says it; null leaves it to infra/deploy.
    name: Option<String>,
    home: String,
    regions: Vec<String>,
    /// The probe functions of each region.
    arms: Vec<Arm>,
    /// A cron expression in UTC.
    schedule: String,
    every_minutes: u32,
    /// A probe's timeout: until the next tick. It is what infra/deploy gives a stack, unless somebody set another.
    timeout_s: u32,
    metrics: String,
    keep_days: u64,
    targets: usize,
    /// Parameters of Systems Manager that hold values of headers.
    parameters: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Arm {
    method: String,
    memory_mb: u32,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let fleet = meant::fleet(&arguments.fleet)?;
    // What no table can have is said now, and not when everything stands but the tables.
    rows(&fleet.pages).map_err(|error| Problem::input(error.named(&arguments.fleet.display().to_string())))?;
    let wanted = wanted(&fleet);
    print(&if arguments.json { pretty(&wanted) } else { text(&wanted) })?;
    Ok(Answer::Done)
}

fn wanted(deployment: &Deployment) -> Wanted {
    let aws = &deployment.aws;
    let arms = aws.memory_mb.iter().flat_map(|memory_mb| {
        aws.methods.iter().map(|method| Arm { method: method.to_string(), memory_mb: *memory_mb })
    });
    let mut parameters: Vec<String> =
        deployment.pages.iter().flat_map(|page| &page.parameters).map(|parameter| parameter.name.clone()).collect();
    parameters.sort();
    parameters.dedup();
    let every_minutes = deployment.tick.minutes();
    Wanted {
        schema: 1,
        name: aws.name.clone(),
        home: aws.home.clone(),
        regions: aws.regions.clone(),
        arms: arms.collect(),
        schedule: deployment.tick.expression(),
        every_minutes,
        timeout_s: every_minutes.saturating_mul(60).min(TIMEOUT_MAX_S),
        metrics: aws.metrics.iter().map(|metric| metric.as_str()).collect::<Vec<_>>().join(","),
        // A day begun is kept whole.
        keep_days: aws.keep.unwrap_or(meant::KEEP).as_secs().div_ceil(86_400).max(1),
        targets: deployment.pages.len(),
        parameters,
    }
}

fn text(wanted: &Wanted) -> String {
    let arms: Vec<String> = wanted.arms.iter().map(|arm| format!("{} {} MB", arm.method, arm.memory_mb)).collect();
    let lines = [
        ("name", wanted.name.clone().unwrap_or_else(|| "parallax, unless infra/deploy --name says another".to_owned())),
        ("home", wanted.home.clone()),
        ("regions", wanted.regions.join(", ")),
        ("arms", arms.join(", ")),
        ("schedule", wanted.schedule.clone()),
        ("timeout", format!("{} s, unless infra/deploy --probe Timeout set another", wanted.timeout_s)),
        ("metrics", wanted.metrics.replace(',', ", ")),
        ("kept", counted(wanted.keep_days, "day")),
        ("targets", wanted.targets.to_string()),
        ("parameters", if wanted.parameters.is_empty() { "-".to_owned() } else { wanted.parameters.join(", ") }),
    ];
    lines.iter().map(|(name, value)| format!("{name:<12}{value}\n")).collect()
}
