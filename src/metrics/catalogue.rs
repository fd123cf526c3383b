//! Every metric that may be published: the public contract of dashboards, alarms and the bill.

mod entries;

use serde::Serialize;

/// The namespace of a fleet of the usual name; that of another is `Parallax/NAME`, so that fleets of one home region share
/// no series. The aggregator is told which, and may publish to no other.
pub const NAMESPACE: &str = "Parallax";

/// The most characters of a namespace.
pub const NAMESPACE_LENGTH_MAX: usize = 255;

/// A published metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Response times.
    Latency,
    /// Good or not.
    Availability,
    /// Cold or not.
    ColdStarts,
    /// Places from which a target is down.
    RegionsDown,
    /// What AWS's choice of a sandbox makes of the spread.
    PlacementShare,
    /// Targets down in enough places.
    TargetsDown,
    /// Targets slower than before in enough places.
    TargetsSlower,
    /// Regions from which nothing came.
    RegionsSilent,
    /// Samples that CloudWatch would not take.
    SamplesArchivedOnly,
    /// Rows of the target tables that are not probed.
    TargetsRefused,
    /// The same of one region.
    RowsRefused,
    /// Slots without an observation.
    SlotsMissed,
    /// What the aggregator could not do, and only its log tells.
    PartialFailures,
}

/// What there is to say of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// As in CloudWatch.
    pub name: &'static str,
    /// As in CloudWatch.
    pub unit: Unit,
    /// How many series it has; also its dimensions.
    pub per: Per,
    /// Who publishes it, and so when.
    pub by: Publisher,
    /// What a value says, and which statistic to read.
    pub about: &'static str,
}

/// CloudWatch's word for a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Unit {
    /// Thousandths of a second.
    Milliseconds,
    /// 0 to 100.
    Percent,
    /// A number of things.
    Count,
}

impl Unit {
    /// As in CloudWatch.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Milliseconds => "Milliseconds",
            Self::Percent => "Percent",
            Self::Count => "Count",
        }
    }
}

/// What a series is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// One page, from one vantage, in one way.
    Source,
    /// One region with probes.
    Region,
    /// One page.
    Target,
    /// All of it: one series.
    Fleet,
}

impl Per {
    /// The dimensions of such a series, in the order in which it is published and searched for.
    #[must_use]
    pub const fn dimensions(self) -> &'static [Dimension] {
        match self {
            Self::Source => &[Dimension::Method, Dimension::ProbeRegion, Dimension::Target, Dimension::Vantage],
            Self::Region => &[Dimension::ProbeRegion],
            Self::Target => &[Dimension::Target],
            Self::Fleet => &[],
        }
    }
}

/// What tells the series of a metric apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Dimension {
    /// The way.
    Method,
    /// The region measured from; of a host, which has none, its vantage.
    ProbeRegion,
    /// The page.
    Target,
    /// The place: a region and a memory size, or a host.
    Vantage,
}

impl Dimension {
    /// As in CloudWatch.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Method => "Method",
            Self::ProbeRegion => "ProbeRegion",
            Self::Target => "Target",
            Self::Vantage => "Vantage",
        }
    }
}

/// What publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Publisher {
    /// Each batch of samples, a point a sample at the time at which it began, where `metrics` of the fleet names it.
    ChosenSamples,
    /// Each batch of samples, whatever the fleet names.
    Samples,
    /// The rollup of each minute.
    Minute,
    /// The rollup of each window.
    Window,
    /// CloudWatch Logs, of the aggregator's log as it is written: what may not be published is counted all the same.
    Log,
}

impl Metric {
    /// In the order of the catalogue.
    pub const ALL: [Self; 13] = [
        Self::Latency,
        Self::Availability,
        Self::ColdStarts,
        Self::RegionsDown,
        Self::PlacementShare,
        Self::TargetsDown,
        Self::TargetsSlower,
        Self::RegionsSilent,
        Self::SamplesArchivedOnly,
        Self::TargetsRefused,
        Self::RowsRefused,
        Self::SlotsMissed,
        Self::PartialFailures,
    ];

    /// As in CloudWatch.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.entry().name
    }

    /// Its dimensions, in order.
    #[must_use]
    pub const fn dimensions(self) -> &'static [Dimension] {
        self.entry().per.dimensions()
    }
}

/// The series that do not depend on what the fleet chose to publish, while nothing is wrong.
#[must_use]
pub fn derived_series(regions: usize, targets: usize) -> usize {
    let count = |metric: &Metric| match metric.entry().per {
        Per::Region if *metric == Metric::RowsRefused => 0,
        Per::Source => 0,
        Per::Region => regions,
        Per::Target => targets,
        Per::Fleet => 1,
    };
    Metric::ALL.iter().map(count).sum()
}

/// A metric of the catalogue as a document shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The entry.
    #[serde(flatten)]
    pub entry: Entry,
    /// The dimensions that follow from it.
    pub dimensions: &'static [Dimension],
}

/// The whole catalogue, in order.
#[must_use]
pub fn lines() -> Vec<Line> {
    Metric::ALL.map(|metric| Line { entry: metric.entry(), dimensions: metric.dimensions() }).to_vec()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_name_stands_for_one_metric() {
        let names: BTreeSet<&str> = Metric::ALL.iter().map(|metric| metric.name()).collect();
        assert_eq!(names.len(), Metric::ALL.len());
        assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_alphanumeric())), "no quotes in a SEARCH");
    }

    #[test]
    fn dimensions_are_in_the_order_of_their_names() {
        for metric in Metric::ALL {
            let names: Vec<&str> = metric.dimensions().iter().map(|dimension| dimension.as_str()).collect();
            assert!(names.is_sorted(), "{names:?}");
        }
    }
}
