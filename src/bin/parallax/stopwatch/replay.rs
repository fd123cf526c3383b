//! `parallax stopwatch replay`.

use std::collections::BTreeMap;

use parallax::adapters::archive::Mode;
use parallax::adapters::clock;
use parallax::archive::port::Scan;
use parallax::measurement::counted::{counted, does};
use parallax::measurement::identity::Stopwatch;
use parallax::measurement::sample::Sample;
use parallax::measurement::wire::Record;
use parallax::report::document::{Document, Table};
use parallax::report::figures::{ABSENT, ms, signed, star};
use parallax::report::json::pretty;
use parallax::report::terminal;
use parallax::stopwatch::catalogue;
use parallax::stopwatch::definition::Definition;
use parallax::stopwatch::replay::{ALWAYS, Assumptions};
use parallax::summary::source::SourceName;
use serde::Serialize;
use serde_json::json;

use super::remarks::{KEPT, NO_VALUE, Remarks};
use super::tally::{Finding, Tally};
use super::{found, sample};
use crate::archive;
use crate::canvas::CanvasArguments;
use crate::exit::{Answer, Outcome, Problem};
use crate::nearest::refuse_unmatched;
use crate::output::{print, tell};
use crate::selection::SelectionArguments;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    selection: SelectionArguments,
    /// Only this stopwatch, as `parallax stopwatch list` names it; may be repeated
    #[arg(long, value_name = "TOOL")]
    tool: Vec<String>,
    /// Replay the one record in this file instead of an archive; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["archive", "since", "until", "target", "vantage", "method", "source"])]
    sample: Option<String>,
    /// The page's body is the same bytes whatever compression is asked for
    #[arg(long)]
    same_body: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    canvas: CanvasArguments,
}

/// One source, tool by tool.
#[derive(Debug, Serialize)]
struct Replayed {
    #[serde(flatten)]
    source: SourceName,
    stopwatch: Stopwatch,
    samples: u64,
    timed: u64,
    tools: Vec<Finding>,
}

struct Counting {
    samples: u64,
    timed: u64,
    tallies: Vec<Tally>,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let tools = tools(&arguments.tool)?;
    let assumed = Assumptions { same_body: arguments.same_body };
    if let Some(file) = &arguments.sample {
        let sample = sample::read(file, clock::wall())?;
        match arguments.json {
            true => print(&pretty(&sample::json(&sample, &tools, assumed)))?,
            false => {
                let document = sample::document(&sample, &tools, assumed);
                print(&terminal::text(&document, arguments.canvas.meant()))?;
            }
        }
        return Ok(Answer::Done);
    }
    let replayed = replayed(&arguments.selection, &tools, assumed)?;
    if replayed.is_empty() {
        let place = &arguments.selection.archive;
        refuse_unmatched(place, &arguments.selection.selection(clock::wall())?)?;
        tell(format_args!("parallax: no samples in {place} match; see `parallax status` for what there is"));
    }
    if arguments.json {
        let assumed = json!({ "same_body": assumed.same_body });
        print(&pretty(&json!({ "schema": 1, "assumed": assumed, "sources": replayed, "always": ALWAYS })))?;
    } else if !replayed.is_empty() {
        print(&terminal::text(&document(&replayed), arguments.canvas.meant()))?;
    }
    let (samples, timed) = replayed.iter().fold((0, 0), |(all, timed), one| (all + one.samples, timed + one.timed));
    if samples > 0 && timed == 0 {
        let have = does(samples, "sample", ["has", "have"]);
        tell(format_args!("parallax: no samples to replay: {have} no response time; see `parallax report` for why"));
    }
    Ok(if timed == 0 { Answer::Negative } else { Answer::Done })
}

fn tools(names: &[String]) -> Result<Vec<&'static Definition>, Problem> {
    if names.is_empty() {
        return Ok(catalogue::all().to_vec());
    }
    names.iter().map(|name| found(name)).collect()
}

