//! Two ways of measuring one page from this host, taking turns.

mod again;
mod arm;

use std::path::PathBuf;
use std::time::Duration;

use parallax::adapters::archive::{self, Mode};
use parallax::adapters::{clock, trust};
use parallax::measurement::counted::counted;
use parallax::probe::interleave::Rounds;
use parallax::probe::target::Target;
use parallax::report::account::comparison::ExplainedComparison;
use parallax::report::comparison::ComparisonReport;
use parallax::report::{html, terminal};

use crate::canvas::CanvasArguments;
use crate::exit::{Answer, Outcome, Problem};
use crate::explained::Here;
use crate::interrupt;
use crate::measuring::Measuring;
use crate::output::{print, tell};
use crate::page_file::PageFile;
use crate::progress::Progress;
use crate::target_arguments::{TargetArguments, quantity};
use crate::turns::{Arm, Turns};
use crate::vantage::VantageArgument;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: TargetArguments,
    /// The first way: method=fresh, method=pooled or method=curl
    #[arg(long, value_name = "method=WAY", default_value = "method=fresh")]
    a: String,
    /// The second way; the same one twice shows how much two equal things differ
    #[arg(long, value_name = "method=WAY", default_value = "method=curl")]
    b: String,
    /// How often each of the two measures
    #[arg(long, value_name = "NUMBER", default_value_t = 30, value_parser = quantity::whole(1_u32..=100_000), allow_negative_numbers = true)]
    rounds: u32,
    /// Rest this long between rounds
    #[arg(long, value_name = "SECONDS", value_parser = quantity::pause, allow_negative_numbers = true, default_value = "0")]
    pause: Duration,
    /// Repeat the order of an earlier run [default: another one each time, printed]
    #[arg(long, value_name = "NUMBER", value_parser = quantity::whole(0..=u64::MAX), allow_negative_numbers = true)]
    seed: Option<u64>,
    /// Where samples are kept, each as soon as it is measured
    #[arg(long, value_name = "sqlite:PATH", default_value = "sqlite:parallax.db")]
    archive: String,
    #[command(flatten)]
    canvas: CanvasArguments,
    #[command(flatten)]
    vantage: VantageArgument,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Write the comparison as a page that stands alone, too
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// Measures, keeps, and compares and explains exactly what was measured; negative where a side was never answered, not
/// finished where it was interrupted.
pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let target = arguments.target.target()?;
    trust::check(&target.tls).map_err(Problem::input)?;
    let arms = vec![arm::meant("--a", &arguments.a, &target)?, arm::meant("--b", &arguments.b, &target)?];
    let vantage = arguments.vantage.meant()?;
    let page = arguments.html.as_deref().map(|path| PageFile::prepare("--html", path)).transpose()?;
    let archive = archive::open(&arguments.archive, Mode::Write)?;
    let seed = arguments.seed.unwrap_or_else(crate::seed::any);

    let [a, b] = [0, 1].map(|side: usize| arms[side].method.clone());
    let here = here(&target, arguments);
    interrupt::listen()?;
    let rounds = counted(arguments.rounds, "round");
    tell(format_args!("{}: {a} against {b}, {rounds} in random order, seed {seed}", target.id));
    let mut turns = Turns::new(arms, Measuring::begin(vantage), archive)?;
    let ending = take(&mut turns, arguments, seed)?;
    let title = format!("{}: {a} against {b}", target.id);
    let report = ExplainedComparison {
        comparison: ComparisonReport::new(&title, turns.comparison([0, 1], seed), clock::wall()),
        explained: turns.explained([0, 1], seed, &here)?,
    };
    if let Some(page) = page {
        page.write(&html::page(&report.document()))?;
    }
    print(&if arguments.json { report.json() } else { terminal::text(&report.document(), arguments.canvas.meant()) })?;
    if ending == Ending::Interrupted {
        let message =
            format!("interrupted: what was measured until then is kept in {}, and compared", arguments.archive);
        return Err(Problem::unfinished(message));
    }
    let silent: Vec<&Arm> = turns.arms.iter().filter(|arm| arm.answered() == 0).collect();
    for arm in &silent {
        tell(arm.why_never_answered());
    }
    Ok(if silent.is_empty() { Answer::Done } else { Answer::Negative })
}

/// This very comparison, to be repeated: headers, queries and passwords may be secrets and are not shown.
fn here(target: &Target, arguments: &Arguments) -> Here {
    let secret = target.url.query().is_some() || target.url.password().is_some() || !target.url.username().is_empty();
    let url = if secret { "https://URL/" } else { target.url.as_str() };
    let words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    let again = again::again(words, arguments.target.url(), url);
    Here { again, times: ("--rounds", arguments.rounds.into()), archive: arguments.archive.clone() }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Whole,
    Interrupted,
}

fn take(turns: &mut Turns, arguments: &Arguments, seed: u64) -> Result<Ending, Problem> {
    let bar = Progress::counting(arguments.rounds.into(), "round");
    let orders = Rounds::new(turns.arms.len(), seed);
    for (round, order) in (1..=arguments.rounds).zip(orders) {
        for arm in order {
            if !turns.turn(arm)? {
                return Ok(Ending::Interrupted);
            }
        }
        bar.at(round.into(), String::new());
        if round < arguments.rounds && !interrupt::rest(arguments.pause) {
            return Ok(Ending::Interrupted);
        }
    }
    Ok(Ending::Whole)
}
