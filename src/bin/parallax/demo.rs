//! Two monitors of one page, offline, in about a minute.

mod script;
mod story;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use parallax::adapters::archive::{self, Mode};
use parallax::adapters::clock;
use parallax::lab::site::{Options, Site};
use parallax::measurement::identity::TargetId;
use parallax::probe::interleave::Rounds;
use parallax::report::account::Explained;
use parallax::report::account::comparison::ExplainedComparison;
use parallax::report::comparison::ComparisonReport;
use parallax::report::{html, json, terminal};
use parallax::summary::comparison::Comparison;
use serde::Serialize;

use crate::canvas::CanvasArguments;
use crate::exit::{Answer, Outcome, Problem};
use crate::explained::{Here, quoted};
use crate::interrupt;
use crate::lab;
use crate::measuring::Measuring;
use crate::output::{print, tell};
use crate::page_file::PageFile;
use crate::progress::Progress;
use crate::target_arguments::quantity;
use crate::turns::Turns;
use crate::vantage;
use script::Script;

/// Where the report goes, unless one says otherwise.
const PAGE: &str = "report.html";
/// Where samples are kept, likewise.
const PLACE: &str = "sqlite:parallax-demo.db";
/// Of the founding case: fewer have no account worth reading, and more need not wait in a demo.
const ROUNDS: (u32, u32) = (12, 120);

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How long to watch
    #[arg(long, value_name = "SECONDS", default_value_t = 50, value_parser = quantity::whole(1_u64..=3_600), allow_negative_numbers = true)]
    seconds: u64,
    /// Where to write the report, a page that stands alone
    #[arg(long, short, value_name = "FILE", default_value = PAGE)]
    output: PathBuf,
    /// Where samples are kept
    #[arg(long, value_name = "sqlite:PATH", default_value = PLACE)]
    archive: String,
    /// Repeat the order of an earlier run [default: another one each time, printed]
    #[arg(long, value_name = "NUMBER", value_parser = quantity::whole(0..=u64::MAX), allow_negative_numbers = true)]
    seed: Option<u64>,
    #[command(flatten)]
    canvas: CanvasArguments,
    /// Whether to go on to the lab's founding case, a real Zabbix against `curl -kL` in a small function, and leave it in
    /// parallax-lab/: where this machine can make it (some minutes), or never
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    lab: Lab,
    /// Print the comparison as JSON; without the founding case
    #[arg(long)]
    json: bool,
}

/// Whether a demo goes on to the lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Lab {
    Auto,
    Never,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Findings {
    schema: u32,
    page: Page,
    slow: Page,
}

/// One page, seen by both monitors.
#[derive(Debug, Serialize)]
struct Page {
    #[serde(flatten)]
    comparison: Comparison,
    explained: Explained,
}

impl From<ExplainedComparison> for Page {
    fn from(report: ExplainedComparison) -> Self {
        Self { comparison: report.comparison.comparison, explained: report.explained }
    }
}

/// What measures a page again that is there only while a demo runs: as long as four.
pub(crate) fn measures(target: &TargetId) -> Option<&'static str> {
    script::TARGETS.contains(&target.as_str()).then_some("parallax demo --seconds 200 --lab never")
}

