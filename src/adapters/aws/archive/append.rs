//! Keeping: each sample where there is none yet, then the counts.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use futures_util::stream::{self, StreamExt, TryStreamExt};

use crate::archive::error::ArchiveError;
use crate::archive::port::{Append, Appended, Known};
use crate::measurement::identity::{Method, SampleId, TargetId, Vantage};
use crate::measurement::sample::Sample;
use crate::measurement::units::UnixMillis;
use crate::measurement::wire::Record;

use super::attributes::{self, Item};
use super::{AT_ONCE, Archive, count, item, key};

/// Hours whose counting is put off, at most.
const REMEMBERED: usize = 10_000;

impl Append for Archive {
    async fn append(&mut self, records: &[Record]) -> Result<Appended, ArchiveError> {
        if records.is_empty() {
            return Ok(Appended::default());
        }
        let items = self.items(records)?;
        self.claim().await?;
        self.put_surroundings(records).await?;
        for Record { sample, .. } in records {
            self.open_line((&sample.target, &sample.vantage, &sample.method), sample.started_at_ms).await?;
        }
        let new = self.put_all(items).await?;
        // Of repeats, too: whoever put them may have been killed before counting.
        self.uncounted.extend(records.iter().map(|record| Hour::of(&record.sample)));
        self.count(&self.uncounted).await?;
        self.uncounted.clear();
        Ok(Appended { new, repeated: records.len() - new })
    }
}

impl Known for Archive {
    async fn known(&mut self, records: &[Record]) -> Result<Vec<SampleId>, ArchiveError> {
        let keys: BTreeSet<_> = records.iter().map(|record| key::sample(&record.sample)).collect();
        let keys = keys.into_iter().map(attributes::at).collect();
        let found: HashSet<_> = self.get_all(keys, Some("pk, sk")).await?.iter().map(attributes::read_key).collect();
        let is_known = |record: &&Record| found.contains(&key::sample(&record.sample));
        let known: Vec<_> = records.iter().filter(is_known).map(|record| &record.sample).collect();
        // Whoever asks will not give them to `append`: they are counted with the next ones that are.
        if self.uncounted.len() < REMEMBERED {
            self.uncounted.extend(known.iter().map(|sample| Hour::of(sample)));
        }
        Ok(known.into_iter().map(|sample| sample.id.clone()).collect())
    }
}

impl Archive {
    /// One item a sample: all can be written, or none is.
    fn items(&self, records: &[Record]) -> Result<Vec<Item>, ArchiveError> {
        let named = self.named();
        let mut seen = HashSet::new();
        let firsts = records.iter().filter(|record| seen.insert(key::sample(&record.sample)));
        firsts.map(|record| item::of(record, self.expiry(record.sample.started_at_ms), &named)).collect()
    }

    /// How many were new. All are tried though one fails: what is put need not be put again.
    async fn put_all(&self, items: Vec<Item>) -> Result<usize, ArchiveError> {
        let mut puts = stream::iter(items).map(|item| self.put(item)).buffer_unordered(AT_ONCE);
        let (mut new, mut fault) = (0, None);
        while let Some(put) = puts.next().await {
            match put {
                Ok(was_new) => new += usize::from(was_new),
                Err(error) => fault = fault.or(Some(error)),
            }
        }
        fault.map_or(Ok(new), Err)
    }

    /// Whether it was new.
    async fn put(&self, item: Item) -> Result<bool, ArchiveError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await;
        match put {
            Ok(_) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(self.named().failed("dynamodb:PutItem", &error)),
        }
    }

    /// Counts hours anew.
    async fn count(&self, hours: &BTreeSet<Hour>) -> Result<(), ArchiveError> {
        let mut partitions: BTreeMap<_, Vec<&Hour>> = BTreeMap::new();
        for hour in hours {
            let partition = key::partition(&hour.target, &hour.vantage, &key::day(hour.begin));
            partitions.entry((partition, hour.begin)).or_default().push(hour);
        }
        let counts = partitions.into_iter().map(|((partition, begin), hours)| async move {
            let items = self.query_all(&partition, &key::places_of_hour(begin), Some("sk, #m, bad")).await?;
            let counted = count::by_method(&items);
            for hour in hours {
                if let Some(count) = counted.get(hour.method.as_str()) {
                    self.raise((&hour.target, &hour.vantage, &hour.method), begin, *count).await?;
                }
            }
            Ok(())
        });
        stream::iter(counts).buffer_unordered(AT_ONCE).try_collect().await
    }
}

/// One hour of one source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hour {
    target: TargetId,
    vantage: Vantage,
    method: Method,
    begin: UnixMillis,
}

impl Hour {
    fn of(sample: &Sample) -> Self {
        Self {
            target: sample.target.clone(),
            vantage: sample.vantage.clone(),
            method: sample.method.clone(),
            begin: key::begin_of_hour(sample.started_at_ms),
        }
    }
}
