//! Reading back, in the order in which samples began: partitions side by side, some pages of each at a time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::ops::ControlFlow;

use futures_util::stream::{self, StreamExt};

use crate::archive::error::ArchiveError;
use crate::archive::port::Scan;
use crate::archive::selection::Selection;
use crate::measurement::wire::Record;

use super::stream::Stream;
use super::{AT_ONCE, Archive, item, key};

/// Items held at once, all partitions together: some 20 MB.
const HELD: usize = 20_000;
const PAGE_MIN: usize = 25;
const PAGE_MAX: usize = 1_000;
/// Days are read side by side until there are as many partitions: one source alone would be one call after the other.
const PARTITIONS: usize = 32;

impl Scan for Archive {
    async fn scan_while(
        &mut self,
        selection: &Selection,
        visit: &mut dyn FnMut(Record) -> ControlFlow<()>,
    ) -> Result<(), ArchiveError> {
        let mut days: BTreeMap<String, BTreeSet<_>> = BTreeMap::new();
        for line in self.lines_of(&selection.source, selection.window).await? {
            days.entry(line.day).or_default().insert((line.target, line.vantage));
        }
        let mut streams = Vec::new();
        let last = days.keys().next_back().cloned();
        for (day, sources) in days {
            streams.extend(sources.into_iter().map(|(target, vantage)| {
                let partition = key::partition(&target, &vantage, &day);
                Stream::new(partition, key::places(selection.window), selection.source.method.clone())
            }));
            let is_enough = streams.len() >= PARTITIONS || Some(&day) == last.as_ref();
            if is_enough && self.merge(std::mem::take(&mut streams), selection, visit).await?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

impl Archive {
    /// Shows what several partitions hold, in order.
    async fn merge(
        &mut self,
        mut streams: Vec<Stream>,
        selection: &Selection,
        visit: &mut dyn FnMut(Record) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, ArchiveError> {
        let named = self.named();
        let limit = (HELD / 2 / streams.len().max(1)).clamp(PAGE_MIN, PAGE_MAX);
        let mut fronts = BinaryHeap::new();
        self.refill(&mut streams, limit, &mut fronts).await?;
        while let Some(Reverse((_, index))) = fronts.pop() {
            let Some((found, environment)) = streams[index].ahead.pop_front() else { continue };
            let record = item::record(&found, &environment, &named)?;
            if selection.source.matches(&record.sample) && visit(record).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            match streams[index].front() {
                Some(place) => fronts.push(Reverse((place, index))),
                None if streams[index].ended => {}
                None => self.refill(&mut streams, limit, &mut fronts).await?,
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Reads on in every stream that runs low, all at once: those of one grid run low together.
    async fn refill(
        &mut self,
        streams: &mut [Stream],
        limit: usize,
        fronts: &mut BinaryHeap<Reverse<(String, usize)>>,
    ) -> Result<(), ArchiveError> {
        let (archive, named) = (&*self, self.named());
        let low = streams.iter().enumerate().filter(|(_, stream)| !stream.ended && stream.ahead.len() < limit / 2);
        let reading = low.map(|(index, stream)| async move { (index, archive.page(stream, limit).await) });
        let pages: Vec<_> = stream::iter(reading).buffer_unordered(AT_ONCE).collect().await;
        let pages = pages.into_iter().map(|(index, page)| Ok((index, page?))).collect::<Result<Vec<_>, _>>()?;
        let surroundings = self.read_surroundings(pages.iter().flat_map(|(_, page)| &page.items)).await?;
        for (index, page) in pages {
            let was_empty = streams[index].ahead.is_empty();
            streams[index].add(page, |found| {
                let hash = item::environment_of(found, &named)?;
                surroundings.get(&hash).cloned().ok_or_else(|| named.damaged(&key::environment(&hash), "is not there"))
            })?;
            if let (true, Some(place)) = (was_empty, streams[index].front()) {
                fronts.push(Reverse((place, index)));
            }
        }
        Ok(())
    }
}
