//! `parallax explain`: why two sources disagree.

mod known;
mod memory;
mod parties;

use std::path::PathBuf;
use std::time::Duration;

use parallax::adapters::archive::Mode;
use parallax::adapters::clock;
use parallax::archive::port::{Directory, Scan, SourceLine};
use parallax::archive::selection::{self, Selection, Window};
use parallax::explain::bridge;
use parallax::explain::ledger::Seen;
use parallax::explain::plausibility::median;
use parallax::explain::question::{Question, Statistic};
use parallax::explain::source::Source;
use parallax::measurement::identity::Method;
use parallax::report::account::{AccountReport, Parties, Party};
use parallax::report::moment::rfc3339;
use parallax::report::{html, terminal};
use parallax::statistics::level::Level;

use crate::archive;
use crate::canvas::CanvasArguments;
use crate::demo;
use crate::exit::{Answer, Outcome, Problem};
use crate::explained::{Samples, Side, explained};
use crate::output::{print, tell};
use crate::page_file::PageFile;
use crate::selection::SelectionArguments;
use crate::target_arguments::quantity;
use known::KnownArguments;
use parties::{Asked, Everyone, Found};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The reference: vantage=…,method=…,target=…,cold=true|false, any of them
    #[arg(long, value_name = "SOURCE")]
    a: String,
    /// The source whose difference from A is explained
    #[arg(long, value_name = "SOURCE")]
    b: String,
    /// Our probe beside A, where A shows its total only: the way of measuring becomes a row of its own
    #[arg(long, value_name = "SOURCE")]
    bridge: Option<String>,
    /// Only samples of this page
    #[arg(long, value_name = "ID")]
    target: Option<String>,
    /// Only samples that began since then: a length of time back from now (24h, 7d), a day (2026-11-23, UTC) or an RFC 3339 time
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only samples that began before then: a length of time back from now, a day or an RFC 3339 time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Where samples are kept: sqlite:PATH, or dynamodb:TABLE
    #[arg(long, value_name = "PLACE", default_value = "sqlite:parallax.db")]
    archive: String,
    /// Which figure of the response times; the mean is shown beside a percentile [default: p50; mean with --bridge]
    #[arg(long, value_name = "FIGURE", value_enum, hide_possible_values = false)]
    statistic: Option<Figure>,
    /// Count a failed request in the mean as this long, such as the monitor's timeout; not with --bridge, which pairs
    /// answers: a failure of the monitor has no partner [default: it is in no mean]
    #[arg(long, value_name = "SECONDS", value_parser = quantity::seconds, allow_hyphen_values = true, conflicts_with = "bridge")]
    failures_as: Option<Duration>,
    #[command(flatten)]
    known: KnownArguments,
    /// Repeat the randomness of an earlier run [default: another one each time, printed]
    #[arg(long, value_name = "NUMBER", value_parser = quantity::whole(0..=u64::MAX), allow_negative_numbers = true)]
    seed: Option<u64>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Write one self-contained page of HTML to this file instead
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    html: Option<PathBuf>,
    #[command(flatten)]
    canvas: CanvasArguments,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Figure {
    P50,
    Mean,
    P90,
    P99,
}

impl Figure {
    fn meant(self) -> Statistic {
        match self {
            Self::P50 => Statistic::Percentile(Level::P50),
            Self::Mean => Statistic::Mean,
            Self::P90 => Statistic::Percentile(Level::P90),
            Self::P99 => Statistic::Percentile(Level::P99),
        }
    }
}

