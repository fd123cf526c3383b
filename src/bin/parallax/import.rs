//! `parallax import`.

mod batch;
mod cloudwatch;
mod columns;
mod csv;
mod input;
mod jsonl;
mod lengths;
mod pages;
mod prometheus;
mod server;
mod unit;
mod whose;
mod zabbix;

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
    /// A web scenario's step, or web.page.perf, out of a Zabbix server; a second run goes on after the first
    Zabbix(Box<zabbix::Arguments>),
    /// Probes of blackbox_exporter or cloudprober out of a Prometheus server; a second run goes on after the first
    Prometheus(Box<prometheus::Arguments>),
    /// A metric's samples out of CloudWatch, where its statistics are still of single ones
    Cloudwatch(Box<cloudwatch::Arguments>),
}

/// What both kinds of file are told.
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
        Format::Zabbix(arguments) => zabbix::run(arguments),
        Format::Prometheus(arguments) => prometheus::run(arguments),
        Format::Cloudwatch(arguments) => cloudwatch::run(arguments),
    }
}
