//! Slots that have a sample.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::archive::error::ArchiveError;
use crate::archive::port::Slots;
use crate::archive::selection::{Source, Window};
use crate::measurement::environment::Environment;
use crate::measurement::identity::{Method, TargetId, Vantage};
use crate::measurement::units::UnixMillis;

use super::attributes::{self, METHOD};
use super::{Archive, item, key};

/// How far from its slot a sample may begin: what is further off is refused on arrival.
const FROM_SLOT: Duration = Duration::from_secs(2 * 86_400);

impl Slots for Archive {
    async fn slots(
        &mut self,
        target: &TargetId,
        vantage: &Vantage,
        method: &Method,
        window: Window,
    ) -> Result<Vec<UnixMillis>, ArchiveError> {
        Ok(self.slots_of((target, vantage, method), window).await?.into_iter().collect())
    }
}

impl Archive {
    pub(super) async fn slots_of(
        &self,
        (target, vantage, method): (&TargetId, &Vantage, &Method),
        window: Window,
    ) -> Result<BTreeSet<UnixMillis>, ArchiveError> {
        let named = self.named();
        let begun = Window { from: window.from.minus(FROM_SLOT), to: window.to.plus(FROM_SLOT) };
        let source = Source {
            target: Some(target.clone()),
            vantage: Some(vantage.clone()),
            method: Some(method.clone()),
            cold: None,
        };
        let (now_s, anywhere) = (self.now_s(), Arc::new(Environment::default()));
        let mut slots = BTreeSet::new();
        for line in self.lines_of(&source, begun).await? {
            let partition = key::partition(target, vantage, &line.day);
            for found in self.query_all(&partition, &key::places(begun), None).await? {
                if attributes::read_text(&found, METHOD) != Some(method.as_str())
                    || attributes::is_expired(&found, now_s)
                {
                    continue;
                }
                slots.extend(
                    item::record(&found, &anywhere, &named)?.sample.slot_ms.filter(|slot| window.contains(*slot)),
                );
            }
        }
        Ok(slots)
    }
}
