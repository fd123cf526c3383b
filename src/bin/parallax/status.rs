//! `parallax status`.

use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets};
use parallax::adapters::archive::Mode;
use parallax::adapters::clock;
use parallax::adapters::engine::Room;
use parallax::archive::port::{Directory, SourceLine, Span};
use parallax::measurement::units::UnixMillis;
use serde_json::{Value, json};

use crate::archive;
use crate::exit::{Answer, Outcome};
use crate::output::print;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Where samples are kept: sqlite:PATH, or dynamodb:TABLE
    #[arg(long, value_name = "PLACE", default_value = "sqlite:parallax.db")]
    archive: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let (sources, room) = archive::with(&arguments.archive, Mode::Read, async |archive| {
        Ok((archive.sources().await?, archive.room().await?))
    })?;
    let now = clock::wall();
    match arguments.json {
        true => print(&document(&arguments.archive, &sources, room, now).to_string())?,
        false => print(&page(&arguments.archive, &sources, room, now))?,
    }
    Ok(if sources.is_empty() { Answer::Negative } else { Answer::Done })
}

fn document(place: &str, sources: &[SourceLine], room: Room, now: UnixMillis) -> Value {
    let source = |line: &SourceLine| {
        let mut source = json!({
            "target": line.target, "vantage": line.vantage, "method": line.method,
            "samples": line.samples, "failures": line.failures, "missed": line.missed,
        });
        if let Some(Span { first, last }) = line.span {
            source["first_ms"] = json!(first);
            source["last_ms"] = json!(last);
            source["last_seen_ago_ms"] = json!(u64::try_from(now.since(last).as_millis()).unwrap_or(u64::MAX));
        }
        source
    };
    json!({
        "schema": 1,
        "archive": kept(place, room),
        "sources": sources.iter().map(source).collect::<Vec<_>>(),
    })
}

fn kept(place: &str, room: Room) -> Value {
    match room {
        Room::File(size) => {
            json!({ "place": place, "schema": size.schema, "bytes": size.bytes, "free_bytes": size.free_bytes })
        }
        #[cfg(feature = "aws")]
        Room::Table(table) => {
            let mut kept = json!({ "place": place, "schema": table.schema });
            for (name, count) in [("bytes", table.bytes), ("items", table.items)] {
                if let Some(count) = count {
                    kept[name] = json!(count);
                }
            }
            kept
        }
    }
}

fn foot(place: &str, room: Room) -> String {
    let mib = |bytes: u64| bytes as f64 / 1_048_576.0;
    match room {
        Room::File(size) => format!(
            "{place}: schema {}, {:.1} MiB ({:.1} MiB of it empty, for reuse)",
            size.schema,
            mib(size.bytes),
            mib(size.free_bytes)
        ),
        #[cfg(feature = "aws")]
        Room::Table(table) => {
            let size = table.bytes.map_or_else(String::new, |bytes| format!(", {:.1} MiB", mib(bytes)));
            let items = table.items.map_or_else(String::new, |items| format!(" in {items} items"));
            let when = if table.bytes.is_some() { ", as DynamoDB last counted it (every six hours or so)" } else { "" };
            format!("{place}: schema {}{size}{items}{when}", table.schema)
        }
    }
}

fn page(place: &str, sources: &[SourceLine], room: Room, now: UnixMillis) -> String {
    let foot = foot(place, room);
    if sources.is_empty() {
        return format!("{foot}\nIt holds no samples yet; `parallax agent`, `compare` and `demo` add some.");
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["target", "vantage", "method", "samples", "failures", "missed", "first seen", "last seen"]);
    for line in sources {
        table.add_row([
            line.target.to_string(),
            line.vantage.to_string(),
            line.method.to_string(),
            line.samples.to_string(),
            line.failures.to_string(),
            line.missed.to_string(),
            line.span.map_or_else(never, |span| ago(span.first, now)),
            line.span.map_or_else(never, |span| ago(span.last, now)),
        ]);
    }
    for column in 3..6 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    format!("{}\n\n{foot}", table.trim_fmt())
}

fn never() -> String {
    "never".to_owned()
}

/// In the two largest units, which is as exact as a reader needs.
fn ago(moment: UnixMillis, now: UnixMillis) -> String {
    if moment > now {
        return format!("in {}", rough(moment.since(now)));
    }
    format!("{} ago", rough(now.since(moment)))
}

fn rough(length: Duration) -> String {
    let whole = humantime::format_duration(Duration::from_secs(length.as_secs())).to_string();
    whole.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_said_in_two_units() {
        let now = UnixMillis(1_767_225_600_000);
        assert_eq!(ago(now, now), "0s ago");
        assert_eq!(ago(UnixMillis(now.0 - 93_784_000), now), "1day 2h ago");
        assert_eq!(ago(UnixMillis(now.0 + 61_000), now), "in 1m 1s");
        assert!(ago(UnixMillis(i64::MIN), UnixMillis(i64::MAX)).ends_with("ago"));
    }
}
