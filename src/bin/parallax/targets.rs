//! `parallax targets`: the tables that the probes on AWS read, one in each region.

#[cfg(feature = "aws")]
mod change;
#[cfg(feature = "aws")]
mod differ;
#[cfg(feature = "aws")]
mod list;
#[cfg(feature = "aws")]
mod meant;
#[cfg(feature = "aws")]
mod regions;

use std::path::PathBuf;

use crate::exit::Outcome;

/// What was typed.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// The pages in the tables, the rows that are no page, and where regions differ
    List(List),
    /// Make every region's table equal to a fleet file
    Sync(Sync),
    /// Write one page into every region's table
    Put(Put),
    /// Take one row out of every region's table
    Remove(Remove),
}

/// Which tables.
#[derive(Debug, clap::Args)]
struct Tables {
    /// The table, of the same name in every region, instead of that of the fleet file: NAME-targets, by the `name` in its
    /// [fleet]
    #[arg(long, value_name = "dynamodb:TABLE")]
    targets: Option<String>,
    /// The regions, instead of those of the fleet file and its home
    #[arg(long, value_name = "REGION,…", value_delimiter = ',')]
    regions: Vec<String>,
}

/// The result as data.
#[derive(Debug, clap::Args)]
struct Json {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct List {
    /// A fleet file with the regions
    #[arg(long, value_name = "FLEET.toml")]
    fleet: Option<PathBuf>,
    #[command(flatten)]
    tables: Tables,
    #[command(flatten)]
    json: Json,
}

#[derive(Debug, clap::Args)]
struct Sync {
    /// The fleet: see examples/fleet.toml
    #[arg(value_name = "FLEET.toml")]
    fleet: PathBuf,
    #[command(flatten)]
    tables: Tables,
    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    json: Json,
}

#[derive(Debug, clap::Args)]
struct Put {
    /// The page's id in the fleet file
    #[arg(value_name = "ID", required_unless_present = "row", conflicts_with = "row", requires = "fleet")]
    id: Option<String>,
    /// A row as JSON, instead of a page of the fleet file
    #[arg(long, value_name = "ROW.json")]
    row: Option<PathBuf>,
    /// A fleet file with the page and the regions
    #[arg(long, value_name = "FLEET.toml")]
    fleet: Option<PathBuf>,
    #[command(flatten)]
    tables: Tables,
    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    json: Json,
}

#[derive(Debug, clap::Args)]
struct Remove {
    /// The row's id, as it stands in the table
    #[arg(value_name = "ID")]
    id: String,
    /// A fleet file with the regions
    #[arg(long, value_name = "FLEET.toml")]
    fleet: Option<PathBuf>,
    #[command(flatten)]
    tables: Tables,
    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    json: Json,
}

/// Asks every region at once.
#[cfg(feature = "aws")]
pub(crate) fn run(arguments: &Arguments) -> Outcome {
    match &arguments.action {
        Action::List(typed) => list::run(typed),
        Action::Sync(typed) => change::sync(typed),
        Action::Put(typed) => change::put(typed),
        Action::Remove(typed) => change::remove(typed),
    }
}

/// A build without AWS reaches no table, and says how to get one that does.
#[cfg(not(feature = "aws"))]
pub(crate) fn run(_arguments: &Arguments) -> Outcome {
    Err(crate::exit::Problem::input(
        "this build has no AWS; build parallax with `cargo build --release --features aws` to reach the tables",
    ))
}
