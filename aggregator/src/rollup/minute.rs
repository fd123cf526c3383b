//! A minute: which targets are down, from how many places, and from which regions nothing comes.

use parallax::adapters::aws::failure::Failure;
use parallax::archive::port::Scan;
use parallax::archive::selection::{Selection, Source, Window};
use parallax::measurement::units::UnixMillis;
use parallax::metrics::down::{Rule, Watch};
use parallax::metrics::port::Publish;
use parallax::metrics::rollup;

use crate::journal::{Journal, Line};
use crate::pace::{Pace, again};
use crate::settings::Settings;

use super::error::RollupError;
use super::grid::cadence;
use super::port::Targets;
use super::publish::publish;

/// Bad samples in a row that make a page down from a place: one alone may be the network's.
pub const IN_A_ROW: usize = 2;

/// Where a minute is read from and published to.
pub struct Minute<'a, A, T, P, C> {
    /// The archive.
    pub archive: &'a mut A,
    /// The table of pages.
    pub targets: &'a mut T,
    /// The metrics.
    pub metrics: &'a mut P,
    /// Time and chance.
    pub pace: &'a C,
    /// Quorum, regions and tick.
    pub settings: &'a Settings,
    /// The log.
    pub journal: Journal<'a>,
    /// When it has to be done.
    pub until: UnixMillis,
}

impl<A: Scan, T: Targets, P: Publish, C: Pace> Minute<'_, A, T, P, C> {
    /// Rolls up as of a moment.
    ///
    /// # Errors
    /// What did not answer.
    pub async fn roll_up(self, at: UnixMillis) -> Result<(), RollupError> {
        let (pace, until) = (self.pace, self.until);
        pace.within(until.since(pace.now()), self.found_and_published(at)).await.ok_or(RollupError::Time)?
    }

    async fn found_and_published(self, at: UnixMillis) -> Result<(), RollupError> {
        let Self { archive, targets, metrics, pace, settings, journal, until } = self;
        let may_pass = |failure: &Failure| failure.kind.may_pass();
        let listed = again(pace, until, may_pass, async || targets.listed().await).await?;
        // A page that is rare is looked for further back by itself: all pages so far back would be days of samples.
        let fastest = listed.pages.iter().map(|(_, every)| cadence(*every, settings.every)).min();
        let fastest = fastest.unwrap_or(settings.every);
        let look_back = Rule::shortest_look_back(IN_A_ROW, fastest);
        let silence = Rule::shortest_look_back(1, fastest);
        let mut watch = Watch::new(Rule { quorum: settings.quorum, in_a_row: IN_A_ROW, look_back, silence }, at);
        let mut scans = vec![(Source::default(), watch.since()..UnixMillis(i64::MAX))];
        for (target, every) in listed.pages {
            if let Some(stretch) = watch.of(&target, Rule::shortest_look_back(IN_A_ROW, cadence(every, settings.every)))
            {
                scans.push((Source { target: Some(target), ..Source::default() }, stretch));
            }
        }
        for (source, stretch) in scans {
            let window = Window { from: stretch.start, to: stretch.end };
            archive.scan(&Selection { source, window }, &mut |record| watch.add(&record)).await?;
        }
        let found = watch.finish(settings.regions.iter().map(String::as_str));
        publish(metrics, pace, until, rollup::minute(&found, listed.refused, at)).await?;
        journal(&Line::Minute {
            targets: found.targets.len(),
            down: found.down.len(),
            silent: found.silent.len(),
            refused: listed.refused,
        });
        Ok(())
    }
}