/// Reads both sides as rows of fixed size, and accounts for their gap; negative where nothing can be said.
pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let window = window(arguments)?;
    let statistic = match (arguments.statistic, &arguments.bridge) {
        (Some(figure), _) => figure.meant(),
        (None, Some(_)) => Statistic::Mean,
        (None, None) => Statistic::Percentile(Level::P50),
    };
    if arguments.bridge.is_some() && statistic != Statistic::Mean {
        return Err(Problem::input(bridge::BridgeError::NotTheMean));
    }
    let asked = Asked::meant(&arguments.a, &arguments.b, arguments.bridge.as_deref(), arguments.target.as_deref())?;
    let page = arguments.html.as_deref().map(|path| PageFile::prepare("--html", path)).transpose()?;
    let lines = archive::with(&arguments.archive, Mode::Read, async |archive| Ok(archive.sources().await?))?;
    if lines.iter().all(|line| line.samples == 0) {
        tell(format_args!("parallax: {} holds no samples yet; see `parallax agent` and `import`", arguments.archive));
        return Ok(Answer::Negative);
    }
    let found = asked.found(&lines)?;
    let a = read(&arguments.archive, &found.a.source, window)?;
    let b = read(&arguments.archive, &found.b.source, window)?;
    let bridge = found.bridge.as_ref().map(|bridge| read(&arguments.archive, &bridge.source, window)).transpose()?;
    let parties = Parties {
        target: found.target.to_string(),
        since: (window.from != Window::ALWAYS.from).then(|| rfc3339(window.from)),
        until: (window.to != Window::ALWAYS.to).then(|| rfc3339(window.to)),
        a: party(&found.a, &a),
        b: party(&found.b, &b),
        bridge: found.bridge.as_ref().zip(bridge.as_ref()).map(|(found, read)| party(found, read)),
    };
    let question = Question {
        failures_as_ms: arguments.failures_as.map(|length| length.as_secs_f64() * 1_000.0),
        known: arguments.known.meant(),
        ours_ms: ours(&arguments.archive, &lines, &found, &[&a, &b], window)?,
        ..Question::new(statistic, arguments.seed.unwrap_or_else(crate::seed::any))
    };
    let contrast = |at: usize, found: &Found, read: &Source| {
        let sizes = memory::Sizes { place: &arguments.archive, lines: &lines, window, seed: question.seed };
        sizes.beside(at, found, read)
    };
    let (of_a, of_b) = (contrast(0, &found.a, &a)?, contrast(1, &found.b, &b)?);
    let side = |found: &Found, read, contrast| Side { named: found.source.clone(), read, contrast };
    let bridge = found.bridge.as_ref().zip(bridge).map(|(found, read)| side(found, read, None));
    let samples = Samples::new(&arguments.archive, arguments.since.as_deref(), arguments.until.as_deref())
        .measured_by(demo::measures(&found.target));
    let explained = explained(side(&found.a, a, of_a), bridge, side(&found.b, b, of_b), &question, &samples, None)?;
    let report = AccountReport::new(parties, explained);
    match page {
        Some(page) => tell(format_args!("parallax: wrote {}", page.write(&html::page(&report.document()))?.display())),
        None if arguments.json => print(&report.json())?,
        None => print(&terminal::text(&report.document(), arguments.canvas.meant()))?,
    }
    match &report.explained.cannot_say {
        None => Ok(Answer::Done),
        Some(why) => {
            tell(format_args!("parallax: cannot say: {why}"));
            Ok(Answer::Negative)
        }
    }
}

fn window(arguments: &Arguments) -> Result<Window, Problem> {
    let typed = SelectionArguments {
        archive: arguments.archive.clone(),
        since: arguments.since.clone(),
        until: arguments.until.clone(),
        target: None,
        vantage: None,
        method: None,
        source: None,
    };
    Ok(typed.selection(clock::wall())?.window)
}

fn read(place: &str, source: &selection::Source, window: Window) -> Result<Source, Problem> {
    let selection = Selection { source: source.clone(), window };
    archive::with(place, Mode::Read, async |archive| {
        let mut read = Source::default();
        archive.scan(&selection, &mut |record| read.add(&record.sample, &record.environment, None)).await?;
        Ok(read)
    })
}

/// The median of our own samples of the page, where neither side shows its phases: what a unit is doubted by.
fn ours(
    place: &str,
    lines: &[SourceLine],
    found: &Everyone,
    sides: &[&Source],
    window: Window,
) -> Result<Option<f64>, Problem> {
    let shown = sides.iter().flat_map(|side| &side.rows).any(|row| row.seen.has(Seen::TIMELINE));
    let own = |line: &&SourceLine| {
        line.target == found.target && line.samples > 0 && matches!(line.method, Method::Fresh | Method::Pooled)
    };
    if shown || !lines.iter().any(|line| own(&line)) {
        return Ok(None);
    }
    let mut totals = Vec::new();
    for method in [Method::Fresh, Method::Pooled] {
        let source =
            selection::Source { target: Some(found.target.clone()), method: Some(method), ..Default::default() };
        totals.extend(read(place, &source, window)?.rows.iter().map(|row| row.total));
    }
    Ok((!totals.is_empty()).then(|| median(totals)))
}

fn party(found: &Found, read: &Source) -> Party {
    Party::new(found.source.to_string(), found.names.clone(), read)
}
