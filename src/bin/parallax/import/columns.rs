//! Flags that say what the columns of a table mean.

use clap::ValueEnum;
use parallax::adapters::import::clock::Clock;
use parallax::adapters::import::mapping::{Column, Empty, FailedCell, Mapping, Origin, TimeAt};
use parallax::adapters::import::table::Layout;
use parallax::adapters::import::value::Decimal;
use parallax::measurement::identity::{Method, Stopwatch, TargetId, Vantage};
use parallax::stopwatch::catalogue;

use super::unit::TypedUnit;
use crate::exit::Problem;

/// The names that the help lists.
fn stopwatches() -> String {
    let names: String =
        catalogue::all().iter().map(|definition| format!("  {:<44} {}\n", definition.name, definition.tool)).collect();
    format!(
        "What the tool's number starts and stops at, by name (`parallax stopwatch show NAME` says all of it):\n{names}\
         Any other name may be given; numbers of different stopwatches are never compared as if they were one."
    )
}

#[derive(Debug, clap::Args)]
#[command(after_long_help = stopwatches())]
pub(super) struct Columns {
    /// The page these samples are of
    #[arg(long, value_name = "ID")]
    target: String,
    /// Where they were measured, as in zabbix/tokyo
    #[arg(long, value_name = "ID")]
    vantage: String,
    /// What measured them: zabbix, curl, blackbox_exporter, …
    #[arg(long, value_name = "NAME")]
    tool: String,
    /// Which of the tool's numbers it is, as in zabbix/web.test.time; --help lists those known
    #[arg(long, value_name = "NAME")]
    stopwatch: String,
    /// The tool's version
    #[arg(long, value_name = "VERSION")]
    tool_version: Option<String>,
    /// The column that says when: its name in the header, or its number as #1
    #[arg(long, value_name = "COLUMN")]
    time: String,
    /// How it is written: rfc3339, unix (seconds), unix-ms, or for strftime such as "%Y-%m-%d %H:%M:%S"
    #[arg(long, value_name = "FORMAT", default_value = "rfc3339")]
    time_format: String,
    /// Where the clock stood that wrote a --time-format without an offset: +09:00, or Z
    #[arg(long, value_name = "OFFSET", allow_hyphen_values = true)]
    utc_offset: Option<String>,
    /// Which end of the measurement the time is of; Zabbix, for one, writes the end
    #[arg(long, value_name = "END", default_value = "start")]
    time_at: End,
    /// The column that says how long
    #[arg(long, value_name = "COLUMN")]
    value: String,
    /// The unit of the values
    #[arg(long, value_name = "UNIT")]
    unit: TypedUnit,
    /// Values are written 0,104 and not 0.104
    #[arg(long)]
    decimal_comma: bool,
    /// Believe the values even if most are over 10 minutes, or under 1 µs
    #[arg(long)]
    any_value: bool,
    /// The column with the HTTP status; 0 in it says that nothing answered
    #[arg(long, value_name = "COLUMN")]
    status: Option<String>,
    /// The column that says when the sample was due, written like the time
    #[arg(long, value_name = "COLUMN")]
    slot: Option<String>,
    /// A row is a failed check where its value, or the named column, is this text; may be repeated
    #[arg(long, value_name = "[COLUMN=]TEXT")]
    failed: Vec<String>,
    /// What a row without a value is
    #[arg(long, value_name = "WHAT", default_value = "refuse")]
    empty: TypedEmpty,
    /// What stands between cells: one character, or tab
    #[arg(long, value_name = "CHARACTER", default_value = ",")]
    delimiter: String,
    /// The first line is a sample; columns are named by their numbers
    #[arg(long)]
    no_header: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum End {
    Start,
    End,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TypedEmpty {
    /// A mistake
    Refuse,
    /// A failed check
    Failed,
    /// Nothing: it is left out
    Skip,
}

impl Columns {
    pub(super) fn mapping(&self) -> Result<Mapping, Problem> {
        let column = |name: &String| Column(name.clone());
        Ok(Mapping {
            time: column(&self.time),
            clock: Clock::new(&self.time_format, self.utc_offset.as_deref())
                .map_err(|error| Problem::input(format!("--time-format: {error}")))?,
            time_at: match self.time_at {
                End::Start => TimeAt::Start,
                End::End => TimeAt::End,
            },
            value: column(&self.value),
            decimal: Decimal { unit: self.unit.unit(), comma: self.decimal_comma, any: self.any_value },
            status: self.status.as_ref().map(column),
            slot: self.slot.as_ref().map(column),
            failed: self.failed.iter().map(|cell| failed(cell)).collect(),
            empty: match self.empty {
                TypedEmpty::Refuse => Empty::Refuse,
                TypedEmpty::Failed => Empty::Failed,
                TypedEmpty::Skip => Empty::Skip,
            },
            origin: self.origin()?,
        })
    }

    pub(super) fn layout(&self) -> Result<Layout, Problem> {
        let delimiter = match self.delimiter.as_bytes() {
            b"tab" => b'\t',
            [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() && !b"\"\r\n".contains(byte) => *byte,
            _ => {
                return Err(Problem::input(
                    "--delimiter: one character such as ; that is no letter, digit or quote, or tab",
                ));
            }
        };
        Ok(Layout { delimiter, header: !self.no_header })
    }

    pub(super) fn believes_all(&self) -> bool {
        self.any_value
    }

    fn origin(&self) -> Result<Origin, Problem> {
        fn named<T, E: std::fmt::Display>(flag: &str, read: Result<T, E>) -> Result<T, Problem> {
            read.map_err(|error| Problem::input(format!("{flag}: {error}")))
        }
        let method: Method = named("--tool", self.tool.parse())?;
        if matches!(method, Method::Fresh | Method::Pooled) {
            return Err(Problem::input(format!("--tool: `{method}` is a method of parallax itself; name the tool")));
        }
        Ok(Origin {
            target: named("--target", TargetId::new(&self.target))?,
            vantage: named("--vantage", Vantage::new(&self.vantage))?,
            method,
            stopwatch: named("--stopwatch", Stopwatch::new(&self.stopwatch))?,
            tool_version: self.tool_version.clone(),
            probe_version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }
}

fn failed(cell: &str) -> FailedCell {
    match cell.split_once('=') {
        Some((column, text)) => FailedCell { column: Some(Column(column.to_owned())), text: text.trim().to_owned() },
        None => FailedCell { column: None, text: cell.trim().to_owned() },
    }
}
