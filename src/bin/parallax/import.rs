//! `parallax import`.

mod batch;
mod columns;
mod csv;
mod input;
mod jsonl;

use crate::exit::Outcome;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    format: Format,
}

#[derive(Debug, clap::Subcommand)]
enum Format {
    /// Our own records, as `parallax export jsonl` writes them
    Jsonl(jsonl::Arguments),
    /// Another monitor's samples: one row a sample, its columns named by flags
    Csv(Box<csv::Arguments>),
}

/// What both formats are told.
#[derive(Debug, clap::Args)]
struct Common {
    /// The file; - is standard input
    #[arg(value_name = "FILE")]
    file: String,
    /// Where samples are kept: sqlite:PATH, made if it is not there, or dynamodb:TABLE
    #[arg(long, value_name = "PLACE", default_value = "sqlite:parallax.db")]
    archive: String,
    /// Import the good rows although there are bad ones, which go to FILE.rejected as they stand; exit code 1 if there were any
    #[arg(long)]
    skip_bad: bool,
    /// Print what was imported as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    match &arguments.format {
        Format::Jsonl(arguments) => jsonl::run(arguments),
        Format::Csv(arguments) => csv::run(arguments),
    }
}
