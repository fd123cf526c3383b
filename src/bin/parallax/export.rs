//! `parallax export`.

mod damaged;
mod destination;

use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;

use parallax::adapters::archive::Mode;
use parallax::adapters::clock;
use parallax::adapters::engine::Engine;
use parallax::adapters::export::flat::Flat;
use parallax::adapters::export::line;
use parallax::archive::port::Scan;
use parallax::archive::selection::Selection;
use parallax::measurement::wire::Record;

use crate::archive;
use crate::exit::{Answer, Outcome, Problem};
use crate::nearest::refuse_unmatched;
use crate::output::tell;
use crate::selection::SelectionArguments;

use damaged::LeftOut;
use destination::Destination;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    format: Format,
}

#[derive(Debug, clap::Subcommand)]
enum Format {
    /// One JSON record a line, which `parallax import jsonl` reads back whole
    Jsonl(Selected),
    /// One flat row a sample, for a spreadsheet
    Csv(Selected),
}

#[derive(Debug, clap::Args)]
struct Selected {
    #[command(flatten)]
    selection: SelectionArguments,
    /// Write to this file, which is replaced only once the export is whole, instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Export what can be read although samples are damaged, which are named; exit code 1 if there were any
    #[arg(long)]
    skip_damaged: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    match &arguments.format {
        Format::Jsonl(selected) => export(selected, Lines::new),
        Format::Csv(selected) => export(selected, Flat::new),
    }
}

/// One way of writing records down.
trait Writing {
    fn record(&mut self, record: &Record) -> io::Result<()>;
    fn finish(self) -> io::Result<()>;
}

struct Lines<W>(W);

impl<W: Write> Lines<W> {
    #[expect(clippy::unnecessary_wraps, reason = "the other format writes a header here")]
    fn new(out: W) -> io::Result<Self> {
        Ok(Self(out))
    }
}

impl<W: Write> Writing for Lines<W> {
    fn record(&mut self, record: &Record) -> io::Result<()> {
        line(&mut self.0, record)
    }

    fn finish(mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write> Writing for Flat<W> {
    fn record(&mut self, record: &Record) -> io::Result<()> {
        self.row(record)
    }

    fn finish(self) -> io::Result<()> {
        Flat::finish(self)
    }
}

fn export<W: Writing>(
    selected: &Selected,
    writing: impl FnOnce(BufWriter<Box<dyn Write>>) -> io::Result<W>,
) -> Outcome {
    let selection = selected.selection.selection(clock::wall())?;
    let place = &selected.selection.archive;
    refuse_unmatched(place, &selection)?;
    let mut left_out = selected.skip_damaged.then(LeftOut::default);
    let written = archive::with(place, Mode::Read, async |archive| {
        let destination = Destination::new(selected.output.as_deref(), archive::file(place))?;
        let failed = |error: io::Error| destination.failed(&error);
        let out = BufWriter::new(destination.writer()?);
        let written = write(archive, &selection, writing(out).map_err(failed)?, &failed, left_out.as_mut()).await?;
        destination.keep()?;
        Ok(written)
    })?;
    let left_out = left_out.and_then(|left_out| left_out.said());
    if let Some(said) = &left_out {
        tell(format_args!("parallax: {place}: {said}"));
    }
    if written == 0 && left_out.is_none() {
        tell(format_args!("parallax: no samples in {place} match; see `parallax status` for what there is"));
    }
    Ok(if written == 0 || left_out.is_some() { Answer::Negative } else { Answer::Done })
}

async fn write<W: Writing>(
    archive: &mut Engine,
    selection: &Selection,
    mut writing: W,
    failed: &impl Fn(io::Error) -> Problem,
    left_out: Option<&mut LeftOut>,
) -> Result<u64, Problem> {
    let mut written = Ok(0);
    let mut visit = |record: Record| match (&mut written, writing.record(&record)) {
        (Ok(count), Ok(())) => {
            *count += 1;
            ControlFlow::Continue(())
        }
        (written, result) => {
            if let Err(error) = result {
                *written = Err(error);
            }
            ControlFlow::Break(())
        }
    };
    match left_out {
        None => archive.scan_while(selection, &mut visit).await?,
        Some(left_out) => damaged::file(archive)?.scan_what_is_whole(selection, &mut |found| match found {
            Ok(record) => visit(record),
            Err(damaged) => {
                left_out.add(&damaged);
                ControlFlow::Continue(())
            }
        })?,
    }
    let written = written.map_err(failed)?;
    writing.finish().map_err(failed)?;
    Ok(written)
}
