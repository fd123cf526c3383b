//! A history into the archive, each page as it comes: what was read before something broke off is kept, and the next run
//! goes on from there.

use std::time::Duration;

use parallax::adapters::archive::Mode;
use parallax::adapters::engine::{Engine, open};
use parallax::adapters::import::mapping::Origin;
use parallax::adapters::import::server::fault::Fault;
use parallax::adapters::import::server::history::{Begin, History, Page};
use parallax::archive::error::ArchiveError;
use parallax::archive::port::{Append, Directory, Scan};
use parallax::archive::selection::{Selection, Source, Window};
use parallax::measurement::sample::Sample;
use parallax::measurement::units::UnixMillis;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::batch::rows;
use super::lengths::Lengths;
use super::server::problem;
use super::whose::{Between, Whose};
use crate::exit::{Answer, Outcome, Problem};
use crate::output::{print, tell};

/// How far before the last kept value a run begins: a value may come late, and a failure is known by what lies before it.
const OVERLAP: Duration = Duration::from_secs(3_600);
/// Records kept in one transaction.
const BATCH: usize = 1_000;
/// Bad values shown.
const SHOWN: usize = 10;

/// Runs an asynchronous command on this thread.
pub(super) fn wait(work: impl Future<Output = Outcome>) -> Outcome {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Problem::unfinished(format!("cannot start: {error}")))?
        .block_on(work)
}

/// Reads all that is new and keeps it.
pub(super) async fn import(history: &mut impl History, whose: &Whose, origin: &Origin, between: Between) -> Outcome {
    let mut kept = Kept::default();
    let begin = match between.since {
        Some(since) => Begin::At(Some(since)),
        None => match begin(history, &whose.archive, origin, &mut kept).await {
            Ok(begin) => begin,
            Err(problem) => return Err(kept.so_far(problem, &whose.archive)),
        },
    };
    history.begin(begin);
    let ended = kept.all(history, whose).await;
    for remark in history.remarks() {
        tell(format_args!("parallax: {remark}"));
    }
    match ended {
        Ok(()) => kept.answer(whose),
        Err(problem) => Err(kept.so_far(problem, &whose.archive)),
    }
}

/// After the newest kept sample of this source, where that is one of this very history; else with the first value.
async fn begin(history: &mut impl History, place: &str, origin: &Origin, kept: &mut Kept) -> Result<Begin, Problem> {
    let Some(newest) = newest(place, origin).await? else { return Ok(Begin::At(None)) };
    let from = newest.started_at_ms.minus(OVERLAP);
    history.begin(Begin::Again(from));
    while let Some(page) = history.page().await.map_err(problem)? {
        if page.records.iter().any(|record| record.sample.id == newest.id) {
            kept.resumed = Some(newest.started_at_ms);
            return Ok(Begin::Again(from));
        }
        if page.records.iter().any(|record| record.sample.started_at_ms.since(newest.started_at_ms) > OVERLAP) {
            break;
        }
    }
    Ok(Begin::At(None))
}

