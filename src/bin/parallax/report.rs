//! `parallax report`: latency across vantages and targets.

use std::io::Write;
use std::path::{Path, PathBuf};

use parallax::adapters::archive::{Mode, open};
use parallax::adapters::clock;
use parallax::archive::error::ArchiveError;
use parallax::archive::port::Scan;
use parallax::archive::selection::{Selection, Window};
use parallax::report::csv::csv;
use parallax::report::html;
use parallax::report::latency::{LatencyReport, Scope};
use parallax::report::terminal::{self, Canvas};
use parallax::summary::collector::{Collector, WindowSummary};

use crate::exit::{Answer, Outcome, Problem};
use crate::output::print;
use crate::selection::SelectionArguments;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: SelectionArguments,
    /// Print JSON
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print comma-separated values, one line a source
    #[arg(long)]
    csv: bool,
    /// Write one self-contained page of HTML to this file instead
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "csv"])]
    html: Option<PathBuf>,
    /// Print nothing but ASCII characters
    #[arg(long)]
    ascii: bool,
    /// Print lines of at most this many characters
    #[arg(long, value_name = "COLUMNS", default_value_t = 100, value_parser = clap::value_parser!(u16).range(60..=1000))]
    width: u16,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let now = clock::wall();
    let selection = arguments.selection.selection(now)?;
    let summary = summary(&arguments.selection.archive, &selection)?;
    let report = LatencyReport::new(&scope(&selection), summary, now);
    let canvas = Canvas { width: usize::from(arguments.width), ascii: arguments.ascii };
    match &arguments.html {
        Some(path) => write_page(path, &html::page(&report.document()))?,
        None if arguments.json => print(&report.json())?,
        None if arguments.csv => print(&csv(&report.summary))?,
        None => print(&terminal::text(&report.document(), canvas))?,
    }
    Ok(if report.is_empty() { Answer::Negative } else { Answer::Done })
}

fn scope(selection: &Selection) -> Scope {
    let Window { from, to } = selection.window;
    Scope {
        source: selection.source.to_string(),
        since: (from != Window::ALWAYS.from).then_some(from),
        until: (to != Window::ALWAYS.to).then_some(to),
    }
}

fn summary(place: &str, selection: &Selection) -> Result<WindowSummary, Problem> {
    let mut archive = open(place, Mode::Read).map_err(refused)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|error| Problem::unfinished(format!("cannot start: {error}")))?;
    let mut collector = Collector::default();
    let mut visit = |record: parallax::measurement::wire::Record| collector.add(&record.sample);
    runtime.block_on(archive.scan(selection, &mut visit)).map_err(refused)?;
    Ok(collector.finish())
}

/// What is wrong with the archive named is bad input; what goes wrong while reading it is not.
fn refused(error: ArchiveError) -> Problem {
    match error {
        ArchiveError::Unusable { verb: "read", .. } => Problem::unfinished(error),
        _ => Problem::input(format!("--archive: {error}")),
    }
}

/// Writes a page beside its place and moves it there, so that a reader never sees half of one; says where it is.
pub(crate) fn write_page(path: &Path, page: &str) -> Result<(), Problem> {
    let refused = |error: &dyn std::fmt::Display| {
        Problem::input(format!("cannot write the page {}: {error}; name another file with --html", path.display()))
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    if path.is_dir() {
        return Err(refused(&"it is a folder"));
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".parallax-page-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Readable by those whom the umask allows, as any new file: a temporary one is its owner's alone.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).map_err(|error| refused(&error))?;
    file.write_all(page.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(|error| refused(&error))?;
    file.persist(path).map_err(|error| refused(&error.error))?;
    eprintln!("parallax: wrote {}", path.display());
    Ok(())
}
