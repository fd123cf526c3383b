//! `parallax import csv`.

use std::io::Read;

use parallax::adapters::clock;
use parallax::adapters::import::fault::TableFault;
use parallax::adapters::import::row::Rows;
use parallax::adapters::import::table::Table;
use parallax::measurement::counted::does;
use parallax::measurement::identity::Stopwatch;
use parallax::stopwatch::catalogue;

use super::Common;
use super::batch::Checked;
use super::columns::Columns;
use super::input::{self, Rejected};
use crate::exit::{Outcome, Problem};
use crate::output::tell;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    columns: Columns,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let common = &arguments.common;
    let (mapping, layout) = (arguments.columns.mapping()?, arguments.columns.layout()?);
    let name = input::name(&common.file);
    let refused = |fault: TableFault| match fault {
        TableFault::Unreadable(_) => Problem::unfinished(format!("{name}: {fault}")),
        fault => Problem::input(format!("{name}: {fault}")),
    };
    say_if_unknown(&mapping.origin.stopwatch);
    let mut table = Table::new(input::open(&common.file)?, layout).map_err(refused)?;
    let mut rows = Rows::new(&mapping, &table, clock::wall()).map_err(refused)?;
    let mut rejected = Rejected::beside(&common.file);
    let header = table.header_bytes().to_vec();
    let mut checked = Checked::new()?;
    while let Some(row) = table.next_row().map_err(refused)? {
        match rows.record(&row) {
            Ok(Some(record)) => checked.good(&record)?,
            Ok(None) => {}
            Err(fault) => {
                checked.bad(fault.to_string());
                if common.skip_bad {
                    rejected.keep(&header, &table.as_it_stood().map_err(refused)?)?;
                }
            }
        }
    }
    warn_if_cut(&table, &name);
    warn_if_doubled(rows.again(), &name);
    if let Some(doubt) = checked.doubtful().filter(|_| !arguments.columns.believes_all()) {
        return Err(Problem::input(format!("{name}: {doubt}; is --unit right? If so, say --any-value")));
    }
    checked.keep(common, rejected)
}

fn warn_if_cut<R: Read>(table: &Table<R>, name: &str) {
    if !table.ends_with_a_line() {
        tell(format_args!("parallax: {name} does not end in a line end; if it was cut off, its last row may be wrong"));
    }
}

/// Any name is good, but what a misspelt one starts and stops at nobody knows.
fn say_if_unknown(stopwatch: &Stopwatch) {
    if let Err(unknown) = catalogue::find(stopwatch.as_str()) {
        tell(format_args!(
            "parallax: --stopwatch: {unknown}; see `parallax stopwatch list`. If none of them is meant, all is well: what \
             these numbers start and stop at is then taken as not known"
        ));
    }
}

/// Two checks may have taken equally long at once; a file that was put together twice looks the same.
fn warn_if_doubled(again: u64, name: &str) {
    if again > 0 {
        let rows = does(again, "row", ["has", "have"]);
        tell(format_args!(
            "parallax: {name}: {rows} the time and value of an earlier row of this file; each counts as a sample of its \
             own, so if the file holds rows twice, take them out"
        ));
    }
}
