//! `parallax import jsonl`.

use std::io::{BufRead, BufReader, Read};

use parallax::adapters::clock;
use parallax::intake::arrival;
use parallax::measurement::units::UnixMillis;
use parallax::measurement::wire::{self, Record};
use serde::Deserialize;
use serde_json::Value;

use super::Common;
use super::batch::Checked;
use super::input::{self, Rejected};
use crate::exit::{Outcome, Problem};

/// The longest line, in bytes: a record is a few thousand.
const LINE_MAX: u64 = 1_048_576;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let (common, now) = (&arguments.common, clock::wall());
    let mut lines = BufReader::new(input::open(&common.file)?);
    let mut checked = Checked::new()?;
    let mut rejected = Rejected::beside(&common.file);
    let mut number = 0_u64;
    while let Some((line, whole)) = next(&mut lines, &common.file)? {
        number += 1;
        let text = if number == 1 { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line) } else { &line[..] };
        if whole && text.trim_ascii().is_empty() {
            continue;
        }
        let mut set_aside = |bytes: &[u8]| if common.skip_bad { rejected.keep(b"", bytes) } else { Ok(()) };
        if !whole {
            checked.bad(format!("line {number}: it is longer than {LINE_MAX} bytes"));
            set_aside(&line)?;
            rest(&mut lines, &common.file, set_aside)?;
            continue;
        }
        match record(text, now) {
            Ok(record) => checked.good(&record)?,
            Err(reason) => {
                let cut = if line.ends_with(b"\n") { "" } else { " (the line has no end: was the file cut off?)" };
                checked.bad(format!("line {number}: {reason}{cut}"));
                set_aside(&line)?;
            }
        }
    }
    checked.keep(common, rejected)
}

/// The next line with its end, or what is left of the file; of one that is too long the beginning, and that it is not
/// whole.
fn next(lines: &mut impl BufRead, file: &str) -> Result<Option<(Vec<u8>, bool)>, Problem> {
    let mut line = Vec::new();
    lines.by_ref().take(LINE_MAX).read_until(b'\n', &mut line).map_err(|error| unread(file, &error))?;
    let whole = (line.len() as u64) < LINE_MAX || line.ends_with(b"\n");
    Ok((!line.is_empty()).then_some((line, whole)))
}

/// Passes over the rest of a line that is too long to be held.
fn rest(
    lines: &mut impl BufRead,
    file: &str,
    mut set_aside: impl FnMut(&[u8]) -> Result<(), Problem>,
) -> Result<(), Problem> {
    while let Some((piece, ended)) = next(lines, file)? {
        set_aside(&piece)?;
        if ended {
            break;
        }
    }
    Ok(())
}

fn unread(file: &str, error: &std::io::Error) -> Problem {
    Problem::unfinished(format!("cannot read {}: {error}", input::name(file)))
}

#[derive(Deserialize)]
struct Line {
    sample: Value,
    environment: Value,
}

fn record(line: &[u8], now: UnixMillis) -> Result<Record, String> {
    let line: Line = wire::decode(line).map_err(|error| error.to_string())?;
    let environment = arrival::environment(line.environment).map_err(|flaw| format!("environment: {flaw}"))?;
    let sample = arrival::sample(line.sample, now).map_err(|flaw| format!("sample: {flaw}"))?;
    Ok(Record::new(sample, environment))
}
