//! Which sources there are: their lines are read, never their samples.

use std::collections::{BTreeMap, BTreeSet};

use crate::archive::error::ArchiveError;
use crate::archive::port::{Directory, SourceLine, Span};
use crate::archive::selection::{Source, Window};
use crate::measurement::identity::{Method, TargetId, Vantage};

use super::Archive;
use super::attributes::{self, Item};
use super::count::Count;
use super::key::{self, DIRECTORY};
use super::line::{self, MISSES};

impl Directory for Archive {
    async fn sources(&mut self) -> Result<Vec<SourceLine>, ArchiveError> {
        // By the method's name: methods themselves sort otherwise.
        let mut sources: BTreeMap<_, (Method, Option<Count>, u64)> = BTreeMap::new();
        for line in self.lines_of(&Source::default(), Window::ALWAYS).await? {
            let missed = if line.item.contains_key(MISSES) { self.missed(&line).await? } else { 0 };
            let counted = line::counted(&line.item, self.now_s());
            let name = (line.target, line.vantage, line.method.to_string());
            let source = sources.entry(name).or_insert((line.method, None, 0));
            source.1 = [source.1, counted].into_iter().flatten().reduce(Count::and);
            source.2 += missed;
        }
        let told = sources.into_iter().filter(|(_, (_, count, missed))| count.is_some() || *missed > 0);
        Ok(told
            .map(|((target, vantage, _), (method, count, missed))| SourceLine {
                target,
                vantage,
                method,
                samples: count.map_or(0, |count| count.samples.unsigned_abs()),
                failures: count.map_or(0, |count| count.failures.unsigned_abs()),
                missed,
                span: count.map(|count| Span { first: count.first, last: count.last }),
            })
            .collect())
    }
}

/// A line of the directory: one source in one day.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub day: String,
    pub target: TargetId,
    pub vantage: Vantage,
    pub method: Method,
    pub item: Item,
}

impl Archive {
    /// The lines of sources that match, of days that meet a window; by day, target, vantage and method.
    pub(super) async fn lines_of(&self, source: &Source, window: Window) -> Result<Vec<Line>, ArchiveError> {
        let named = self.named();
        let mut lines = Vec::new();
        for item in self.query_all(DIRECTORY, &key::lines(window), None).await? {
            let at = attributes::read_key(&item);
            let (day, target, vantage, method) = key::read_line(&at.place)
                .ok_or_else(|| named.damaged(&at, "is damaged: its key is no source's day"))?;
            let matches = source.target.as_ref().is_none_or(|wanted| *wanted == target)
                && source.vantage.as_ref().is_none_or(|wanted| *wanted == vantage)
                && source.method.as_ref().is_none_or(|wanted| *wanted == method);
            if matches && !attributes::is_expired(&item, self.now_s()) {
                lines.push(Line { day, target, vantage, method, item });
            }
        }
        Ok(lines)
    }

    /// Slots of a line that were missed, and have no sample after all.
    async fn missed(&self, line: &Line) -> Result<u64, ArchiveError> {
        let misses = key::misses(&line.target, &line.vantage, &line.day);
        let places = format!("{}#", line.method)..=format!("{}$", line.method);
        let items = self.query_all(&misses, &places, Some("pk, sk, expires")).await?;
        let now_s = self.now_s();
        let slots: BTreeSet<_> = items
            .iter()
            .filter(|item| !attributes::is_expired(item, now_s))
            .filter_map(|item| key::read_moment(attributes::read_key(item).place.rsplit('#').next()?))
            .collect();
        let (Some(first), Some(last)) = (slots.first(), slots.last()) else { return Ok(0) };
        let window = Window { from: *first, to: crate::measurement::units::UnixMillis(last.0.saturating_add(1)) };
        let done = self.slots_of((&line.target, &line.vantage, &line.method), window).await?;
        Ok(slots.difference(&done).count() as u64)
    }
}
