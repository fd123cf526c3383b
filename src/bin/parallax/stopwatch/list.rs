//! `parallax stopwatch list`.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use parallax::report::clean::clean;
use parallax::report::json::pretty;
use parallax::report::terminal::wrapped;
use parallax::stopwatch::catalogue;
use parallax::stopwatch::definition::Definition;
use serde_json::json;

use super::markdown;
use crate::canvas::CanvasArguments;
use crate::exit::{Answer, Outcome};
use crate::output::print;

/// Names of the columns.
pub(super) const HEAD: [&str; 9] = [
    "stopwatch",
    "starts",
    "stops",
    "redirects",
    "connections kept",
    "encoding",
    "verification",
    "clock",
    "a failure shows",
];

/// As many of the columns fit a terminal.
const SHOWN: usize = 6;

/// A space at each side of a cell.
const PADDING: usize = 2;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Print JSON
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Print Markdown, with the sources of each definition
    #[arg(long)]
    markdown: bool,
    #[command(flatten)]
    canvas: CanvasArguments,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let all = catalogue::all();
    if arguments.json {
        print(&pretty(&json!({ "schema": 1, "stopwatches": all })))?;
    } else if arguments.markdown {
        print(&markdown::page(all))?;
    } else {
        print(&table(all, arguments.canvas))?;
    }
    Ok(Answer::Done)
}

/// One line of the table.
pub(super) fn cells(definition: &Definition) -> [&'static str; 9] {
    [
        definition.name,
        definition.start.as_str(),
        definition.stop.as_str(),
        definition.redirects.as_str(),
        definition.reuse.as_str(),
        definition.encoding.as_str(),
        definition.verification.as_str(),
        definition.clock.as_str(),
        definition.failures.as_str(),
    ]
}

fn table(all: &[&'static Definition], canvas: CanvasArguments) -> String {
    let canvas = canvas.meant();
    let least: Vec<usize> = (0..SHOWN).map(|at| least(all, at)).collect();
    let fits = |shown: &usize| least[..*shown].iter().sum::<usize>() <= canvas.width;
    let shown = (1..=SHOWN).rev().find(fits).unwrap_or(1);
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(canvas.width).unwrap_or(u16::MAX));
    table.set_header(HEAD.into_iter().take(shown));
    for definition in all {
        table.add_row(cells(definition).into_iter().take(shown));
    }
    for (column, least) in table.column_iter_mut().zip(least) {
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(u16::try_from(least).unwrap_or(u16::MAX))));
    }
    let mut end = "`parallax stopwatch show NAME` says everything about one.".to_owned();
    if shown < SHOWN {
        let out = HEAD[shown..SHOWN].join(", ");
        end += &format!(" A wider page also has: {out} (see --width).");
    }
    let end = wrapped(&end, canvas.width).join("\n");
    format!("{}\n\n{end}", clean_lines(&table.trim_fmt(), canvas.ascii))
}

/// The narrowest in which no word of a column is broken, with its padding; the first is not broken at all.
fn least(all: &[&'static Definition], at: usize) -> usize {
    let texts = all.iter().map(|definition| cells(definition)[at]).chain([HEAD[at]]);
    texts.flat_map(str::split_whitespace).map(|word| word.chars().count()).max().unwrap_or(0) + PADDING
}

fn clean_lines(text: &str, ascii: bool) -> String {
    text.lines().map(|line| clean(line, ascii)).collect::<Vec<_>>().join("\n")
}
