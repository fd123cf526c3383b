//! Records in, splits out.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::measurement::environment::Init;
use crate::measurement::identity::{Method, TargetId};
use crate::measurement::wire::Record;

use super::super::row::Cell as Length;
use super::place::Place;
use super::split::Invocations;
use super::stratum::{Row, RowKind, Rows, Stratum};

/// Takes records in any order, and keeps a row of each.
#[derive(Clone, Debug, Default)]
pub struct VarianceCollector {
    strata: BTreeMap<(TargetId, Method), Rows>,
}

/// The spread of each page in each way of measuring, in the order of their names.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct VarianceSummary {
    /// Samples, good and bad.
    pub samples: u64,
    /// None in a window without samples.
    pub strata: Vec<Stratum>,
}

impl VarianceCollector {
    /// Takes one record in.
    pub fn add(&mut self, record: &Record) {
        let Record { sample, environment, .. } = record;
        let rows = self.strata.entry((sample.target.clone(), sample.method.clone())).or_default();
        rows.samples += 1;
        rows.elsewhere |= environment.platform != "host";
        let Some(latency) = sample.latency() else {
            rows.failures += 1;
            return;
        };
        let next = u32::try_from(rows.sandboxes.len()).unwrap_or(u32::MAX);
        let name = (Place::of(sample, environment), environment.sandbox.clone());
        let sandbox = *rows.sandboxes.entry(name).or_insert(next);
        if sandbox == next {
            rows.on_host.push(environment.platform == "host");
        }
        let kind = match sample.invocation {
            Some(invocation) if invocation.init == Init::Cold => RowKind::Cold,
            invocation => RowKind::Warm(Invocations::of(invocation.map(|invocation| invocation.number))),
        };
        rows.rows.push(Row { sandbox, latency: Length::of(latency), kind });
    }

    /// The splits of what was added.
    #[must_use]
    pub fn finish(self) -> VarianceSummary {
        let strata: Vec<Stratum> =
            self.strata.into_iter().map(|((target, method), rows)| rows.finish(target, method)).collect();
        VarianceSummary { samples: strata.iter().map(|stratum| stratum.samples).sum(), strata }
    }
}

/// Splits records that are all at hand.
pub fn split<'a>(records: impl IntoIterator<Item = &'a Record>) -> VarianceSummary {
    let mut collector = VarianceCollector::default();
    records.into_iter().for_each(|record| collector.add(record));
    collector.finish()
}
