//! `parallax import cloudwatch`.

#[cfg(feature = "aws")]
use parallax::adapters::aws::connection::{self, Patience};
#[cfg(feature = "aws")]
use parallax::adapters::clock;
#[cfg(feature = "aws")]
use parallax::adapters::import::cloudwatch::{
    datapoint::Period,
    history::{Metric, MetricHistory},
};

#[cfg(feature = "aws")]
use super::pages::{import, wait};
use super::unit::TypedUnit;
use super::whose::Whose;
use crate::exit::{Outcome, Problem};

/// A build without AWS reads the flags and uses none.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The metric's namespace
    #[arg(long, value_name = "NAME", help_heading = "Metric")]
    namespace: String,
    /// The metric's name, as in responseTime
    #[arg(long, value_name = "NAME", help_heading = "Metric")]
    metric: String,
    /// All of the metric's dimensions, one a flag
    #[arg(long = "dimension", value_name = "NAME=VALUE", help_heading = "Metric")]
    dimensions: Vec<String>,
    /// The region it is in [default: AWS_REGION]
    #[arg(long, value_name = "REGION", help_heading = "Metric")]
    region: Option<String>,
    /// The length of a period, in which one value lies: 60, or less where the metric is of high resolution
    #[arg(long, value_name = "SECONDS", default_value_t = 60, help_heading = "Metric")]
    period: u32,
    /// The unit of the values, where they were published without one
    #[arg(long, value_name = "UNIT", help_heading = "Metric")]
    unit: Option<TypedUnit>,
    /// What measured them: curl, …
    #[arg(long, value_name = "NAME", help_heading = "Metric")]
    tool: String,
    /// Which of the tool's numbers it is, as in curl/time_total; `parallax stopwatch list` names those known
    #[arg(long, value_name = "NAME", help_heading = "Metric")]
    stopwatch: String,
    /// The tool's version
    #[arg(long, value_name = "VERSION", help_heading = "Metric")]
    tool_version: Option<String>,
    #[command(flatten)]
    whose: Whose,
}

/// A build without AWS says how to get one that has it.
#[cfg(not(feature = "aws"))]
pub(super) fn run(_arguments: &Arguments) -> Outcome {
    Err(Problem::input(
        "this build has no AWS; build parallax with `cargo build --release --features aws` to ask CloudWatch",
    ))
}

#[cfg(feature = "aws")]
pub(super) fn run(arguments: &Arguments) -> Outcome {
    let now = clock::wall();
    let whose = &arguments.whose;
    let between = whose.between(now)?;
    let period = Period::new(arguments.period).map_err(|error| Problem::input(format!("--period: {error}")))?;
    if let Some(since) = between.since {
        period.reaches(since, now).map_err(|error| Problem::input(format!("--since: {error}")))?;
    }
    let origin = whose.origin(&arguments.tool, &arguments.stopwatch, arguments.tool_version.clone())?;
    let metric = arguments.metric()?;
    wait(async {
        let config = connection::config(arguments.region.as_deref(), Patience::COMMAND).await;
        if config.region().is_none() {
            return Err(Problem::input("--region: no region is set; say it, or set AWS_REGION or AWS_PROFILE"));
        }
        let asked = (period, arguments.unit.map(TypedUnit::unit));
        let mut history = MetricHistory::new(&config, metric, asked, origin.clone(), between.until, now);
        history.check().await?;
        import(&mut history, whose, &origin, between).await
    })
}

#[cfg(feature = "aws")]
impl Arguments {
    fn metric(&self) -> Result<Metric, Problem> {
        let dimensions = self.dimensions.iter().map(|typed| match typed.split_once('=') {
            Some((name, value)) if !name.is_empty() && !value.is_empty() => Ok((name.to_owned(), value.to_owned())),
            _ => Err(Problem::input(format!("--dimension: `{}` is not NAME=VALUE", typed.escape_debug()))),
        });
        Ok(Metric {
            namespace: self.namespace.clone(),
            name: self.metric.clone(),
            dimensions: dimensions.collect::<Result<_, _>>()?,
        })
    }
}
