//! Windows: summaries for the archive, and what is news for CloudWatch.

use parallax::adapters::aws::failure::Failure;
use parallax::archive::error::ArchiveError;
use parallax::archive::marks::{KeepSplit, Mark, Touched};
use parallax::archive::port::{Scan, Summaries};
use parallax::archive::selection::{Selection, Source, Window};
use parallax::measurement::identity::TargetId;
use parallax::measurement::units::UnixMillis;
use parallax::metrics::port::Publish;
use parallax::metrics::rollup;
use parallax::metrics::slower::Rule;
use parallax::summary::collector::Collector;
use parallax::summary::variance::collector::{VarianceCollector, VarianceSummary};

use crate::journal::{Journal, Line, short};
use crate::pace::{Pace, again, archive_may_pass};
use crate::settings::Settings;

use super::change::{Change, Rare};
use super::error::RollupError;
use super::grid;
use super::port::{Listed, Targets};
use super::publish::publish;

/// Windows that one run looks at, at most: what is left is for the next one.
const WINDOWS_MAX: usize = 1_000;

/// Where windows are read from, and their summaries kept and published.
pub struct Windows<'a, A, M, T, P, C> {
    /// The archive.
    pub archive: &'a mut A,
    /// The marks on its windows.
    pub marks: &'a mut M,
    /// The table of pages.
    pub targets: &'a mut T,
    /// The metrics.
    pub metrics: &'a mut P,
    /// Time and chance.
    pub pace: &'a C,
    /// Quorum and tick.
    pub settings: &'a Settings,
    /// The log.
    pub journal: Journal<'a>,
    /// When it has to be done.
    pub until: UnixMillis,
}

impl<A, M, T, P, C> Windows<'_, A, M, T, P, C>
where
    A: Scan + Summaries,
    M: Touched + KeepSplit,
    T: Targets,
    P: Publish,
    C: Pace,
{
    /// Summarises the window that ended last before `at`, and each that samples were added to since it was summarised.
    ///
    /// # Errors
    /// What did not answer, or the first sample that cannot be read: that one's window is left out, and the others are done.
    /// Windows that are not done stay marked, for the next run.
    pub async fn roll_up(mut self, at: UnixMillis) -> Result<(), RollupError> {
        let (pace, until) = (self.pace, self.until);
        let reading = pace.within(until.since(pace.now()), self.marked_and_listed()).await;
        let (marks, listed) = reading.ok_or(RollupError::Time)??;
        let latest = grid::last_ended(at);
        let rare = Rare::of(listed.pages, latest, self.settings.every);
        // One window after the other: memory holds one, and what is done is done when the time is over.
        let (mut due, now) = (vec![(latest, None)], pace.now());
        for mark in marks {
            let window = grid::window(mark.window);
            let mark = Some(mark).filter(|mark| mark.settled <= now);
            match (window == latest, window.to <= now) {
                (true, _) => due[0].1 = mark,
                (false, true) if mark.is_some() => due.push((window, mark)),
                _ => (),
            }
        }
        let windows = due.len();
        let mut damaged = Vec::new();
        for (done, (window, mark)) in due.into_iter().enumerate() {
            let left = until.since(pace.now());
            let reason =
                match pace.within(left, self.summarise(window, mark, (window == latest).then_some(&rare))).await {
                    Some(Ok(())) => continue,
                    // It will be so next time; the other windows may have nothing of it.
                    Some(Err(error @ RollupError::Archive(ArchiveError::Damaged { .. }))) => {
                        damaged.push(error);
                        continue;
                    }
                    Some(Err(error)) => error,
                    None => RollupError::Time,
                };
            (self.journal)(&Line::WindowsLeft { windows: windows - done + damaged.len(), reason: short(&reason) });
            return Err(reason);
        }
        let windows = damaged.len();
        let Some(reason) = damaged.into_iter().next() else { return Ok(()) };
        (self.journal)(&Line::WindowsLeft { windows, reason: short(&reason) });
        Err(reason)
    }

    async fn marked_and_listed(&mut self) -> Result<(Vec<Mark>, Listed), RollupError> {
        let (pace, until) = (self.pace, self.until);
        let (marks, targets) = (&mut *self.marks, &mut *self.targets);
        let marked = again(pace, until, archive_may_pass, async || marks.touched(WINDOWS_MAX).await).await?;
        let may_pass = |failure: &Failure| failure.kind.may_pass();
        Ok((marked, again(pace, until, may_pass, async || targets.listed().await).await?))
    }

    /// Summarises a window, and publishes what is news. `rare` is there for the latest window alone.
    async fn summarise(&mut self, window: Window, mark: Option<Mark>, rare: Option<&Rare>) -> Result<(), RollupError> {
        let (pace, until) = (self.pace, self.until);
        let news = rare.filter(|_| grid::is_news(window, pace.now()));
        let mut usual = news.map(|rare| (rare, Change::new(grid::comparison(window, self.settings.every))));
        let stretch = usual.as_ref().map_or(window, |(_, change)| change.stretch());
        let mut of_window = Collector::default();
        let scanned = Selection { source: Source::default(), window: stretch };
        self.archive
            .scan(&scanned, &mut |record| {
                if window.contains(record.sample.started_at_ms) {
                    of_window.add(&record.sample);
                }
                if let Some((_, change)) = usual.as_mut().filter(|(rare, _)| !rare.has(&record.sample.target)) {
                    change.add(&record);
                }
            })
            .await?;
        let summary = of_window.finish();
        again(pace, until, archive_may_pass, async || self.archive.put_summary(window, &summary).await).await?;
        let placement = match grid::placement(window) {
            Some(stretch) => self.split(stretch).await?,
            None => VarianceSummary::default(),
        };
        if let Some((rare, usual)) = usual {
            let rule = Rule { quorum: self.settings.quorum, ..Rule::default() };
            let mut slower = usual.slower(rule);
            for (page, change) in rare.due(window, &summary) {
                slower.extend(self.compared(page, change).await?.slower(rule));
            }
            publish(self.metrics, pace, until, rollup::window(&slower, &placement, window.to)).await?;
        }
        if let Some(mark) = mark {
            again(pace, until, archive_may_pass, async || self.marks.done(mark).await).await?;
        }
        (self.journal)(&Line::Window { from_ms: window.from.0, samples: summary.samples });
        Ok(())
    }

    /// Reads what one page has to be compared with.
    async fn compared(&mut self, page: TargetId, mut change: Change) -> Result<Change, RollupError> {
        let source = Source { target: Some(page), ..Source::default() };
        let scanned = Selection { source, window: change.stretch() };
        self.archive.scan(&scanned, &mut |record| change.add(&record)).await?;
        Ok(change)
    }

    /// Splits the spread of a stretch, and keeps it.
    async fn split(&mut self, stretch: Window) -> Result<VarianceSummary, RollupError> {
        let mut collector = VarianceCollector::default();
        let scanned = Selection { source: Source::default(), window: stretch };
        self.archive.scan(&scanned, &mut |record| collector.add(&record)).await?;
        let split = collector.finish();
        let (pace, until) = (self.pace, self.until);
        again(pace, until, archive_may_pass, async || self.marks.keep_split(stretch, &split).await).await?;
        Ok(split)
    }
}
