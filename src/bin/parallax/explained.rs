//! Why two sources disagree, as every command that compares two of them ends with it.

mod shell;
mod to_decide;

use parallax::archive::selection;
use parallax::explain::account::{Account, Case};
use parallax::explain::bridge;
use parallax::explain::contrast::Contrast;
use parallax::explain::interval;
use parallax::explain::ledger::Seen;
use parallax::explain::question::{Question, Statistic};
use parallax::explain::source::{FailureGap, Source};
use parallax::explain::traits::differences;
use parallax::measurement::counted::counted;
use parallax::report::account::Explained;

use crate::exit::Problem;
pub(crate) use shell::quoted;

/// One side: what it is called, and what it holds.
pub(crate) struct Side {
    /// As one would ask for it.
    pub(crate) named: selection::Source,
    /// Its samples, read.
    pub(crate) read: Source,
    /// What the same function with more memory says of it.
    pub(crate) contrast: Option<Contrast>,
}

impl Side {
    fn shows_phases(&self) -> bool {
        self.read.rows.iter().any(|row| row.seen.has(Seen::TIMELINE))
    }
}

/// What was measured by the very command that asks; absent where samples come from an archive.
#[derive(Clone, Debug)]
pub(crate) struct Here {
    /// The command that would do it again, without how often.
    pub(crate) again: String,
    /// What says how often, and how often it was.
    pub(crate) times: (&'static str, u64),
    /// Where its samples are kept.
    pub(crate) archive: String,
}

/// Which samples are read, in the words that were typed, so that a command can say it again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples {
    archive: Option<String>,
    since: Option<String>,
    until: Option<String>,
    again: Option<&'static str>,
}

impl Samples {
    /// The flags as typed; the usual archive is no flag.
    pub(crate) fn new(archive: &str, since: Option<&str>, until: Option<&str>) -> Self {
        let archive = Some(archive).filter(|archive| *archive != USUAL_ARCHIVE);
        let [archive, since, until] = [archive, since, until].map(|typed| typed.map(str::to_owned));
        Self { archive, since, until, again: None }
    }

    /// Samples of a page that only this command can measure again.
    pub(crate) fn measured_by(self, again: Option<&'static str>) -> Self {
        Self { again, ..self }
    }

    /// The flag for the archive, for a shell and after a space; nothing where it is the usual one.
    pub(crate) fn place(&self) -> String {
        flag("--archive", self.archive.as_deref())
    }

    /// All flags, likewise.
    fn flags(&self) -> String {
        self.place() + &flag("--since", self.since.as_deref()) + &flag("--until", self.until.as_deref())
    }
}

/// Where samples are kept unless one says otherwise.
const USUAL_ARCHIVE: &str = "sqlite:parallax.db";

fn flag(name: &str, typed: Option<&str>) -> String {
    typed.map_or_else(String::new, |typed| format!(" {name} {}", quoted(typed)))
}

impl Here {
    /// The command that measures so many times as often.
    fn longer(&self, times: u64) -> String {
        let (flag, so_far) = self.times;
        format!("{} {flag} {}", self.again, so_far.saturating_mul(times).clamp(30, 3_600))
    }
}

/// Answers a question about two sides.
///
/// # Errors
/// A bridge that is none, or that nobody needs.
pub(crate) fn explained(
    a: Side,
    bridge: Option<Side>,
    b: Side,
    question: &Question,
    samples: &Samples,
    here: Option<&Here>,
) -> Result<Explained, Problem> {
    let failures = FailureGap::of(&a.read, &b.read);
    let differences = differences(&a.read.traits, &b.read.traits);
    let ways = to_decide::Ways::of(&a, bridge.is_some(), &b, samples, here);
    let found = answered(a, bridge, b, question, here.is_some())?;
    let open = match &found {
        Ok((account, mean)) => ways.commands(account, mean.as_ref()),
        Err(_) => Vec::new(),
    };
    Ok(Explained::new(failures, found, differences, open))
}

/// The account asked for, and beside a percentile that of the mean; or why nothing can be said.
type Answered = Result<(Account, Option<Account>), String>;

fn answered(a: Side, bridge: Option<Side>, b: Side, question: &Question, now: bool) -> Result<Answered, Problem> {
    for (side, name) in [(Some(&a), "A"), (Some(&b), "B"), (bridge.as_ref(), "the bridge")] {
        if let Some(why) = side.and_then(|side| nothing(&side.read, name, now)) {
            // A failure counts beside answers, whose parts it is set against.
            let unused = question.failures_as_ms.map_or("", |_| "; --failures-as counts failures beside answers only");
            return Ok(Err(format!("{why}{unused}")));
        }
    }
    if let Some(bridge) = bridge {
        if a.shows_phases() {
            return Err(Problem::input(
                "--bridge: A shows its phases itself; leave --bridge out, or make the source that shows its total only A",
            ));
        }
        if !bridge.shows_phases() {
            return Err(Problem::input("--bridge: it shows its total only, as A does; name samples of our own probe"));
        }
        return Ok(bridge::account(&a.read, bridge.read, b.read, question)
            .map(|account| (account, None))
            .map_err(|why| why.to_string()));
    }
    if !question.known.is_nothing() && a.shows_phases() == b.shows_phases() {
        let both = if a.shows_phases() { "show phases, so nothing has to be bounded" } else { "show totals only" };
        return Err(Problem::input(format!(
            "--known-…: both sides {both}; what is known helps where one of them shows its total only and the other its \
             phases; leave it out"
        )));
    }
    let contrasts: Vec<Contrast> = [a.contrast, b.contrast].into_iter().flatten().collect();
    let case = match Case::new(a.read, b.read) {
        Ok(case) => case,
        Err(why) => return Ok(Err(why.to_string())),
    };
    if let Some(failure_ms) = question.failures_as_ms.filter(|failure_ms| *failure_ms < case.longest_ms()) {
        return Err(Problem::input(format!(
            "--failures-as {} s: an answer took {} s, and a failure cannot count as less; say no less than that",
            failure_ms / 1_000.0,
            case.longest_ms() / 1_000.0
        )));
    }
    let beside = (question.statistic != Statistic::Mean).then_some(Question {
        replicates: interval::REPLICATES,
        statistic: Statistic::Mean,
        ..*question
    });
    let account = |question: &Question| {
        let mut account = case.account(question);
        contrasts.iter().for_each(|contrast| contrast.clone().decide(&mut account));
        account
    };
    Ok(Ok((account(question), beside.as_ref().map(account))))
}

/// Why a side has no response time at all; absent where it has one. Of what is measured `now` there is no other window.
fn nothing(side: &Source, name: &str, now: bool) -> Option<String> {
    let Source { rows, samples, failed, clock_suspect, .. } = side;
    if !rows.is_empty() {
        return None;
    }
    Some(match (*samples, *clock_suspect) {
        (0, _) => format!("{name} has no sample in this window; widen --since and --until"),
        (_, 0) if now => {
            format!("{name} has no response time: every one of its samples failed; see below where and why")
        }
        (_, 0) => format!(
            "{name} has no response time: every one of its samples failed; widen --since, or see `parallax report`"
        ),
        (_, suspect) => format!(
            "{name} has no response time that can be relied on: of {} {failed} failed, and while {suspect} \
             {} measured the clocks ran apart or backwards; see that the host's clock is kept right",
            counted(samples, "sample"),
            if suspect == 1 { "was" } else { "were" }
        ),
    })
}
