//! `parallax report`: latency across vantages and targets.

use std::path::PathBuf;

use parallax::adapters::archive::Mode;
use parallax::adapters::clock;
use parallax::archive::port::Scan;
use parallax::archive::selection::{Selection, Window};
use parallax::report::csv::csv;
use parallax::report::html;
use parallax::report::latency::{LatencyReport, Scope};
use parallax::report::terminal;
use parallax::summary::collector::{Collector, WindowSummary};

use crate::archive;
use crate::canvas::CanvasArguments;
use crate::exit::{Answer, Outcome, Problem};
use crate::nearest::refuse_unmatched;
use crate::output::{print, tell};
use crate::page_file::PageFile;
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
    #[command(flatten)]
    canvas: CanvasArguments,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let now = clock::wall();
    let selection = arguments.selection.selection(now)?;
    let page = arguments.html.as_deref().map(|path| PageFile::prepare("--html", path)).transpose()?;
    let summary = summary(&arguments.selection.archive, &selection)?;
    if summary.samples == 0 {
        refuse_unmatched(&arguments.selection.archive, &selection)?;
    }
    let report = LatencyReport::new(&scope(&selection), summary, now);
    match page {
        Some(page) => tell(format_args!("parallax: wrote {}", page.write(&html::page(&report.document()))?.display())),
        None if arguments.json => print(&report.json())?,
        None if arguments.csv => print(&csv(&report.summary))?,
        None => print(&terminal::text(&report.document(), arguments.canvas.meant()))?,
    }
    Ok(if report.is_empty() { Answer::Negative } else { Answer::Done })
}

/// What was asked for, as a page says it.
pub(crate) fn scope(selection: &Selection) -> Scope {
    let Window { from, to } = selection.window;
    Scope {
        source: selection.source.to_string(),
        since: (from != Window::ALWAYS.from).then_some(from),
        until: (to != Window::ALWAYS.to).then_some(to),
    }
}

fn summary(place: &str, selection: &Selection) -> Result<WindowSummary, Problem> {
    archive::with(place, Mode::Read, async |archive| {
        let mut collector = Collector::default();
        archive.scan(selection, &mut |record| collector.add(&record.sample)).await?;
        Ok(collector.finish())
    })
}
