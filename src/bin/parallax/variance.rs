//! `parallax variance`: where the spread lives.

use std::path::PathBuf;

use parallax::adapters::archive::Mode;
use parallax::adapters::clock;
use parallax::archive::port::Scan;
use parallax::measurement::wire::Record;
use parallax::report::variance::VarianceReport;
use parallax::report::{html, terminal};
use parallax::summary::variance::collector::VarianceCollector;

use crate::archive;
use crate::canvas::CanvasArguments;
use crate::exit::{Answer, Outcome};
use crate::nearest::refuse_unmatched;
use crate::output::{print, tell};
use crate::page_file::PageFile;
use crate::report::scope;
use crate::selection::SelectionArguments;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    selection: SelectionArguments,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Write one self-contained page of HTML to this file instead
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    html: Option<PathBuf>,
    #[command(flatten)]
    canvas: CanvasArguments,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let now = clock::wall();
    let selection = arguments.selection.selection(now)?;
    let page = arguments.html.as_deref().map(|path| PageFile::prepare("--html", path)).transpose()?;
    let summary = archive::with(&arguments.selection.archive, Mode::Read, async |archive| {
        let mut collector = VarianceCollector::default();
        let mut visit = |record: Record| collector.add(&record);
        archive.scan(&selection, &mut visit).await?;
        Ok(collector.finish())
    })?;
    if summary.samples == 0 {
        refuse_unmatched(&arguments.selection.archive, &selection)?;
    }
    let report = VarianceReport::new(&scope(&selection), summary, now);
    match page {
        Some(page) => tell(format_args!("parallax: wrote {}", page.write(&html::page(&report.document()))?.display())),
        None if arguments.json => print(&report.json())?,
        None => print(&terminal::text(&report.document(), arguments.canvas.meant()))?,
    }
    Ok(if report.says_something() { Answer::Done } else { Answer::Negative })
}
