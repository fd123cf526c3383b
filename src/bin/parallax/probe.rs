//! One measurement as a waterfall.

use clap::ValueEnum;
use parallax::adapters::probers::prober;
use parallax::adapters::trust;
use parallax::measurement::identity::Method;
use parallax::measurement::wire::Record;
use parallax::report::{terminal, waterfall};

use crate::canvas::CanvasArguments;
use crate::exit::{Answer, Outcome, Problem};
use crate::measuring::Measuring;
use crate::output::print;
use crate::target_arguments::TargetArguments;
use crate::vantage::VantageArgument;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: TargetArguments,
    /// How to measure: in process on a new connection, as an application with kept connections, or by the real curl
    #[arg(long, value_name = "WAY", value_enum, default_value = "fresh")]
    method: Way,
    #[command(flatten)]
    canvas: CanvasArguments,
    #[command(flatten)]
    vantage: VantageArgument,
    /// Print the sample as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Way {
    Fresh,
    Pooled,
    Curl,
}

impl Way {
    fn method(self) -> Method {
        match self {
            Self::Fresh => Method::Fresh,
            Self::Pooled => Method::Pooled,
            Self::Curl => Method::Curl,
        }
    }
}

/// Measures once and shows it; the answer is negative where the probe failed or a check did not hold.
pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let target = arguments.target.target()?;
    trust::check(&target.tls).map_err(Problem::input)?;
    let method = arguments.method.method();
    let mut prober = prober(&method).map_err(|error| Problem::input(format!("--method: {error}")))?;
    let mut measuring = Measuring::begin(arguments.vantage.meant()?);

    let record = measuring.once(prober.as_mut(), &target, &method);
    print(&if arguments.json {
        json(&record)?
    } else {
        terminal::text(&waterfall::document(&record), arguments.canvas.meant())
    })?;
    Ok(if record.sample.outcome.is_good() { Answer::Done } else { Answer::Negative })
}

fn json(record: &Record) -> Result<String, Problem> {
    serde_json::to_string_pretty(record).map_err(Problem::unfinished)
}
