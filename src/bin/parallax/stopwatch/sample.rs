//! One sample from a file, replayed whole.

use std::fs::File;
use std::io::{self, Read};

use parallax::intake::arrival;
use parallax::measurement::sample::Sample;
use parallax::measurement::units::UnixMillis;
use parallax::measurement::wire;
use parallax::report::document::{Document, Table};
use parallax::report::figures::{ABSENT, ms, signed};
use parallax::stopwatch::definition::Definition;
use parallax::stopwatch::replay::{ALWAYS, Assumptions, Replay, Shown, replay};
use parallax::stopwatch::series::{Reading, Told};
use serde::Deserialize;
use serde_json::{Value, json};

use super::remarks::{KEPT, NO_VALUE, Remarks};
use crate::exit::Problem;

/// The longest record, in bytes: one is a few thousand.
const RECORD_MAX: u64 = 1_048_576;

#[derive(Deserialize)]
struct Parcel {
    sample: Value,
}

/// Reads the record in a file, or on standard input for `-`.
pub(super) fn read(file: &str, now: UnixMillis) -> Result<Sample, Problem> {
    let name = if file == "-" { "standard input".to_owned() } else { file.escape_debug().to_string() };
    let refused = |why: String| {
        Problem::input(format!("--sample: {name}: {why}; give one record, as `parallax probe --json` prints it"))
    };
    let mut bytes = Vec::new();
    let opened: io::Result<Box<dyn Read>> = match file {
        "-" => Ok(Box::new(io::stdin().lock())),
        path => File::open(path).map(|file| Box::new(file) as Box<dyn Read>),
    };
    opened
        .and_then(|input| input.take(RECORD_MAX + 1).read_to_end(&mut bytes))
        .map_err(|error| refused(error.to_string()))?;
    if bytes.len() as u64 > RECORD_MAX {
        return Err(refused(format!("it is longer than {RECORD_MAX} bytes")));
    }
    let parcel: Parcel = wire::decode(&bytes).map_err(|error| refused(error.to_string()))?;
    arrival::sample(parcel.sample, now).map_err(|flaw| refused(flaw.to_string()))
}

pub(super) fn json(sample: &Sample, tools: &[&'static Definition], assumed: Assumptions) -> Value {
    let of = |definition: &&Definition| json!({ "stopwatch": definition.name, "replay": replay(definition, sample, assumed) });
    json!({
        "schema": 1,
        "sample": { "id": sample.id, "stopwatch": sample.stopwatch, "elapsed_us": sample.elapsed_us },
        "assumed": { "same_body": assumed.same_body },
        "replays": tools.iter().map(of).collect::<Vec<_>>(),
        "always": ALWAYS,
    })
}

pub(super) fn document(sample: &Sample, tools: &[&'static Definition], assumed: Assumptions) -> Document {
    let ours = sample.elapsed_us.as_millis();
    let mut document = Document::new(format!("Sample {}: {} ms by {}", sample.id, ms(ours), sample.stopwatch));
    let mut table = Table::new("What each tool would have shown, in ms", &["stopwatch", "shown", "less ours"]);
    let mut series = Table::new("Its numbers of phases, in ms", &["stopwatch", "phase", "shown"]);
    let mut remarks = Remarks::default();
    for definition in tools {
        let name = definition.name.to_owned();
        let [shown, less] = match replay(definition, sample, assumed) {
            Replay::Shown(shown) => {
                remark(&mut remarks, definition, &shown);
                series.rows.extend(shown.series.iter().map(|reading| phase(definition, reading)));
                let value = shown.value_us.as_millis();
                [format!("{}{}", if shown.at_least { "≥ " } else { "" }, ms(value)), signed(value - ours)]
            }
            Replay::Nothing => {
                remarks.add(NO_VALUE.to_owned(), name.clone());
                [ABSENT.to_owned(), ABSENT.to_owned()]
            }
            Replay::CannotSay(obstacle) => {
                remarks.add(format!("cannot say: {obstacle}"), name.clone());
                [ABSENT.to_owned(), ABSENT.to_owned()]
            }
        };
        table.rows.push(vec![name, shown, less]);
    }
    document.table(table);
    document.notes(remarks.lines());
    document.table(series);
    document.text("");
    document.text(ALWAYS);
    document
}

fn remark(remarks: &mut Remarks, definition: &Definition, shown: &Shown) {
    for caveat in &shown.caveats {
        remarks.add(caveat.to_string(), definition.name.to_owned());
    }
    if let Some(kept) = shown.if_kept_us {
        remarks.add(KEPT.to_owned(), format!("{} {}", definition.name, ms(kept.as_millis())));
    }
}

fn phase(definition: &Definition, reading: &Reading) -> Vec<String> {
    let told = match &reading.told {
        Told::ValueUs(value) => ms(value.as_millis()),
        Told::CannotSay(_) => ABSENT.to_owned(),
    };
    vec![definition.name.to_owned(), reading.name.to_owned(), told]
}
