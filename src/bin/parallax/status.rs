//! `parallax status`.

mod table;

use std::time::Duration;

use parallax::adapters::archive::Mode;
use parallax::adapters::archive::unshipped::Backlog;
use parallax::adapters::clock;
use parallax::adapters::engine::Room;
use parallax::archive::port::{Directory, SourceLine, Span};
use parallax::measurement::units::UnixMillis;
use parallax::report::clean::clean;
use parallax::report::terminal::{self, Canvas};
use serde_json::{Value, json};

use crate::archive;
use crate::canvas::CanvasArguments;
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
    #[command(flatten)]
    canvas: CanvasArguments,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let (sources, room, backlog) = archive::with(&arguments.archive, Mode::Read, async |archive| {
        Ok((archive.sources().await?, archive.room().await?, archive.backlog()?))
    })?;
    let now = clock::wall();
    match arguments.json {
        true => print(&document(&arguments.archive, &sources, room, backlog, now).to_string())?,
        false => print(&page(&arguments.archive, &sources, room, backlog, now, arguments.canvas.meant()))?,
    }
    Ok(if sources.is_empty() { Answer::Negative } else { Answer::Done })
}

fn document(place: &str, sources: &[SourceLine], room: Room, backlog: Backlog, now: UnixMillis) -> Value {
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
    let mut unshipped = json!({ "samples": backlog.samples });
    if let Some(oldest) = backlog.oldest {
        unshipped["oldest_ms"] = json!(oldest);
    }
    json!({
        "schema": 1,
        "unshipped": unshipped,
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
            use parallax::measurement::counted::counted;
            let size = table.bytes.map_or_else(String::new, |bytes| format!(", {:.1} MiB", mib(bytes)));
            let items = table.items.map_or_else(String::new, |items| format!(" in {}", counted(items, "item")));
            let when = if table.bytes.is_some() { ", as DynamoDB last counted it (every six hours or so)" } else { "" };
            format!("{place}: schema {}{size}{items}{when}", table.schema)
        }
    }
}

fn page(place: &str, sources: &[SourceLine], room: Room, backlog: Backlog, now: UnixMillis, canvas: Canvas) -> String {
    let mut foot = vec![foot(place, room)];
    if let Some(oldest) = backlog.oldest {
        let oldest = ago(oldest, now);
        foot.push(match backlog.samples {
            1 => format!("1 sample waits to be sent to the queue, of {oldest}"),
            samples => format!("{samples} samples wait to be sent to the queue, the first of {oldest}"),
        });
    }
    if sources.is_empty() {
        foot.push("It holds no samples yet; `parallax agent`, `compare` and `demo` add some.".to_owned());
    }
    let foot: Vec<String> =
        foot.iter().flat_map(|line| terminal::wrapped(&clean(line, canvas.ascii), canvas.width)).collect();
    let foot = foot.join("\n");
    if sources.is_empty() {
        return foot;
    }
    format!("{}\n\n{foot}", table::table(sources, now, canvas))
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
