//! Keeping: each sample where there is none yet, then the counts.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use futures_util::stream::{self, StreamExt, TryStreamExt};

use crate::archive::error::ArchiveError;
use crate::archive::port::{Append, Appended, Known};
use crate::measurement::identity::SampleId;
use crate::measurement::wire::Record;

use super::attributes::{self, Item};
use super::{AT_ONCE, Archive, count, item, key};

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
        let archive = &*self;
        let mut puts = stream::iter(items).map(|item| archive.put(item)).buffer_unordered(AT_ONCE);
        let (mut new, mut fault) = (0, None);
        // All are tried though one failed: what is put need not be put again.
        while let Some(put) = puts.next().await {
            match put {
                Ok(was_new) => new += usize::from(was_new),
                Err(error) => fault = fault.or(Some(error)),
            }
        }
        if let Some(fault) = fault {
            return Err(fault);
        }
        self.count(records).await?;
        Ok(Appended { new, repeated: records.len() - new })
    }
}

impl Known for Archive {
    async fn known(&mut self, records: &[Record]) -> Result<Vec<SampleId>, ArchiveError> {
        let keys: BTreeSet<_> = records.iter().map(|record| key::sample(&record.sample)).collect();
        let keys = keys.into_iter().map(attributes::at).collect();
        let found: HashSet<_> = self.get_all(keys, Some("pk, sk")).await?.iter().map(attributes::read_key).collect();
        let known = records.iter().filter(|record| found.contains(&key::sample(&record.sample)));
        Ok(known.map(|record| record.sample.id.clone()).collect())
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

    /// Counts the hours of these records anew. Of repeats, too: whoever put them may have been killed before counting.
    async fn count(&self, records: &[Record]) -> Result<(), ArchiveError> {
        let mut hours: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        for Record { sample, .. } in records {
            let at = sample.started_at_ms;
            let hour = (&sample.target, &sample.vantage, key::day(at), key::hour(at));
            hours.entry(hour).or_default().insert(sample.method.as_str(), sample);
        }
        let counts = hours.into_iter().map(|((target, vantage, day, _), samples)| async move {
            let Some(at) = samples.values().next().map(|sample| sample.started_at_ms) else { return Ok(()) };
            let partition = key::partition(target, vantage, &day);
            let items = self.query_all(&partition, &key::places_of_hour(at), Some("sk, #m, bad")).await?;
            let counted = count::by_method(&items);
            for sample in samples.into_values() {
                if let Some(count) = counted.get(sample.method.as_str()) {
                    self.raise((target, vantage, &sample.method), at, *count).await?;
                }
            }
            Ok(())
        });
        stream::iter(counts).buffer_unordered(AT_ONCE).try_collect().await
    }
}
