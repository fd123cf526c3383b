//! Fakes: an archive, a publisher, dead letters and a clock in memory. They keep what the ports promise, and fail as told.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::time::Duration;

use parallax::adapters::aws::failure::{Failure, Kind};
use parallax::archive::error::ArchiveError;
use parallax::archive::marks::{KeepSplit, Mark, Touch, Touched};
use parallax::archive::port::{Append, Appended, KeptSummary, Known, Scan, Summaries};
use parallax::archive::selection::{Selection, Window};
use parallax::measurement::identity::SampleId;
use parallax::measurement::miss::Miss;
use parallax::measurement::units::UnixMillis;
use parallax::measurement::wire::Record;
use parallax::metrics::catalogue::Metric;
use parallax::metrics::datum::Datum;
use parallax::metrics::error::PublishError;
use parallax::metrics::port::Publish;
use parallax::metrics::request::Request;
use parallax::summary::collector::WindowSummary;
use parallax::summary::variance::collector::VarianceSummary;
use parallax_aggregator::batch::port::SetAside;
use parallax_aggregator::pace::Pace;
use parallax_aggregator::rollup::port::{Listed, Targets};
use parallax_aggregator::settings::Settings;

use super::samples::START;

/// An archive. `faults` are the answers of the next calls of any kind; none is success.
#[derive(Default)]
pub struct Memory {
    pub records: BTreeMap<(UnixMillis, String), Record>,
    pub summaries: BTreeMap<UnixMillis, WindowSummary>,
    pub missed: Vec<Miss>,
    pub faults: VecDeque<Option<ArchiveError>>,
    /// What was asked for, scan by scan.
    pub scanned: Vec<Selection>,
    /// The next append keeps this many and then fails.
    pub append_breaks_after: Option<usize>,
    /// It has not heard yet of what another delivery is keeping.
    pub knows_nothing: bool,
}

pub fn throttled() -> ArchiveError {
    ArchiveError::Service {
        place: "dynamodb:archive".to_owned(),
        reason: "dynamodb:PutItem on table archive: throttled".to_owned(),
        may_pass: true,
    }
}

pub fn damaged() -> ArchiveError {
    ArchiveError::Damaged {
        place: "dynamodb:archive".to_owned(),
        reason: "sample x: not JSON".to_owned(),
        source_name: "target=front".to_owned(),
        began: "2026-01-01T00:00:00Z".to_owned(),
    }
}

impl Memory {
    fn fault(&mut self) -> Result<(), ArchiveError> {
        self.faults.pop_front().flatten().map_or(Ok(()), Err)
    }

    pub fn ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.records.keys().map(|(_, id)| id.clone()).collect();
        ids.sort();
        ids
    }
}

impl Known for Memory {
    async fn known(&mut self, records: &[Record]) -> Result<Vec<SampleId>, ArchiveError> {
        self.fault()?;
        let kept = |record: &&Record| {
            let sample = &record.sample;
            !self.knows_nothing && self.records.contains_key(&(sample.started_at_ms, sample.id.to_string()))
        };
        Ok(records.iter().filter(kept).map(|record| record.sample.id.clone()).collect())
    }
}

impl Append for Memory {
    async fn append(&mut self, records: &[Record]) -> Result<Appended, ArchiveError> {
        self.fault()?;
        let most = self.append_breaks_after.take();
        let before = self.records.len();
        for record in records.iter().take(most.unwrap_or(usize::MAX)) {
            let key = (record.sample.started_at_ms, record.sample.id.to_string());
            self.records.entry(key).or_insert_with(|| record.clone());
        }
        let new = self.records.len() - before;
        if most.is_some() { Err(throttled()) } else { Ok(Appended { new, repeated: records.len() - new }) }
    }
}

impl parallax::archive::port::Miss for Memory {
    async fn miss(&mut self, missed: &[Miss]) -> Result<(), ArchiveError> {
        if missed.is_empty() {
            return Ok(());
        }
        self.fault()?;
        self.missed.extend_from_slice(missed);
        Ok(())
    }
}

impl Scan for Memory {
    async fn scan_while(
        &mut self,
        selection: &Selection,
        visit: &mut dyn FnMut(Record) -> ControlFlow<()>,
    ) -> Result<(), ArchiveError> {
        self.fault()?;
        self.scanned.push(selection.clone());
        let is_selected = |record: &&Record| {
            selection.window.contains(record.sample.started_at_ms) && selection.source.matches(&record.sample)
        };
        for record in self.records.values().filter(is_selected) {
            if visit(record.clone()).is_break() {
                break;
            }
        }
        Ok(())
    }
}

impl Summaries for Memory {
    async fn put_summary(&mut self, window: Window, summary: &WindowSummary) -> Result<(), ArchiveError> {
        self.fault()?;
        self.summaries.insert(window.from, summary.clone());
        Ok(())
    }

    async fn summaries(&mut self, _: Window) -> Result<Vec<KeptSummary>, ArchiveError> {
        unreachable!("no handler asks")
    }
}