fn replayed(
    selected: &SelectionArguments,
    tools: &[&'static Definition],
    assumed: Assumptions,
) -> Result<Vec<Replayed>, Problem> {
    let selection = selected.selection(clock::wall())?;
    let mut sources: BTreeMap<(SourceName, Stopwatch), Counting> = BTreeMap::new();
    let mut visit = |Record { sample, .. }: Record| {
        let key = (SourceName::of(&sample), sample.stopwatch.clone());
        let fresh = || Counting { samples: 0, timed: 0, tallies: tools.iter().map(|tool| Tally::new(tool)).collect() };
        sources.entry(key).or_insert_with(fresh).add(&sample, assumed);
    };
    archive::with(&selected.archive, Mode::Read, async |archive| Ok(archive.scan(&selection, &mut visit).await?))?;
    let finish = |((source, stopwatch), counting): ((SourceName, Stopwatch), Counting)| Replayed {
        source,
        stopwatch,
        samples: counting.samples,
        timed: counting.timed,
        tools: counting.tallies.into_iter().map(Tally::finish).collect(),
    };
    Ok(sources.into_iter().map(finish).collect())
}

impl Counting {
    fn add(&mut self, sample: &Sample, assumed: Assumptions) {
        self.samples += 1;
        self.timed += u64::from(sample.latency().is_some());
        for tally in &mut self.tallies {
            tally.add(sample, assumed);
        }
    }
}

fn document(replayed: &[Replayed]) -> Document {
    let mut document = Document::new("What each tool would have shown for our samples");
    for one in replayed {
        let SourceName { target, vantage, method } = &one.source;
        document.heading(&format!("{target} from {vantage}, {method} ({})", one.stopwatch));
        document.text(format!("{}, {} of them with a response time.", counted(one.samples, "sample"), one.timed));
        document.table(table(&one.tools));
        if one.tools.iter().flat_map(|tool| &tool.percentiles).any(|beside| !beside.enough) {
            document.notes(vec![star()]);
        }
        document.notes(notes(&one.tools));
    }
    document.text("");
    document.text(ALWAYS);
    document
}

fn table(tools: &[Finding]) -> Table {
    let head = ["stopwatch", "n", "p50", "ours", "less ours", "p90", "ours", "less ours", "cannot say"];
    let mut table = Table::new("In ms; ours is of the same samples", &head);
    for tool in tools {
        let bound = if tool.at_least { "≥ " } else { "" };
        let mut row = vec![tool.stopwatch.to_owned(), tool.counts.shown.to_string()];
        for beside in &tool.percentiles {
            let mark = if beside.enough { "" } else { "*" };
            row.push(format!("{bound}{}{mark}", ms(beside.shown_ms)));
            row.extend([ms(beside.ours_ms), signed(beside.difference_ms)]);
        }
        row.resize(8, ABSENT.to_owned());
        row.push(match tool.counts.cannot_say {
            0 => ABSENT.to_owned(),
            count => count.to_string(),
        });
        table.rows.push(row);
    }
    table
}

/// Remarks that hold for several tools stand once.
fn notes(tools: &[Finding]) -> Vec<String> {
    let mut remarks = Remarks::default();
    for tool in tools {
        let name = |samples: u64| match samples {
            all if all == tool.counts.shown + tool.counts.cannot_say => tool.stopwatch.to_owned(),
            some => format!("{} ({some})", tool.stopwatch),
        };
        for counted in &tool.obstacles {
            remarks.add(format!("cannot say: {}", counted.says), name(counted.samples));
        }
        for counted in &tool.caveats {
            remarks.add(counted.says.clone(), name(counted.samples));
        }
        if let Some(kept) = tool.if_kept_p50_ms {
            remarks.add(KEPT.to_owned(), format!("{} {}", tool.stopwatch, ms(kept)));
        }
        if tool.counts.without_value > 0 {
            let said = NO_VALUE.to_owned();
            remarks.add(said, format!("{} ({})", tool.stopwatch, tool.counts.without_value));
        }
        if tool.counts.failures_shown > 0 {
            let said = "of samples without a response time a value is shown too; it is not in the percentiles";
            remarks.add(said.to_owned(), format!("{} ({})", tool.stopwatch, tool.counts.failures_shown));
        }
    }
    remarks.lines()
}