async fn newest(place: &str, origin: &Origin) -> Result<Option<Sample>, Problem> {
    let mut archive = match open(place, Mode::Read).await {
        Ok(archive) => archive,
        Err(ArchiveError::Missing { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let ours =
        archive.sources().await?.into_iter().find(|line| {
            (&line.target, &line.vantage, &line.method) == (&origin.target, &origin.vantage, &origin.method)
        });
    let Some(span) = ours.and_then(|line| line.span) else { return Ok(None) };
    let source = Source {
        target: Some(origin.target.clone()),
        vantage: Some(origin.vantage.clone()),
        method: Some(origin.method.clone()),
        cold: None,
    };
    let window = Window { from: span.last, to: UnixMillis(span.last.0.saturating_add(1)) };
    let mut newest = None;
    archive.scan(&Selection { source, window }, &mut |record| newest = Some(record.sample)).await?;
    Ok(newest)
}

/// What was kept so far.
#[derive(Default)]
struct Kept {
    archive: Option<Engine>,
    lengths: Lengths,
    rows: u64,
    new: u64,
    repeated: u64,
    bad: u64,
    shown: Vec<String>,
    window: Option<(UnixMillis, UnixMillis)>,
    resumed: Option<UnixMillis>,
}

impl Kept {
    async fn all(&mut self, history: &mut impl History, whose: &Whose) -> Result<(), Problem> {
        while let Some(page) = history.page().await.map_err(problem)? {
            self.page(page, whose).await?;
        }
        Ok(())
    }

    async fn page(&mut self, page: Page, whose: &Whose) -> Result<(), Problem> {
        self.bad += page.bad.len() as u64;
        let room = SHOWN.saturating_sub(self.shown.len());
        self.shown.extend(page.bad.into_iter().take(room));
        if self.bad > 0 && !whose.skip_bad {
            return Err(Problem::input(format!(
                "{} cannot be samples; look at what measures them, or leave them out with --skip-bad{}",
                values(self.bad),
                self.list()
            )));
        }
        for record in &page.records {
            self.lengths.count(record);
        }
        if let Some(doubt) = self.lengths.doubtful().filter(|_| !whose.any_value) {
            return Err(Problem::input(format!("{doubt}; is the unit right? If so, say --any-value")));
        }
        for some in page.records.chunks(BATCH) {
            let archive = match &mut self.archive {
                Some(archive) => archive,
                // Not before there is something to keep: what is refused leaves no archive behind.
                None => self.archive.insert(open(&whose.archive, Mode::Write).await?),
            };
            let appended = archive.append(some).await?;
            self.new += appended.new as u64;
            self.repeated += appended.repeated as u64;
            self.rows += some.len() as u64;
            for started in some.iter().map(|record| record.sample.started_at_ms) {
                let (first, last) = self.window.unwrap_or((started, started));
                self.window = Some((first.min(started), last.max(started)));
            }
        }
        Ok(())
    }

    fn list(&self) -> String {
        let more = self.bad - self.shown.len() as u64;
        let lines: String = self.shown.iter().map(|line| format!("\n  {line}")).collect();
        if more > 0 { format!("{lines}\n  and {more} more") } else { lines }
    }

    /// What broke off, and what is kept all the same.
    fn so_far(&self, problem: Problem, place: &str) -> Problem {
        let kept = match self.window {
            None => "nothing was imported".to_owned(),
            Some((_, last)) => {
                format!("{} up to {} are kept in {place}, and the next run goes on there", values(self.rows), at(last))
            }
        };
        match problem {
            Problem::Input(message) => Problem::Input(format!("{message}\n{kept}")),
            Problem::Unfinished(message) => Problem::Unfinished(format!("{message}\n{kept}")),
            Problem::ClosedPipe => Problem::ClosedPipe,
        }
    }

    fn answer(&self, whose: &Whose) -> Outcome {
        if self.bad > 0 {
            tell(format_args!("parallax: {} left out{}", values(self.bad), self.list()));
        }
        if self.rows == 0 && self.bad == 0 {
            tell("parallax: there are no values to import");
            return Ok(Answer::Negative);
        }
        let place = &whose.archive;
        print(&if whose.json {
            json!({
                "schema": 1, "rows": self.rows + self.bad, "new": self.new, "repeated": self.repeated,
                "rejected": self.bad, "first_ms": self.window.map(|window| window.0),
                "last_ms": self.window.map(|window| window.1), "resumed_ms": self.resumed,
            })
            .to_string()
        } else {
            let again = self.resumed.map(|moment| format!("; went on after {}", at(moment))).unwrap_or_default();
            format!(
                "{}: {} new in {place}, {} there before, {} left out{again}",
                rows(self.rows + self.bad),
                self.new,
                self.repeated,
                self.bad
            )
        })?;
        Ok(if self.bad > 0 { Answer::Negative } else { Answer::Done })
    }
}

fn values(count: u64) -> String {
    if count == 1 { "1 value".to_owned() } else { format!("{count} values") }
}

fn at(moment: UnixMillis) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(moment.0) * 1_000_000)
        .ok()
        .and_then(|moment| moment.format(&Rfc3339).ok())
        .unwrap_or_else(|| format!("{} ms", moment.0))
}

/// A fault in a history's beginning.
impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        problem(fault)
    }
}
