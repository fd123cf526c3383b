//! Windows: summaries for the archive, and what is news for CloudWatch.

use parallax::archive::error::ArchiveError;
use parallax::archive::marks::{KeepSplit, Mark, Touched};
use parallax::archive::port::{Scan, Summaries};
use parallax::archive::selection::{Selection, Source, Window};
use parallax::measurement::units::UnixMillis;
use parallax::metrics::port::Publish;
use parallax::metrics::rollup;
use parallax::metrics::slower::{Rule, slower};
use parallax::summary::collector::Collector;
use parallax::summary::variance::collector::{VarianceCollector, VarianceSummary};

use crate::journal::{Journal, Line, short};
use crate::pace::{Pace, again, archive_may_pass};
use crate::settings::Settings;

use super::error::RollupError;
use super::grid;
use super::publish::publish;

/// Windows that one run looks at, at most: what is left is for the next one.
const WINDOWS_MAX: usize = 1_000;

/// Where windows are read from, and their summaries kept and published.
pub struct Windows<'a, A, M, P, C> {
    /// The archive.
    pub archive: &'a mut A,
    /// The marks on its windows.
    pub marks: &'a mut M,
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

impl<A, M, P, C> Windows<'_, A, M, P, C>
where
    A: Scan + Summaries,
    M: Touched + KeepSplit,
    P: Publish,
    C: Pace,
{
    /// Summarises the window that ended last before `at`, and each that samples were added to since it was summarised.
    ///
    /// # Errors
    /// What did not answer. Windows that are not done stay marked, for the next run.
    pub async fn roll_up(mut self, at: UnixMillis) -> Result<(), RollupError> {
        let (pace, until) = (self.pace, self.until);
        let marks = pace.within(until.since(pace.now()), self.marked()).await.ok_or(RollupError::Time)??;
        let latest = grid::last_ended(at);
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
        for (done, (window, mark)) in due.into_iter().enumerate() {
            let left = until.since(pace.now());
            let reason = match pace.within(left, self.summarise(window, mark, window == latest)).await {
                Some(Ok(())) => continue,
                Some(Err(error)) => error,
                None => RollupError::Time,
            };
            (self.journal)(&Line::WindowsLeft { windows: windows - done, reason: short(&reason) });
            return Err(reason);
        }
        Ok(())
    }

    async fn marked(&mut self) -> Result<Vec<Mark>, ArchiveError> {
        let marks = &mut *self.marks;
        again(self.pace, self.until, archive_may_pass, async || marks.touched(WINDOWS_MAX).await).await
    }

    async fn summarise(&mut self, window: Window, mark: Option<Mark>, is_latest: bool) -> Result<(), RollupError> {
        let (pace, until) = (self.pace, self.until);
        let news = is_latest && grid::is_news(window, pace.now());
        let comparison = grid::comparison(window, self.settings.every);
        let stretch = if news { Window { from: comparison.before.from, to: window.to } } else { window };
        let (mut of_window, mut latest, mut before) = <(Collector, Collector, Collector)>::default();
        let scanned = Selection { source: Source::default(), window: stretch };
        self.archive
            .scan(&scanned, &mut |record| {
                let started = record.sample.started_at_ms;
                let holds = |stretch: Window| stretch.contains(started);
                for (collector, wanted) in [
                    (&mut of_window, holds(window)),
                    (&mut latest, news && holds(comparison.latest)),
                    (&mut before, news && holds(comparison.before)),
                ] {
                    if wanted {
                        collector.add(&record.sample);
                    }
                }
            })
            .await?;
        let summary = of_window.finish();
        let samples = summary.samples;
        again(pace, until, archive_may_pass, async || self.archive.put_summary(window, &summary).await).await?;
        let placement = match grid::placement(window) {
            Some(stretch) => self.split(stretch).await?,
            None => VarianceSummary::default(),
        };
        if news {
            let rule = Rule { quorum: self.settings.quorum, ..Rule::default() };
            let slower = slower(&latest.finish(), &before.finish(), rule);
            publish(self.metrics, pace, until, rollup::window(&slower, &placement, window.to)).await?;
        }
        if let Some(mark) = mark {
            again(pace, until, archive_may_pass, async || self.marks.done(mark).await).await?;
        }
        (self.journal)(&Line::Window { from_ms: window.from.0, samples });
        Ok(())
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
