//! `parallax import csv`.

use std::io::Read;

use parallax::adapters::clock;
use parallax::adapters::import::fault::TableFault;
use parallax::adapters::import::row::Rows;
use parallax::adapters::import::table::Table;

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
    let mut table = Table::new(input::open(&common.file)?, layout).map_err(refused)?;
    let mut rows = Rows::new(&mapping, &table, clock::wall()).map_err(refused)?;
    let mut rejected = Rejected::beside(&common.file);
    let header = table.header().map(|cells| written(cells, layout.delimiter)).unwrap_or_default();
    let mut checked = Checked::new()?;
    while let Some(row) = table.next_row().map_err(refused)? {
        match rows.record(&row) {
            Ok(Some(record)) => checked.good(&record)?,
            Ok(None) => {}
            Err(fault) => {
                checked.bad(fault.to_string());
                if common.skip_bad {
                    rejected.keep(&header, &written(&row.cells, layout.delimiter))?;
                }
            }
        }
    }
    warn_if_cut(&table, &name);
    if let Some(doubt) = checked.doubtful().filter(|_| !arguments.columns.believes_all()) {
        return Err(Problem::input(format!("{name}: {doubt}; is --unit right? If so, say --any-value")));
    }
    checked.keep(common, &rejected.place())
}

fn warn_if_cut<R: Read>(table: &Table<R>, name: &str) {
    if !table.ends_with_a_line() {
        tell(format_args!("parallax: {name} does not end in a line end; if it was cut off, its last row may be wrong"));
    }
}

fn written<T: AsRef<[u8]>>(cells: impl IntoIterator<Item = T>, delimiter: u8) -> Vec<u8> {
    let mut line = ::csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    match line.write_byte_record(&cells.into_iter().map(|cell| cell.as_ref().to_vec()).collect()) {
        Ok(()) => line.into_inner().unwrap_or_default(),
        Err(_) => Vec::new(),
    }
}