/// Marks, as the archive keeps them.
#[derive(Default)]
pub struct MemoryMarks {
    pub marks: BTreeMap<UnixMillis, UnixMillis>,
    pub splits: Vec<(Window, VarianceSummary)>,
}

impl Touch for MemoryMarks {
    async fn touch(&mut self, windows: &[UnixMillis], settled: UnixMillis) -> Result<(), ArchiveError> {
        for window in windows {
            let mark = self.marks.entry(*window).or_insert(settled);
            *mark = (*mark).max(settled);
        }
        Ok(())
    }
}

impl Touched for MemoryMarks {
    async fn touched(&mut self, most: usize) -> Result<Vec<Mark>, ArchiveError> {
        let mark = |(window, settled): (&UnixMillis, &UnixMillis)| Mark { window: *window, settled: *settled };
        Ok(self.marks.iter().take(most).map(mark).collect())
    }

    async fn done(&mut self, mark: Mark) -> Result<(), ArchiveError> {
        if self.marks.get(&mark.window) == Some(&mark.settled) {
            self.marks.remove(&mark.window);
        }
        Ok(())
    }
}

impl KeepSplit for MemoryMarks {
    async fn keep_split(&mut self, stretch: Window, split: &VarianceSummary) -> Result<(), ArchiveError> {
        self.splits.push((stretch, split.clone()));
        Ok(())
    }
}

/// CloudWatch: all that it took. `faults` as above.
#[derive(Default)]
pub struct MemoryMetrics {
    pub datums: Vec<Datum>,
    pub faults: VecDeque<Option<PublishError>>,
}

impl MemoryMetrics {
    /// How many values of a metric there are, and their sum.
    pub fn of(&self, metric: Metric) -> (u64, f64) {
        let datums = self.datums.iter().filter(|datum| datum.series().metric() == metric);
        datums.flat_map(Datum::values).fold((0, 0.0), |(count, sum), counted| {
            (count + counted.count, sum + counted.count as f64 * counted.value.number())
        })
    }
}

impl Publish for MemoryMetrics {
    async fn publish(&mut self, request: &Request) -> Result<(), PublishError> {
        let fault = self.faults.pop_front().flatten();
        // What is not answered may have been done.
        if matches!(fault, None | Some(PublishError::Unanswered { .. })) {
            self.datums.extend(request.datums().iter().cloned());
        }
        fault.map_or(Ok(()), Err)
    }
}

/// The dead letters, each with its reason.
#[derive(Default)]
pub struct MemoryLetters {
    pub letters: Vec<(String, String)>,
    pub faults: VecDeque<Option<Kind>>,
}

impl SetAside for MemoryLetters {
    async fn set_aside(&mut self, body: &str, reason: &str) -> Result<(), Failure> {
        if let Some(kind) = self.faults.pop_front().flatten() {
            let (action, resource) = ("sqs:SendMessage", "dead".to_owned());
            return Err(Failure { action, resource, kind, detail: String::new() });
        }
        self.letters.push((body.to_owned(), reason.to_owned()));
        Ok(())
    }
}

/// The table of pages.
pub struct MemoryTargets(pub Result<Listed, Failure>);

impl Targets for MemoryTargets {
    async fn listed(&mut self) -> Result<Listed, Failure> {
        self.0.clone()
    }
}

/// A clock that goes on only where somebody waits.
pub struct Clock {
    pub now: Cell<UnixMillis>,
    pub pauses: RefCell<Vec<Duration>>,
}

impl Clock {
    pub fn at(now: UnixMillis) -> Self {
        Self { now: Cell::new(now), pauses: RefCell::default() }
    }
}

impl Pace for Clock {
    fn now(&self) -> UnixMillis {
        self.now.get()
    }

    fn draw(&self) -> f64 {
        0.75
    }

    async fn pause(&self, length: Duration) {
        self.now.set(self.now.get().plus(length));
        self.pauses.borrow_mut().push(length);
    }

    async fn within<T>(&self, length: Duration, work: impl Future<Output = T>) -> Option<T> {
        if length.is_zero() { None } else { Some(work.await) }
    }
}

/// An hour after the first sample of most tests.
pub const NOW: UnixMillis = UnixMillis(START + 3_600_000);

pub fn settings() -> Settings {
    let of = |name: &str| match name {
        "PARALLAX_NAMESPACE" => "Parallax",
        "PARALLAX_METRICS" => "latency,availability",
        "PARALLAX_KEEP_DAYS" => "90",
        "PARALLAX_REGIONS" => "eu-west-1,us-east-1",
        "PARALLAX_QUORUM" => "2",
        "PARALLAX_EVERY_MINUTES" => "1",
        "PARALLAX_DEAD_LETTERS_URL" => "https://sqs.eu-west-1.amazonaws.com/1/dead",
        _ => "a-table",
    };
    Settings::read(|name| Some(of(name).to_owned())).unwrap()
}