/// Starts a site, lets two monitors watch it in turns, and shows by how much and why they disagree.
pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let page = PageFile::prepare("--output", &arguments.output)?;
    let archive = archive::open(&arguments.archive, Mode::Write)?;
    let seed = arguments.seed.unwrap_or_else(crate::seed::any);
    let site = Site::start(Options::default()).map_err(Problem::unfinished)?;
    let script = Script::new(&site)?;
    tell(story::opening(&script, arguments.seconds, seed));

    interrupt::listen()?;
    let measuring = Measuring::begin(vantage::of_host("demo")?);
    let mut turns = Turns::new(script.arms, measuring, archive)?;
    let whole = watch(&mut turns, Duration::from_secs(arguments.seconds), seed)?;
    drop(site);

    let second = turns.arms[script::PAGE[1]].method.clone();
    let here =
        Here { again: again(arguments), times: ("--seconds", arguments.seconds), archive: arguments.archive.clone() };
    let report = |arms: [usize; 2], name: &str| -> Result<ExplainedComparison, Problem> {
        let title = format!("Two monitors of one {name}: fresh against {second}");
        let comparison = ComparisonReport::new(&title, turns.comparison(arms, seed), clock::wall());
        Ok(ExplainedComparison { comparison, explained: turns.explained(arms, seed, &here)? })
    };
    let (on_page, on_slow) = (report(script::PAGE, "page")?, report(script::SLOW, "slow page")?);
    page.write(&html::page(&story::page(&on_page, &on_slow)))?;
    if arguments.json {
        let document = Findings { schema: 1, page: on_page.into(), slow: on_slow.into() };
        print(&json::pretty(&document))?;
    } else {
        print(&terminal::text(&story::screen(&on_page, &on_slow), arguments.canvas.meant()))?;
    }
    tell(format_args!("\nreport     {}\nsamples    {}", arguments.output.display(), arguments.archive));
    if !whole {
        return Err(Problem::unfinished("interrupted: the report is on what was measured until then"));
    }
    founding_case(arguments, seed)
}

/// The case that all this began with, where this machine can make it: as many rounds as seconds were asked for.
fn founding_case(arguments: &Arguments, seed: u64) -> Outcome {
    if arguments.json {
        return Ok(Answer::Done);
    }
    let case = match lab::FoundingCase::possible() {
        Ok(case) => case,
        Err(lacking) => {
            if arguments.lab == Lab::Auto {
                tell(story::not_here(&lacking));
            }
            return Ok(Answer::Done);
        }
    };
    let rounds = u32::try_from(arguments.seconds).unwrap_or(u32::MAX).clamp(ROUNDS.0, ROUNDS.1);
    // Any seed of the lab is as good, and the demo's own would not fit.
    let case = case.of(rounds, seed as u32);
    if arguments.lab == Lab::Never {
        tell(story::onward(lab::FoundingCase::COMMAND));
        return Ok(Answer::Done);
    }
    if case.folder.exists() {
        tell(story::made_before(&case.folder));
        return Ok(Answer::Done);
    }
    tell(story::founding_case(rounds));
    match case.run() {
        // The demo is done: what comes on top may fail, and says so.
        Err(problem) if !interrupt::came() => {
            tell(story::failed(&problem.words()));
            Ok(Answer::Done)
        }
        ended => ended,
    }
}

/// This very demo, to be repeated: where it was told to put things, it is told so again.
fn again(arguments: &Arguments) -> String {
    let output = arguments.output.to_string_lossy();
    let places = [("--output", &*output, PAGE), ("--archive", arguments.archive.as_str(), PLACE)];
    let flags = places.iter().filter(|(_, place, usual)| place != usual);
    let mut command = "parallax demo".to_owned();
    flags.for_each(|(flag, place, _)| command += &format!(" {flag} {}", quoted(place)));
    if arguments.lab == Lab::Never { command + " --lab never" } else { command }
}

/// Takes turns until the time is over; `false` where Ctrl-C came first.
fn watch(turns: &mut Turns, length: Duration, seed: u64) -> Result<bool, Problem> {
    let bar = Progress::running(length);
    let start = Instant::now();
    for (round, order) in Rounds::new(turns.arms.len(), seed).enumerate() {
        for arm in order {
            if script::has_turn(arm, round) && !turns.turn(arm)? {
                return Ok(false);
            }
        }
        let passed = start.elapsed();
        bar.at(u64::try_from(passed.as_millis()).unwrap_or(u64::MAX), story::so_far(&turns.arms));
        if passed >= length {
            return Ok(true);
        }
        if !interrupt::rest(script::REST) {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Typed {
        #[command(flatten)]
        demo: Arguments,
    }

    #[test]
    fn a_demo_that_is_repeated_goes_to_the_same_places() {
        let again = |words: &[&str]| again(&Typed::parse_from(std::iter::once(&"demo").chain(words)).demo);
        assert_eq!(again(&[]), "parallax demo");
        assert_eq!(
            again(&["-o", "a b.html", "--archive", "sqlite:x.db"]),
            "parallax demo --output 'a b.html' --archive sqlite:x.db"
        );
        assert_eq!(again(&["--lab", "never"]), "parallax demo --lab never");
    }
}
