//! Summaries of windows: one item a window and source, in the partition of the window's first day.

use futures_util::stream::{self, StreamExt, TryStreamExt};

use crate::archive::error::ArchiveError;
use crate::archive::port::{KeptSummary, Summaries};
use crate::archive::selection::Window;
use crate::measurement::identity::{TargetId, Vantage};
use crate::measurement::units::UnixMillis;
use crate::summary::collector::WindowSummary;
use crate::summary::source::SourceName;

use super::attributes::{self, DATA, EXPIRES, Item};
use super::codec::{self, Unreadable};
use super::key::{self, Key};
use super::{AT_ONCE, Archive};

impl Summaries for Archive {
    async fn put_summary(&mut self, window: Window, summary: &WindowSummary) -> Result<(), ArchiveError> {
        self.claim().await?;
        let archive = &*self;
        let puts = summary.sources.iter().map(|source| async move {
            let named = archive.named();
            let text = serde_json::to_vec(source)
                .map_err(|error| named.refused(format!("a summary cannot be written as JSON: {error}")))?;
            let mut item = attributes::at(at(window, &source.name));
            item.insert(DATA.to_owned(), attributes::bytes(codec::encode(&text, b"")));
            if let Some(expires) = archive.expiry(window.to) {
                item.insert(EXPIRES.to_owned(), attributes::number(expires));
            }
            let put = archive.client.put_item().table_name(&archive.table).set_item(Some(item)).send().await;
            put.map(drop).map_err(|error| named.failed("dynamodb:PutItem", &error))
        });
        stream::iter(puts).buffer_unordered(AT_ONCE).try_collect().await
    }

    async fn summaries(&mut self, begun: Window) -> Result<Vec<KeptSummary>, ArchiveError> {
        let mut days = vec![key::day(begun.from)];
        let mut from = key::end_of_day(begun.from);
        while from < begun.to {
            days.push(key::day(from));
            from = key::end_of_day(from);
        }
        let mut kept = Vec::new();
        for day in days {
            for item in self.query_all(&key::summaries(&day), &key::places(begun), None).await? {
                if !attributes::is_expired(&item, self.now_s()) {
                    kept.push(self.summary(&item)?);
                }
            }
        }
        Ok(kept)
    }
}

fn at(window: Window, source: &SourceName) -> Key {
    let SourceName { target, vantage, method } = source;
    let (from, to) = (key::moment(window.from), key::moment(window.to));
    Key { partition: key::summaries(&key::day(window.from)), place: format!("{from}#{to}#{target}#{vantage}#{method}") }
}

fn read_at(place: &str) -> Option<(Window, SourceName)> {
    let mut parts = place.split('#');
    let mut moment = || -> Option<UnixMillis> { key::read_moment(parts.next()?) };
    let window = Window { from: moment()?, to: moment()? };
    let (target, vantage) = (TargetId::new(parts.next()?).ok()?, Vantage::new(parts.next()?).ok()?);
    Some((window, SourceName { target, vantage, method: parts.next()?.parse().ok()? }))
}

impl Archive {
    fn summary(&self, item: &Item) -> Result<KeptSummary, ArchiveError> {
        let (key, named) = (attributes::read_key(item), self.named());
        let unreadable = |fault: Unreadable| named.unreadable(&key, &fault);
        let (window, source) =
            read_at(&key.place).ok_or_else(|| unreadable(Unreadable::Damaged("its key is no window's source")))?;
        let data = attributes::read_bytes(item, DATA).unwrap_or_default();
        let text = codec::decode(data, b"").map_err(unreadable)?;
        let figures = String::from_utf8(text).map_err(|_| unreadable(Unreadable::Damaged("it is no text")))?;
        Ok(KeptSummary { window, source, figures })
    }
}
