//! `parallax explain`: why two sources disagree.

mod parties;

use std::path::PathBuf;

use parallax::adapters::archive::Mode;
use parallax::adapters::clock;
use parallax::archive::port::{Directory, Scan};
use parallax::archive::selection::{Selection, Window};
use parallax::explain::account::{Account, Case, Question, Statistic};
use parallax::explain::bridge;
use parallax::explain::ledger::Seen;
use parallax::explain::source::{FailureGap, Source};
use parallax::report::account::{AccountReport, Parties, Party};
use parallax::report::moment::rfc3339;
use parallax::report::{html, terminal};
use parallax::statistics::level::Level;

use crate::archive;
use crate::canvas::CanvasArguments;
use crate::exit::{Answer, Outcome, Problem};
use crate::output::{print, tell};
use crate::page_file::PageFile;
use crate::selection::SelectionArguments;
use parties::{Asked, Found};

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
    /// Only samples that began since then: a length of time back from now (24h, 7d) or an RFC 3339 time
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only samples that began before then: a length of time back from now, or an RFC 3339 time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Where samples are kept
    #[arg(long, value_name = "sqlite:PATH", default_value = "sqlite:parallax.db")]
    archive: String,
    /// Which figure of the response times; the mean is shown beside a percentile [default: p50; mean with --bridge]
    #[arg(long, value_name = "FIGURE", value_enum, hide_possible_values = false)]
    statistic: Option<Figure>,
    /// Repeat the randomness of an earlier run [default: another one each time, printed]
    #[arg(long, value_name = "NUMBER")]
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
    let now = clock::wall();
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
    let a = read(&arguments.archive, &found.a, window)?;
    let b = read(&arguments.archive, &found.b, window)?;
    let bridge = found.bridge.as_ref().map(|bridge| read(&arguments.archive, bridge, window)).transpose()?;
    let parties = Parties {
        target: found.target.to_string(),
        since: (window.from != Window::ALWAYS.from).then(|| rfc3339(window.from)),
        until: (window.to != Window::ALWAYS.to).then(|| rfc3339(window.to)),
        a: party(&found.a, &a),
        b: party(&found.b, &b),
        bridge: found.bridge.as_ref().zip(bridge.as_ref()).map(|(found, read)| party(found, read)),
    };
    let failures = FailureGap::of(&a, &b);
    let question = Question::new(statistic, arguments.seed.unwrap_or_else(crate::seed::any));
    let report = AccountReport::new(parties, failures, explained(a, bridge, b, &question)?, now);
    match page {
        Some(page) => tell(format_args!("parallax: wrote {}", page.write(&html::page(&report.document()))?.display())),
        None if arguments.json => print(&report.json())?,
        None => print(&terminal::text(&report.document(), arguments.canvas.meant()))?,
    }
    match &report.cannot_say {
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

fn read(place: &str, found: &Found, window: Window) -> Result<Source, Problem> {
    let selection = Selection { source: found.source.clone(), window };
    archive::with(place, Mode::Read, async |archive| {
        let mut read = Source::default();
        archive.scan(&selection, &mut |record| read.add(&record.sample, &record.environment, None)).await?;
        Ok(read)
    })
}

fn party(found: &Found, read: &Source) -> Party {
    Party::new(found.source.to_string(), found.names.clone(), read)
}

/// The account asked for, and beside a percentile that of the mean; or why nothing can be said.
type Explained = Result<(Account, Option<Account>), String>;

fn explained(a: Source, bridge: Option<Source>, b: Source, question: &Question) -> Result<Explained, Problem> {
    for (side, name) in [(Some(&a), "A"), (Some(&b), "B"), (bridge.as_ref(), "the bridge")] {
        if side.is_some_and(|side| side.samples == 0) {
            return Ok(Err(format!("{name} has no sample in this window; widen --since and --until")));
        }
    }
    if let Some(bridge) = bridge {
        let shows = |source: &Source| source.rows.iter().any(|row| row.seen.has(Seen::TIMELINE));
        if shows(&a) {
            return Err(Problem::input(
                "--bridge: A shows its phases itself; leave --bridge out, or make the source that shows its total only A",
            ));
        }
        if !bridge.rows.is_empty() && !shows(&bridge) {
            return Err(Problem::input("--bridge: it shows its total only, as A does; name samples of our own probe"));
        }
        return Ok(bridge::account(&a, bridge, b, question)
            .map(|account| (account, None))
            .map_err(|why| why.to_string()));
    }
    let case = match Case::new(a, b) {
        Ok(case) => case,
        Err(why) => return Ok(Err(why.to_string())),
    };
    let beside = (question.statistic != Statistic::Mean).then(|| Question::new(Statistic::Mean, question.seed));
    Ok(Ok((case.account(question), beside.map(|question| case.account(&question)))))
}
